"""Batch jobs: thousands of tool calls that run in workers, by priority, and can be paused, resumed and mended.

``from tools.jobs import submit`` once Django is set up.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    # Django imports this package before models may be, so its contents are fetched when first asked for.
    if name in ("submit", "Submission"):
        from tools.jobs import submission

        return getattr(submission, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
