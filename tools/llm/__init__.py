"""Everything that speaks with language models."""
