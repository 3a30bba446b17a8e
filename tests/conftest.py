"""What every test gets: no network but loopback."""

from bot.sandbox.guard import loopback_only

loopback_only()
