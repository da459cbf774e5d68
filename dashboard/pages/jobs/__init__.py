"""Batch jobs: how far they are, when they will be done, and what failed in them."""
