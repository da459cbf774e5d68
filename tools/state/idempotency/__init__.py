"""Idempotency keys, and how the calls that took them ended."""
