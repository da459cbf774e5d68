"""Whose money is spent: an API key's, which may have a budget of its own."""

from tools.decisions import live
from tools.llm.routing.budget import Budget


def budget_of_key(name: str) -> Budget | None:
    """What the valid API key *name* may have models asked for a day, for ``Router``; None for people and programs.

    One without limits is counted all the same.
    """
    key = live.key_named(name) if name else None
    return Budget.of_key(name, key.models_usd_day, key.models_tokens_day) if key else None
