"""What must hold for the pages to be true, each thing in words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from dashboard.wording import formats
from dashboard.wording.states import State
from telemetry.alerts import dead_mans_switch
from telemetry.alerts.faults import Fault, faulty_rules
from telemetry.alerts.health import judging_stopped, sending_stuck
from telemetry.alerts.tool_cardinality import PLACES
from telemetry.health.clock_skew import Clock
from telemetry.process import heartbeats
from telemetry.process.heartbeats import Beat

GOOD = State("good", "good")
LATE_S, STALE_S = 5.0, 30.0
MOST_FAULTS = 5
# Three heartbeats that were not taken.
HEARTBEAT_LATE_S = 3 * dead_mans_switch.EVERY_S


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold for the pages to be true, in words."""

    name: str
    state: State
    value: str
    meaning: str


# What a busy second leaves on its way to Postgres; more is waiting for something.
SPOOL_IN_PASSING_BYTES = 10_000_000


def checks_of(health: dict[str, Any], valkey_away_since: datetime | None, now: datetime) -> list[Check]:
    """Each number of ``store_health`` and ``alerts_health`` with what it means. Pure."""
    ahead = health["partitions_ahead"]
    away = formats.span_of((now - valkey_away_since).total_seconds()) if valkey_away_since else ""
    return [
        Check("Postgres", GOOD, "answers", "Calls are stored and these pages read from it."),
        Check(
            "Valkey",
            State("degraded", "warn") if away else GOOD,
            f"away for {away}" if away else "answers",
            "Away, each process keeps limits, breakers and cache of its own, and pages are pushed every 2 s.",
        ),
        *_alerting(health),
        *_recording(health),
        _worker(health["worker_heartbeat_age_s"]),
        canary(health["canary_age_s"]),
        Check(
            "Partitions",
            GOOD if ahead >= 1 else State("running out", "bad"),
            f"{max(ahead, 0)} day{'' if ahead == 1 else 's'} ahead",
            "Tables made in advance for the days to come.",
        ),
        *_forwarding(health),
    ]


# Named of the senders whose clocks are off; more make the row no clearer.
CLOCKS_NAMED = 3


def clocks_check(off: Sequence[Clock]) -> Check:
    """The senders whose clocks are off, the worst first. Pure."""
    said = [
        f"{clock.service or 'a sender without a name'} {formats.span_of(abs(clock.ahead_s))} "
        f"{'fast' if clock.fast else 'slow'}"
        for clock in off[:CLOCKS_NAMED]
    ]
    more = [f"and {len(off) - CLOCKS_NAMED} more"] if len(off) > CLOCKS_NAMED else []
    return Check(
        "Senders' clocks",
        State("off", "warn") if off else GOOD,
        ", ".join(said + more) or "agree with ours",
        "By when calls of the last 15 min say that they ended, and when they were stored; slow may also mean "
        "kept back. Rules judge such calls when they come.",
    )


def verdict_of(checks: list[Check]) -> dict[str, str]:
    """The worst check, in a sentence. Pure."""
    for tone, tag in (("bad", "trouble"), ("warn", "degraded")):
        sick = [check for check in checks if check.state.tone == tone]
        if sick:
            names = ", ".join(check.name for check in sick)
            text = f"{sick[0].name}: {sick[0].value}"
            return {"tone": tone, "tag": tag, "text": text, "detail": sick[0].meaning, "subject": names}
    text = "What you see is complete and up to date"
    return {"tone": "good", "tag": "all good", "text": text, "detail": "", "subject": "all good"}


def _forwarding(health: dict[str, Any]) -> list[Check]:
    """One check where spans are forwarded, none elsewhere."""
    if not health.get("forward_to"):
        return []
    waiting, gone = health["forward_waiting"], health["forward_dropped"]
    state = State("some given up", "bad") if gone else GOOD
    if health["forward_bytes"] > SPOOL_IN_PASSING_BYTES:
        state = State("waiting", "warn")
    words = f"{health['forwarded']:,} forwarded, {waiting:,} waiting, {gone:,} given up"
    return [Check("Forwarding", state, words, f"Stored spans are sent on to {health['forward_to']}.")]


def telling(gap: str) -> Check:
    """Whom alerts reach. Nobody is not a fault of what the pages show, so it does not make the verdict."""
    meaning = "Routes, which are added in the admin under Alerts › Routes, tell people of incidents."
    if gap:
        return Check("Telling", State("nobody", "unsure"), gap, meaning)
    return Check("Telling", GOOD, "somebody is told", meaning)


def _by_age(seconds: float) -> State:
    steps: tuple[tuple[float, State], ...] = ((LATE_S, GOOD), (STALE_S, State("late", "warn")))
    return next((state for limit, state in steps if seconds <= limit), State("stale", "bad"))


def _recording(health: dict[str, Any]) -> list[Check]:
    """Whether what ended is stored."""
    oldest, lost = health["oldest_unstored_span_age_s"], health["dropped"] + health["refused"]
    return [
        Check(
            "Oldest unstored call",
            _by_age(oldest),
            f"ended {formats.span_of(oldest)} ago" if oldest else "all are stored",
            "Ended and not stored yet, be it on this machine's disk; rules and pages do not see it.",
        ),
        Check(
            "Ingest lag",
            GOOD,
            formats.span_of(health["ingest_lag_s"]),
            "From the end of the newest stored call to its being stored; other applications may send theirs late.",
        ),
        Check(
            "Queue", _queue(health), f"{health['queued']:,} calls", "Ended and not yet stored, in all processes."
        ),
        Check(
            "Spool",
            State("waiting", "warn") if health["spooled_bytes"] > SPOOL_IN_PASSING_BYTES else GOOD,
            formats.size(health["spooled_bytes"]),
            "Calls on this machine's disk until Postgres has them; it grows while Postgres is away.",
        ),
        Check(
            "Lost",
            State("some", "bad") if lost else GOOD,
            f"{health['dropped']:,} dropped, {health['refused']:,} refused",
            "Dropped for want of room, or refused because they were malformed, since the first start.",
        ),
        Check(
            "Late",
            GOOD,
            f"{health['late']:,} spans",
            "Stored ten minutes after their end or later; they count in the time in which they began.",
        ),
    ]


def _left_out(tools: int) -> list[Check]:
    """One check where rules have no room for some *tools*, none elsewhere."""
    if not tools:
        return []
    meaning = (
        f"Of tools that are not registered here a rule judges {PLACES} of each key: those in trouble, then those "
        "that fail, then the busiest. A rule of one tool judges it whatever else is reported."
    )
    words = f"{tools:,} reported {'tool is' if tools == 1 else 'tools are'} not judged"
    return [Check("Tools judged", State("some are not", "warn"), words, meaning)]


def _alerting(health: dict[str, Any]) -> list[Check]:
    """Whether somebody would be told."""
    judged, sent, waiting = health["judged"], health["sent"], health["messages_waiting"]
    due_s = health["oldest_due_message_age_s"]
    words = f"{_ago(sent)}, {waiting:,} waiting" + (f", due for {formats.span_of(due_s)}" if due_s else "")
    checks = [
        Check(
            "Rules judged",
            State("not judged", "bad") if judging_stopped(health) else GOOD,
            _ago(judged) + (f", {faults:,} cannot be" if (faults := faulty_rules(health["faults"])) else ""),
            "When all rules were last judged. While they are not, no incident begins or ends.",
        ),
        *(
            Check(f"Rule {fault.rule}", State("not judged", "bad"), fault.tool or "all tools", _since(fault))
            for fault in health["faults"][:MOST_FAULTS]
        ),
        *_left_out(health["tools_left_out"]),
        Check(
            "Messages sent",
            State("stuck", "bad") if sending_stuck(health) else GOOD,
            words,
            "When what was due in the outbox was last sent; what a receiver did not take waits for another try.",
        ),
    ]
    if health["heartbeat_to"]:
        taken = health["outward"]
        late = taken is None or taken.age_s > HEARTBEAT_LATE_S
        state = State("not taken", "warn") if late else GOOD
        meaning = f"{health['heartbeat_to']} is asked after rules were judged: it tells people when that stops."
        checks.append(Check("Heartbeat outwards", state, _ago(taken), meaning))
    return checks


def _ago(beat: Beat | None) -> str:
    return f"{formats.span_of(beat.age_s)} ago" if beat else "never yet"


def _since(fault: Fault) -> str:
    return f"Since {fault.since:%d %b %H:%M} UTC: {fault.error}"


def _worker(age_s: float | None) -> Check:
    words = "no beat yet" if age_s is None else f"last beat {formats.span_of(age_s)} ago"
    state = State("never seen", "bad") if age_s is None else GOOD
    if age_s is not None and age_s > heartbeats.limit_s(heartbeats.WORKER):
        state = State("silent", "bad")
    return Check("Worker", state, words, "Runs what is judged, sent and kept in order in the background.")


def canary(age_s: float | None) -> Check:
    """Whether the canary's calls arrive in the store. That none has yet makes no verdict."""
    meaning = (
        "A call that SalesBoost makes itself, by the minute and through all stages, and takes out of all figures. "
        "When none arrives, calls of others may not either."
    )
    if age_s is None:
        return Check("Canary", State("not heard yet", "unsure"), "none stored yet", meaning)
    silent = age_s > heartbeats.limit_s(heartbeats.CANARY)
    state = State("silent", "warn") if silent else GOOD
    return Check("Canary", state, f"last stored {formats.span_of(age_s)} ago", meaning)


def _queue(health: dict[str, Any]) -> State:
    return GOOD if health["queued"] < settings.SPAN_QUEUE_SIZE / 10 else State("long", "warn")
