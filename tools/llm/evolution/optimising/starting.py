"""Runs of the optimiser are started, stopped, and given up for lost; by hand alone, as they may cost money."""

import logging
from datetime import datetime, timedelta
from functools import partial

from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from tools.llm.evolution.errors import EvolutionError
from tools.llm.evolution.models import GOING_ON, Evolution, OptimiserRun, OptimiserState
from tools.llm.evolution.optimising.gathering import gathered, key_of, live_of, parts_of
from tools.llm.prompts.models import PromptVersion
from tools.llm.providers.errors import CannotAsk, UnknownRoute
from tools.running.runtime import get_executor

logger = logging.getLogger(__name__)
OPTIMISE = "tools.llm.evolution.tasks.optimise"
LOCK_KEY = 20260231  # who starts one holds it until the row is there
# Some times what an answer may take (``asking.MOST_ANSWER_S``): who has not told for so long is dead.
LOST_AFTER = timedelta(minutes=10)
NO_RESULT = "It ended without a result: nobody has worked on it for ten minutes. Start it anew."


def start(run: OptimiserRun, *, by: str, now: datetime, base: PromptVersion | None = None) -> OptimiserRun:
    """Store *run* and have a worker do it; *base* is what ``check`` has found, where that was asked just now.

    Raises EvolutionError for what may not be, or would come to nothing.
    """
    run.base = base or check(run, now)
    run.by, run.at, run.beat_at = by, now, now
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        end_lost(now)
        if other := OptimiserRun.objects.filter(state__in=GOING_ON).first():
            raise EvolutionError(f"{other} is {other.state}: one goes on at a time, so wait for it or stop it.")
        run.save(force_insert=True)
        transaction.on_commit(partial(send, run))
    return run


def check(run: OptimiserRun, now: datetime) -> PromptVersion:
    """The version that *run* is to better. Raises EvolutionError. Some queries."""
    from tools.llm.providers import live  # with what asks models, which no page needs

    if not Evolution.objects.filter(prompt=run.prompt, optimises=True).exists():
        raise EvolutionError(f"Nobody has allowed that for {run.prompt}: tick “optimises” in its permit first.")
    try:
        where, _ = live.deployment(run.deployment), live.deployment(run.reflector)
    except (UnknownRoute, CannotAsk) as error:
        raise EvolutionError(str(error)) from None
    base = live_of(run.prompt)
    version = base.plain()
    found = gathered(version, key_of(version, where.model), now, get_executor().registry)
    parts_of(found, run.most_calls)
    return base


def send(run: OptimiserRun) -> None:
    """Put the message on the queue; where the broker is away the run ends as one that nobody began."""
    try:
        current_app.send_task(OPTIMISE, args=(run.pk,), retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        logger.warning("the queue is away, %s is not begun: %s", run, error)


def stop(run: OptimiserRun, *, by: str, now: datetime) -> None:
    """Have *run* end before it asks anybody else. Raises EvolutionError for one that is over."""
    waits = OptimiserRun.objects.filter(pk=run.pk, state=OptimiserState.WAITING)
    told = f"{by} stopped it before it began."
    if waits.update(state=OptimiserState.STOPPED, stopped_by=by, ended_at=now, told=told):
        return
    if not OptimiserRun.objects.filter(pk=run.pk, state=OptimiserState.RUNNING).update(stopped_by=by):
        raise EvolutionError(f"{run} is over.")


def end_lost(now: datetime) -> int:
    """Runs that no worker works on any more are over; how many."""
    silent = OptimiserRun.objects.filter(state__in=GOING_ON, beat_at__lt=now - LOST_AFTER)
    return silent.update(state=OptimiserState.LOST, ended_at=now, told=NO_RESULT)
