"""A picture studio that lives in a Telegram chat."""
