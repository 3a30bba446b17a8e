import os

# Telegram's waits as timedelta: what the library will do anyway, without its warning that it will.
os.environ.setdefault("PTB_TIMEDELTA", "true")
