"""Requests to addresses that people, callers and models gave: the guard that each of them goes through."""
