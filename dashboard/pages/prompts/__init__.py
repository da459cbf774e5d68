"""Prompts: which version of each is live, how its calls went, and what the last change of it did."""
