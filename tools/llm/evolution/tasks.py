"""Once an hour: candidates are written and tried, for prompts for which an admin allows it; by hand: optimised."""

from threading import Event
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.utils import timezone

_shutting_down = Event()


@worker_shutting_down.connect
def note_shutdown(**about: Any) -> None:
    """A worker waits for what runs: a search is not to keep it for half an hour."""
    _shutting_down.set()


@shared_task
def evolve() -> dict[str, list[str]]:
    """What was written and what was tried, by the names of versions."""
    from tools.llm.evolution.optimising.starting import end_lost
    from tools.llm.evolution.proposing import propose_all
    from tools.llm.evolution.trying import try_all

    end_lost(timezone.now())
    return {
        "proposed": [str(candidate) for candidate in propose_all(timezone.now())],
        "tried": [str(candidate) for candidate in try_all()],
    }


@shared_task
def optimise(run: int) -> str:
    """What came of the *run* that somebody started."""
    from tools.llm.evolution.optimising import running  # with gepa, which nobody else needs

    return running.run(run, timezone.now, is_wanted=lambda: not _shutting_down.is_set())
