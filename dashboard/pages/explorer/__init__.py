"""The trace explorer: a search, what narrows it, its matches over time, their list, and saved views."""
