"""Decisions in Postgres: written behind the choice, read where Valkey does not know them."""
