"""Replays a rule over stored calls: what it would have told, had it been there.

It decides by the functions that the evaluator decides by, on the same windows, at the same pace, and sees at each
look what had been stored by then.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from telemetry.alerts import evidence, wording
from telemetry.alerts.causes import behind_breaker
from telemetry.alerts.looks import Look
from telemetry.alerts.models import Rule, State
from telemetry.alerts.stored import Stored, reach, read_stored
from telemetry.alerts.tool_cardinality import PLACES, chosen
from telemetry.alerts.verdict import Standing, next_state, verdict
from telemetry.alerts.windows import Key, Window, Windowed
from telemetry.counts.origins import registered
from telemetry.counts.outcome_counts import Tally
from telemetry.semconv import FAILED, Outcome

# As often as beat starts the evaluator.
LOOK_EVERY = timedelta(seconds=5)
# Of one look at one tool: when, at what, and the calls.
Step = tuple[datetime, Window, Windowed]
Room = Callable[[Sequence[Step], Collection[str]], set[str] | None]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """An incident that there would have been, in the words of its messages; *ending* is empty while it is open."""

    tool: str
    began_at: datetime
    opened_at: datetime
    resolved_at: datetime | None
    summary: str
    detail: str
    cause: str
    worst_value: float
    ending: str = ""


def rehearse(rule: Rule, start: datetime, end: datetime) -> list[Rehearsed]:
    """The incidents that *rule*, which need not be saved, would have opened, by time."""
    by_tool: dict[str, list[Stored]] = defaultdict(list)
    first = Window.before(start, rule.window_s)
    for row in read_stored(rule, first.start - reach(rule.window_s), end):
        by_tool[row.key.tool].append(row)
    room = room_of(rule, by_tool)
    courses = [Course(rule, tool, rows, Standing.at_rest(start)) for tool, rows in by_tool.items()]
    # All tools at each look, one after the other: whether there is room for one depends on the others.
    for steps in zip(*(looks(rule, rows, start, end) for rows in by_tool.values()), strict=True):
        judged = room(steps, {course.tool for course in courses if course.standing.state != State.INACTIVE})
        for course, (now, window, calls) in zip(courses, steps, strict=True):
            if judged is None or course.tool in judged:
                course.look(now, window, calls)
    found = [incident for course in courses for incident in course.incidents]
    return sorted(found, key=lambda incident: (incident.opened_at, incident.tool))


def room_of(rule: Rule, by_tool: Mapping[str, Sequence[Stored]]) -> Room:
    """What says which tools are judged at a look, as the evaluator would; None for all of them."""
    if rule.tool or len(by_tool.keys() - {*registered()}) <= PLACES:
        return lambda steps, troubled: None

    def senders(tools: Collection[str]) -> dict[str, set[str]]:
        return {tool: {row.key.api_key for row in by_tool[tool]} for tool in tools}

    def judged(steps: Sequence[Step], troubled: Collection[str]) -> set[str]:
        called: dict[str, dict[str, list[Tally]]] = defaultdict(lambda: defaultdict(list))
        for _, _, windowed in steps:
            for key, tally in (pair for calls in windowed.values() for pair in calls.items()):
                called[key.api_key][key.tool].append(tally)
        return chosen(rule, called, troubled, senders) | set(troubled)

    return judged


@dataclass(slots=True)
class Course:
    """How it goes with one tool: where the rule stands, and the incidents there were."""

    rule: Rule
    tool: str
    rows: Sequence[Stored]
    standing: Standing
    incidents: list[Rehearsed] = field(default_factory=list)

    def look(self, now: datetime, window: Window, calls: Windowed) -> None:
        """Take the next look."""
        before, incidents = self.standing, self.incidents
        if before.state == State.INACTIVE and not _failed(calls):
            return  # nothing that could breach
        seen = verdict(self.rule, calls, before.broken)
        self.standing = next_state(self.rule, before, seen, now)
        look = Look(self.rule, self.tool, window, calls, seen, before, self.standing)
        if look.changed and self.standing.state == State.FIRING:
            incidents.append(opened(look, self.rows, now, incidents[-1].resolved_at if incidents else None))
        elif look.changed and before.state == State.FIRING:
            ending = wording.how_it_ended(self.tool, seen, now - before.since)
            incidents[-1] = replace(incidents[-1], resolved_at=now, ending=ending)
        elif look.goes_on and seen.value is not None:
            incidents[-1] = replace(incidents[-1], worst_value=min(incidents[-1].worst_value, seen.value))


def opened(look: Look, rows: Iterable[Stored], now: datetime, ended_before: datetime | None) -> Rehearsed:
    failed = any(tally.of(Outcome.BREAKER) for tally in look.shown_calls.values())
    known = evidence.gather(look, behind_breaker(look.tool, look.window, look.rule.calls) if failed else None)
    past = evidence.course_window(look, ended_before)
    course = [
        (row.ended_at, row.key, row.tally)
        for row in rows
        if past.start <= row.ended_at and past.start <= row.stored_at < past.end
    ]
    return Rehearsed(
        tool=look.tool,
        began_at=evidence.began_at(look, course) or now,
        opened_at=now,
        resolved_at=None,
        summary=wording.summary(look.tool, known),
        detail=wording.counts(known),
        cause=wording.cause(known),
        worst_value=look.seen.value or 0.0,
    )


def looks(rule: Rule, rows: Iterable[Stored], start: datetime, end: datetime) -> Iterator[Step]:
    """What the evaluator would have seen of one tool, and when; *rows* in the order in which they were stored."""
    counted: dict[tuple[datetime | None, Key], Counter[Outcome]] = defaultdict(Counter)
    coming = (row for row in rows if row.judged(rule.window_s))
    leaving = defaultdict[datetime, list[Stored]](list)
    next_row = next(coming, None)
    now, cut = start, None
    while now < end:
        window = Window.before(now, rule.window_s)
        while next_row is not None and next_row.stored_at < window.end:
            counted[next_row.place(rule.window_s)].update(next_row.tally.counts)
            leaving[next_row.leaves_at(rule.window_s)].append(next_row)
            next_row = next(coming, None)
        for moment in [moment for moment in leaving if moment <= window.end] if window.end != cut else ():
            for row in leaving.pop(moment):
                _take_out(counted, row, rule.window_s)
        cut = window.end
        yield now, window, _windowed(counted)
        now += LOOK_EVERY


def _take_out(counted: dict[tuple[datetime | None, Key], Counter[Outcome]], row: Stored, window_s: int) -> None:
    place = row.place(window_s)
    counted[place].subtract(row.tally.counts)
    if not any(counted[place].values()):
        del counted[place]


def _windowed(counted: dict[tuple[datetime | None, Key], Counter[Outcome]]) -> Windowed:
    found: dict[datetime | None, dict[Key, Tally]] = {}
    for (late, key), counts in counted.items():
        found.setdefault(late, {})[key] = Tally(counts)
    return found


def _failed(windowed: Windowed) -> bool:
    return any(tally.of(*FAILED) for calls in windowed.values() for tally in calls.values())
