"""What only those can do who run the bot: `OWNER_IDS` of the settings."""
