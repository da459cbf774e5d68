"""Once an hour: candidates are written and tried, for prompts for which an admin allows it."""

from celery import shared_task
from django.utils import timezone


@shared_task
def evolve() -> dict[str, list[str]]:
    """What was written and what was tried, by the names of versions."""
    from tools.llm.evolution.proposing import propose_all
    from tools.llm.evolution.trying import try_all

    return {
        "proposed": [str(candidate) for candidate in propose_all(timezone.now())],
        "tried": [str(candidate) for candidate in try_all()],
    }
