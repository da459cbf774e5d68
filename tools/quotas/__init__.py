"""Quotas of API keys as operators see them: what is used of each, in all processes."""
