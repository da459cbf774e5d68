"""Which stage of the sale a conversation is in."""
