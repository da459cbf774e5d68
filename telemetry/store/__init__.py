"""Spans into Postgres: what waits as one group, a batch as one transaction, and what is too old out again."""
