"""Why a rule fired: which stages failed, for which providers, out of how many calls, and since when. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from telemetry.alerts.change_point import Step, began
from telemetry.alerts.kinds import load_kind
from telemetry.alerts.looks import Look
from telemetry.alerts.models import Rule
from telemetry.alerts.shares import Of, Share
from telemetry.alerts.windows import LATE_MOST, Calls, Key, Window, seen_by
from telemetry.counts.outcome_counts import Tally
from telemetry.semconv import FAILED, Outcome
from telemetry.values.proportions import wilson

RULE_FIELDS = (
    *("pk", "name", "kind", "tool", "provider", "model", "threshold", "recovery_threshold", "window_s"),
    *("minimum_calls", "confident", "for_s", "keep_firing_for_s", "calls"),
)
PROVIDERS_KEPT = 10
Course = Iterable[tuple[datetime, Key, Tally]]


def bare(each: Look) -> dict[str, Any]:
    """What the look itself says, ready for JSON: enough to fire by."""
    shown = each.seen.shown
    start = shown.late or each.window.start
    return {
        "window": {
            "start": stamp(start),
            "end": stamp(start + each.window.length if shown.late else each.window.end),
            "seconds": each.rule.window_s,
        },
        "late": shown.late is not None,
        "share": shown.name,
        "value": shown.value,
        "total": shown.total,
        "factors": [list(factor) for factor in shown.factors],
        "interval": list(shown.interval()),
        "from_cache": 0,
        "refused": 0,
        "layers": [],
        "providers": [],
        "behind_breaker": None,
        "rule": {name: getattr(each.rule, name) for name in RULE_FIELDS},
    }


def gather(each: Look, behind_breaker: dict[str, str] | None = None) -> dict[str, Any]:
    """All the evidence, ready for JSON. *behind_breaker*: what opened it, where it failed calls."""
    calls = each.shown_calls
    whole = Tally.sum(calls.values())
    return bare(each) | {
        "good": whole.succeeded,
        "judged": whole.judged,
        "from_cache": whole.of(Outcome.FROM_CACHE),
        "refused": whole.refused,
        "layers": failing_layers(whole),
        "providers": failing_providers(each.rule, calls, each.seen.shown.of),
        "behind_breaker": behind_breaker,
    }


def failing_layers(whole: Tally) -> list[dict[str, Any]]:
    """The layers that failed, worst first, each with its share of all failures."""
    counted = [(layer, whole.of(layer)) for layer in FAILED]
    return [
        {"layer": str(layer), "failed": failed, "share": failed / whole.failed}
        for layer, failed in sorted(counted, key=lambda pair: -pair[1])
        if failed
    ]


def failing_providers(rule: Rule, calls: Calls, of: Of) -> list[dict[str, Any]]:
    """Provider and model with the most failures first: their share of all failures, their own rate.

    One *stands out* if its success is certainly below that of all others together, by their own tally: a provider
    that gets half of the calls has half of the failures too, and that explains nothing.
    """
    factor = load_kind(rule.kind).factor
    failed = sum(tally.failed for tally in calls.values())
    made_for = by_provider(calls)
    rows: list[dict[str, Any]] = []
    for made, tally in sorted(made_for.items(), key=lambda pair: (-pair[1].failed, pair[0]))[:PROVIDERS_KEPT]:
        good, total = factor(of, tally)
        others = factor(of, Tally.sum(rest for other, rest in made_for.items() if other != made))
        rows.append(
            {
                "provider": made[0],
                "model": made[1],
                "failed": tally.failed,
                "share": tally.failed / failed if failed else 0.0,
                "total": total,
                "value": good / total if total else None,
                "stands_out": wilson(good, total)[1] < wilson(*others)[0],
            }
        )
    return rows


def by_provider(calls: Calls) -> dict[tuple[str, str], Tally]:
    """The calls of each provider and model, whoever sent them."""
    parts: dict[tuple[str, str], list[Tally]] = defaultdict(list)
    for key, tally in calls.items():
        parts[key.provider, key.model].append(tally)
    return {made: Tally.sum(each) for made, each in parts.items()}


def course_window(each: Look, ended_before: datetime | None) -> Window:
    """The time in which to look for the beginning: a window before the look's, or before a gap in judging.

    Not before the end of the last incident, *ended_before*, nor longer ago than calls may be late.
    """
    window = each.window
    firsts = [window.start, each.seen.shown.late or window.start, each.looked_at or window.start]
    start = max(min(firsts) - window.length, window.end - LATE_MOST - window.length)
    return window._replace(start=max(start, ended_before) if ended_before else start)


def began_at(each: Look, course: Course) -> datetime | None:
    """When the share that is shown fell; None where no call tells."""
    shown = each.seen.shown
    end = shown.late + each.window.length if shown.late else each.window.end
    return began(steps(each.rule, shown, ((at, key, tally) for at, key, tally in course if at < end)))


def steps(rule: Rule, shown: Share, course: Course) -> Sequence[Step]:
    """The (moment, good, all) of the calls by which *shown* is judged."""
    factor = load_kind(rule.kind).factor
    counted: dict[datetime, tuple[int, int]] = {}
    for at, key, tally in course:
        if seen_by(rule, key) and shown.provider in ("", key.provider):
            (good, total), before = factor(shown.of, tally), counted.get(at, (0, 0))
            counted[at] = before[0] + good, before[1] + total
    return [(at, *counted[at]) for at in sorted(counted)]


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z, to the second."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
