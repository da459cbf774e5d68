"""What units came to: read from the store a part at a time, and kept as sums, so that looking costs one query."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.conf import settings
from django.db.models import F, Q
from django.utils.module_loading import import_string

from tools.llm.experiments.kinds import SubjectKind
from tools.llm.experiments.models import Exposure, Feedback, Run, State
from tools.llm.experiments.statistics.outcomes import SETTLES, UnitOutcome
from tools.llm.prompts.of_tools import PREFIX

# So many units are read at a time: about as many look-ups of an index.
MOST_UNITS = 1_000
FLAGS = ("mixed", "late", "failed_over", "wrong_text")
_SUMS = ("calls", "succeeded", "first_try", "latency_ms", "cost_usd", "feedback", "mixed", "late", "read_at")


class Sums(Protocol):
    """What the sessions of one key came to."""

    key: int
    calls: int
    succeeded: int
    first_try: int
    latency_ms: float | None
    cost_usd: float | None
    mixed: bool
    late: bool


Read = Callable[[Sequence[tuple[Any, ...]], datetime], list[Sums]]


def refresh(run: Run, now: datetime, most: int = MOST_UNITS) -> int:
    """Read *most* units anew at most, those first that were never read, then the longest ago; how many.

    Five queries. A unit whose window is over, and that was read since, is read no more.
    """
    window = timedelta(minutes=run.window_minutes)
    open_still = Q(read_at=None) | Q(read_at__lt=F("at") + window + SETTLES)
    units = run.exposures.filter(open_still).order_by(F("read_at").asc(nulls_first=True), "id")
    rows = list(units[:most])
    if not rows:
        return 0
    sessions: dict[int, list[str]] = {}
    for exposure, session in _sessions_of(rows):
        sessions.setdefault(exposure, []).append(session)
    found = {sums.key: sums for sums in _read(run, rows, sessions, window, now)}
    said = _said_in({session for each in sessions.values() for session in each})
    for row in rows:
        own = [each for one in sessions.get(row.pk, ()) for each in said.get(one, ())]
        _sum_up(row, found.get(row.pk), [score for score, at in own if at < row.at + window], now)
    Exposure.objects.bulk_update(rows, _SUMS)
    return len(rows)


def _sessions_of(rows: Sequence[Exposure]) -> list[tuple[int, str]]:
    from tools.llm.experiments.models import ExposedSession

    kept = ExposedSession.objects.filter(exposure__in=[row.pk for row in rows])
    return list(kept.values_list("exposure_id", "session_id"))


def _read(
    run: Run, rows: Sequence[Exposure], sessions: dict[int, list[str]], window: timedelta, now: datetime
) -> list[Sums]:
    read: Read = import_string(settings.EXPERIMENT_CALLS)
    ended = run.ended_at or now + window
    is_on_spans = run.kind == SubjectKind.PROMPT and not run.subject.startswith(PREFIX)
    prompt = run.subject if is_on_spans else ""
    asked = [
        (row.pk, session, row.at, min(row.at + window, ended), ended, prompt, row.version)
        for row in rows
        for session in sessions.get(row.pk, ())
    ]
    return read(asked, now)


def _said_in(sessions: set[str]) -> dict[str, list[tuple[float, datetime]]]:
    """What users thought of each of *sessions*, and when they said so."""
    found: dict[str, list[tuple[float, datetime]]] = {}
    kept = Feedback.objects.filter(session_id__in=sessions)
    for session, score, at in kept.values_list("session_id", "score", "at"):
        found.setdefault(session, []).append((score, at))
    return found


def _sum_up(row: Exposure, sums: Sums | None, scores: list[float], now: datetime) -> None:
    row.read_at = now
    row.feedback = sum(scores) / len(scores) if scores else None
    if sums is not None:
        row.calls, row.succeeded, row.first_try = sums.calls, sums.succeeded, sums.first_try
        row.latency_ms, row.cost_usd = sums.latency_ms, sums.cost_usd
        row.mixed, row.late = row.mixed or sums.mixed, row.late or sums.late


# Where a row has what an outcome says.
_OUTCOME = {
    "arm": "arm__label",
    "stratum": "stratum",
    "at": "at",
    "successes": "succeeded",
    "calls": "calls",
    "first_try": "first_try",
    "cost_usd": "cost_usd",
    "latency_ms": "latency_ms",
    "feedback": "feedback",
}


def outcomes(run: Run) -> tuple[list[UnitOutcome], list[tuple[str, int, str]]]:
    """What each unit of *run* came to, as far as it was read, the first exposed first; and the model of each.

    One query.
    """
    rows = run.exposures.order_by("at", "id").values_list("read_at", "model", *FLAGS, *_OUTCOME.values())
    units, places = [], []
    for read_at, model, mixed, late, failed_over, wrong_text, *values in rows.iterator():
        said = dict(zip(_OUTCOME, values, strict=True))
        flags = flags_of((mixed, late, failed_over, wrong_text))
        as_of = read_at - SETTLES if read_at else said["at"]
        units.append(UnitOutcome(**said, flags=flags, as_of=as_of))
        places.append((model, said["stratum"], said["arm"]))
    return units, places


def flags_of(flags: Sequence[bool]) -> frozenset[str]:
    return frozenset(name for name, is_set in zip(FLAGS, flags, strict=True) if is_set)


def to_read(now: datetime) -> list[Run]:
    """Runs whose units may still change: those that run, and those that ended a moment ago."""
    late = Q(ended_at__gte=now - timedelta(days=1))
    runs = Run.objects.filter(Q(state=State.RUNNING) | late).select_related("experiment")
    return list(runs)
