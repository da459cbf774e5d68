"""What was saved here acts in this process at once; the others see it within two seconds."""

import sys

from django.db import transaction


def refresh_after_commit() -> None:
    transaction.on_commit(_refresh)


def _refresh() -> None:
    """Where no model was asked yet nobody needs to know, and what asks them is not loaded for it."""
    if live := sys.modules.get("tools.llm.providers.live"):
        live.refresh()
