"""Judges all rules on the calls that ended, in one place at a time, and acts on what changed.

``verdict.py`` decides; this reads, stores and calls what follows. All is one transaction, but each rule
is caught by itself for each tool: what cannot be judged is noted (``faults.py``), and the rest is judged.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from django.db import DataError, Error, IntegrityError, connection, transaction

from telemetry.alerts import faults
from telemetry.alerts.faults import Found
from telemetry.alerts.lifecycle import end_incident, open_incident, worsen_incident
from telemetry.alerts.looks import Look, look, standing
from telemetry.alerts.models import Incident, Rule, RuleState, State
from telemetry.alerts.tool_cardinality import by_sender, chosen, senders_of
from telemetry.alerts.verdict import Standing
from telemetry.alerts.windows import Window, Windowed, read_calls
from telemetry.alerts.wording import how_it_ended, retired
from telemetry.dictionaries.name_cardinality import OTHER

logger = logging.getLogger(__name__)
# Any number that no other advisory lock of the database uses.
EVALUATOR_LOCK = 5_319_770_411
MEASURED = (
    *("unrecovered_at", "evidence_at", "broken", "judgement", "share", "total", "value", "lower", "upper"),
    *("longest_ms", "window_end", "evaluated_at"),
)
States = Mapping[tuple[int, str], RuleState]


def evaluate(now: datetime) -> int | None:
    """Judge every rule once and act. How many states changed; None if another evaluator is at it."""
    with transaction.atomic():
        if not take_lock():
            return None
        found = Found()
        rules = list(Rule.objects.all())
        states = {(state.rule_id, state.tool): state for state in RuleState.objects.all()}
        release(states, now)
        ended = [
            apart(found, rule, state.tool, partial(retire, rule, state, now))
            for rule in rules
            for state in outside(rule, states.values())
        ]
        looks = judge_all([rule for rule in rules if rule.enabled], states, now, found)
        keep(looks, now, found)
        changed = [apart(found, each.rule, each.tool, partial(act, each, now)) for each in looks if each.changed]
        for each in looks:
            if each.goes_on:
                apart(found, each.rule, each.tool, partial(worsen_incident, each.rule, each.tool, each.seen.value))
        faults.note(found, rules, now)
        note_left_out(rules, found)
        return sum(map(bool, ended + changed))


def take_lock() -> bool:
    """Whether this transaction is now the only evaluator; given back when it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [EVALUATOR_LOCK])
        return bool(cursor.fetchone()[0])


def release(states: States, now: datetime) -> None:
    """Put at rest what is firing without an open incident: it would tell of nothing, for as long as it lasts.

    Incidents can be deleted by hand.
    """
    firing = [state for state in states.values() if state.state == State.FIRING]
    is_open = set(Incident.objects.open().values_list("rule_id", "tool")) if firing else set()
    for state in firing:
        if (state.rule_id, state.tool) not in is_open:
            logger.warning("The rule %s is firing for %s without an incident", state.rule_id, state.tool)
            state.state, state.since, state.broken = State.INACTIVE, now, []
            state.save(update_fields=["state", "since", "broken"])


def note_left_out(rules: Iterable[Rule], found: Found) -> None:
    """Keep of each rule for how many tools it had no room. Not by its history: nobody edited it."""
    for rule in rules:
        left_out = found.left_out.get(rule.pk, 0)
        if left_out != rule.tools_left_out:
            Rule.objects.filter(pk=rule.pk).update(tools_left_out=left_out)


def apart(found: Found, rule: Rule, tool: str, work: Callable[[], bool]) -> bool:
    """What *work* says; if it fails, that is noted, and the transaction goes on without what it did."""
    with found.caught([rule], tool), transaction.atomic():
        return work()
    return False


def judge_all(rules: Sequence[Rule], states: States, now: datetime, found: Found) -> list[Look]:
    """What each of *rules* sees of each of its tools. One query for each length of window."""
    looks: list[Look] = []
    for window_s in sorted({rule.window_s for rule in rules}):
        own = [rule for rule in rules if rule.window_s == window_s]
        window = Window.before(now, window_s)
        with found.caught(own), transaction.atomic():
            calls = read_calls(window)
            for rule in own:
                tools, found.left_out[rule.pk] = tools_of(rule, calls, states)
                forget(beyond(rule, tools, states))
                for tool in tools:
                    with found.caught([rule], tool):
                        looks.append(look(rule, tool, window, calls, states.get((rule.pk, tool)), now))
    return looks


def tools_of(rule: Rule, windowed: Windowed, states: States) -> tuple[list[str], int]:
    """The tools that *rule* judges, and for how many there is no room.

    Those called, as far as there is room for them, and those known, which may have gone quiet.
    """
    known = {tool: state for (rule_pk, tool), state in states.items() if rule_pk == rule.pk and rule.covers(tool)}
    troubled = {tool for tool, state in known.items() if state.state != State.INACTIVE}
    called = by_sender(rule, windowed)
    judged = chosen(rule, called, troubled, senders_of)
    names = {tool for own in called.values() for tool in own}
    pooled = any(key.tool == OTHER for calls in windowed.values() for key in calls) and not rule.tool
    quiet = known.keys() - names
    tools = {*judged, *troubled, *quiet, *filter(None, [rule.tool])}
    return sorted(tools), len(names - tools) + pooled


def beyond(rule: Rule, tools: Collection[str], states: States) -> list[int]:
    """The states of *rule* at rest that are of none of the *tools* that it judges: no longer among the busiest."""
    own = (state for (rule_pk, _), state in states.items() if rule_pk == rule.pk)
    return [state.pk for state in own if state.state == State.INACTIVE and state.tool not in tools]


def keep(looks: Sequence[Look], now: datetime, found: Found) -> None:
    """Store the numbers of every look, and drop the states of tools that are no longer called.

    One statement, and one more for old names; where a row of it is at fault, one a look. A state changes in
    ``move`` alone.
    """
    rows = [as_state(each, now) for each in looks if not each.idle]
    try:
        with transaction.atomic():
            store(rows)
    except (DataError, IntegrityError):
        for row in rows:
            apart(found, row.rule, row.tool, partial(store, [row]))
    except Error as error:
        # No row's fault: it is the same for each of them.
        with found.caught(list({row.rule_id: row.rule for row in rows}.values())):
            raise error
    forget([each.state_pk for each in looks if each.idle and each.state_pk])


def as_state(each: Look, now: datetime) -> RuleState:
    lower, upper = each.seen.shown.interval()
    return RuleState(
        rule=each.rule,
        tool=each.tool,
        state=each.before.state,
        since=each.before.since,
        unrecovered_at=each.after.unrecovered_at,
        evidence_at=each.after.evidence_at,
        broken=list(each.after.broken),
        judgement=each.seen.judgement,
        share=each.seen.shown.name,
        total=each.seen.total,
        value=each.seen.value,
        lower=lower,
        upper=upper,
        longest_ms=each.longest_ms,
        window_end=each.window.end,
        evaluated_at=now,
    )


def store(rows: Sequence[RuleState]) -> bool:
    RuleState.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["rule", "tool"], update_fields=MEASURED
    )
    return True


def forget(idle: Collection[int]) -> None:
    """Drop the states of tools that are no longer called, so that old names do not pile up."""
    if idle:
        RuleState.objects.filter(pk__in=idle).delete()


def act(each: Look, now: datetime) -> bool:
    """Do what follows from the change of *each*; whether it was still to be done."""
    rule, before, after = each.rule, each.before, each.after
    if not move(rule, each.tool, before, after):
        return False
    if after.state == State.FIRING:
        open_incident(each, now)
    elif before.state == State.FIRING:
        end_incident(rule, each.tool, how_it_ended(each.tool, each.seen, now - before.since), now)
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
        end_incident(rule, state.tool, retired(rule.name, state.tool, switched_off=not rule.enabled), now)
    return True
