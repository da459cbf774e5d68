"""Judges all rules on the rollups, in one place at a time, and acts on what changed.

``verdict.py`` decides; this reads, stores and calls what follows, all in one transaction.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from telemetry.alerts.lifecycle import end_incident, how_it_ended, open_incident, worsen_incident
from telemetry.alerts.models import Rule, RuleState, State
from telemetry.alerts.verdict import Standing, Verdict, next_state, verdict
from telemetry.alerts.windows import Calls, Window, for_tool, read_calls, seen_by
from telemetry.tally import Tally

# Any number that no other advisory lock of the database uses.
EVALUATOR_LOCK = 5_319_770_411
MEASURED = (
    "unrecovered_at",
    "evidence_at",
    "judgement",
    "good",
    "total",
    "value",
    "lower",
    "upper",
    "window_end",
    "evaluated_at",
)


@dataclass(frozen=True, slots=True)
class Look:
    """A rule's look at the calls of one tool: what it saw, and where that takes the rule."""

    rule: Rule
    tool: str
    window: Window
    calls: Calls
    seen: Verdict
    before: Standing
    after: Standing
    state_pk: int | None  # of the stored state, if there is one

    @property
    def changed(self) -> bool:
        return self.before.state != self.after.state

    @property
    def idle(self) -> bool:
        """Nothing is called and nothing is wrong: not worth keeping."""
        return not self.seen.total and self.before.state == self.after.state == State.INACTIVE


def evaluate(now: datetime) -> int | None:
    """Judge every rule once and act. How many states changed; None if another evaluator is at it."""
    with transaction.atomic():
        if not take_lock():
            return None
        rules = list(Rule.objects.all())
        states = {(state.rule_id, state.tool): state for state in RuleState.objects.all()}
        retired = [retire(rule, state, now) for rule in rules for state in outside(rule, states.values())]
        enabled = [rule for rule in rules if rule.enabled]
        windows = {rule.window_s: Window.before(now, rule.window_s) for rule in enabled}
        calls = {window_s: read_calls(window) for window_s, window in windows.items()}
        looks = [
            look(rule, tool, windows[rule.window_s], calls[rule.window_s], states.get((rule.pk, tool)), now)
            for rule in enabled
            for tool in tools_of(rule, calls[rule.window_s], states)
        ]
        store([each for each in looks if not each.idle], now)
        forget([each.state_pk for each in looks if each.idle and each.state_pk])
        return sum(retired) + sum([act(each, now) for each in looks])


def take_lock() -> bool:
    """Whether this transaction is now the only evaluator; given back when it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [EVALUATOR_LOCK])
        return bool(cursor.fetchone()[0])


def tools_of(rule: Rule, calls: Calls, states: Iterable[tuple[int, str]]) -> list[str]:
    """The tools that *rule* judges: those called, and those known, which may have gone quiet."""
    called = {key.tool for key in calls if seen_by(rule, key)}
    known = {tool for rule_pk, tool in states if rule_pk == rule.pk and rule.covers(tool)}
    return sorted(called | known | ({rule.tool} if rule.tool else set()))


def look(rule: Rule, tool: str, window: Window, calls: Calls, state: RuleState | None, now: datetime) -> Look:
    """What *rule* sees of *tool*. No I/O."""
    own = for_tool(rule, calls, tool)
    seen = verdict(rule, Tally.sum(own.values()))
    before = standing(state) if state else Standing.at_rest(now)
    return Look(
        rule, tool, window, own, seen, before, next_state(rule, before, seen, now), state.pk if state else None
    )


def standing(state: RuleState) -> Standing:
    return Standing(State(state.state), state.since, state.unrecovered_at, state.evidence_at)


def store(looks: Iterable[Look], now: datetime) -> None:
    """Keep the numbers of every look: one statement. A state changes in ``move`` alone."""
    rows = [
        RuleState(
            rule=each.rule,
            tool=each.tool,
            state=each.before.state,
            since=each.before.since,
            unrecovered_at=each.after.unrecovered_at,
            evidence_at=each.after.evidence_at,
            judgement=each.seen.judgement,
            good=each.seen.good,
            total=each.seen.total,
            value=each.seen.value,
            lower=each.seen.interval[0],
            upper=each.seen.interval[1],
            window_end=each.window.end,
            evaluated_at=now,
        )
        for each in looks
    ]
    RuleState.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["rule", "tool"], update_fields=MEASURED
    )


def forget(idle: Collection[int]) -> None:
    """Drop the states of tools that are no longer called, so that old names do not pile up."""
    if idle:
        RuleState.objects.filter(pk__in=idle).delete()


def act(each: Look, now: datetime) -> bool:
    """Do what follows from *each*; whether its state changed."""
    rule, before, after, seen = each.rule, each.before, each.after, each.seen
    if not each.changed:
        if after.state == State.FIRING and seen.value is not None:
            worsen_incident(rule, each.tool, seen.value)
        return False
    if not move(rule, each.tool, before, after):
        return False
    if after.state == State.FIRING:
        began_at = before.since if before.state == State.PENDING else now
        open_incident(rule, each.tool, began_at=began_at, seen=seen, calls=each.calls, window=each.window, now=now)
    elif before.state == State.FIRING:
        end_incident(rule, each.tool, how_it_ended(rule, each.tool, seen, before.since, now), now)
    return True


def move(rule: Rule, tool: str, before: Standing, after: Standing) -> bool:
    """Change the stored state; False if it is no longer the one that was judged."""
    rows = RuleState.objects.filter(rule=rule, tool=tool, state=before.state, since=before.since)
    return rows.update(state=after.state, since=after.since) == 1


def outside(rule: Rule, states: Iterable[RuleState]) -> list[RuleState]:
    """The states that *rule* still holds though it is switched off, or was pointed at another tool."""
    own = (state for state in states if state.rule_id == rule.pk)
    return [state for state in own if state.state != State.INACTIVE and not rule.covers(state.tool)]


def retire(rule: Rule, state: RuleState, now: datetime) -> bool:
    """End what a rule that no longer looks at a tool had begun."""
    before = standing(state)
    if not move(rule, state.tool, before, Standing.at_rest(now)):
        return False
    if before.state == State.FIRING:
        why = "no longer watches this tool" if rule.enabled else "was switched off"
        end_incident(rule, state.tool, f"the rule {rule.name} {why}; nobody knows whether it recovered", now)
    return True
