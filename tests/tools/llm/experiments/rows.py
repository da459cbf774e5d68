"""Experiments to try things on."""

from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone

from telemetry.store.batches import write_spans
from tests.telemetry.builders import make_row
from tests.tools.llm.prompt_rows import a_prompt
from tools.llm.experiments import exposing, live, planning, running
from tools.llm.experiments.given import Exposure
from tools.llm.experiments.models import Experiment, Run
from tools.llm.experiments.models import Exposure as ExposureRow
from tools.llm.experiments.plan import ArmPlan, Plan, Step
from tools.llm.prompts import live as prompts
from tools.llm.prompts.models import Prompt

ALL = (Step(1.0),)
PLAIN = (ArmPlan("as-is", 1), ArmPlan("shorter", 2))


def a_plan(**changes):
    return Plan(**{"arms": PLAIN, "ramp": ALL, "minimum_units": 2, "minimum_days": 0} | changes)


def a_run(name="shorter-greeting", prompt=None, *, unit="conversation", starts=True, **changes):
    """A run of two versions of a prompt, all units being in it."""
    prompt = prompt or a_prompt(production=1)
    run = planning.new(name, prompt, a_plan(**changes), by="ann", unit=unit)
    Experiment.objects.filter(pk=run.experiment_id).update(salt="fixed")
    run.refresh_from_db()
    if starts:
        running.start(run, by="ann", reason="to know")
    return run


def prompt_of(run):
    return Prompt.objects.get(name=run.subject)


@contextmanager
def known():
    """What a process knows that has just read it."""
    with live.pinned(live.read_snapshot({})), prompts.pinned(prompts.read_snapshot({})):
        yield


def expose(run, unit, arm="shorter", *, session="", at=None, **changes):
    """Written as a process does it."""
    row = run.arms.get(label=arm)
    said = {"run": run.pk, "arm": row.pk, "unit": unit, "stratum": run.step, "session_id": session or unit}
    said |= {"sha256": "0" * 64, "version": str(row.version or row.value)}
    exposures = exposing.Exposures()
    exposures.note(Exposure(**said | changes), at or timezone.now())
    exposures.write_down()
    return ExposureRow.objects.get(run=run, unit=unit)


def a_call(session, *, after_s=1.0, at=None, **changes):
    """The row of a tool call in *session*."""
    moment = (at or timezone.now()) + timedelta(seconds=after_s)
    return make_row(**{"session_id": session, "start_time": moment, "origin": "own"} | changes)


def played(run, arms, *, ago=timedelta(minutes=30)):
    """Units of each arm, as many as said: ``{"shorter": (successes, failures)}``."""
    at, rows = timezone.now() - ago, []
    Run.objects.filter(pk=run.pk).update(started_at=at - timedelta(days=8), step_began_at=at - timedelta(days=8))
    run.refresh_from_db()
    for arm, (good, bad) in arms.items():
        for number in range(good + bad):
            unit = f"{arm}-{number}"
            expose(run, unit, arm, at=at, model="openai/gpt-5.2")
            outcome = "first_try" if number < good else "provider"
            rows.append(a_call(unit, at=at, span_id=len(rows) + 2, outcome=outcome))
    write_spans(rows)
