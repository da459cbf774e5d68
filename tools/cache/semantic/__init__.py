"""Kept results of the same question in other words."""
