"""A stand-in for Telegram: the Bot API for the bot, and a people side for whoever plays the people.

Everything is in memory and nothing leaves this machine. It is as strict as Telegram about what a bot may send, and
words its refusals as Telegram does. Where it knowingly differs: webhooks are delivered over plain HTTP and to
loopback only; files cannot be sent by URL; the only parse mode is HTML; there are no reply keyboards, only inline ones.
"""
