"""Why a rule fired: which stages failed, for which providers, out of how many calls. Pure."""

from datetime import datetime
from typing import Any

from telemetry.alerts.kinds import load_kind
from telemetry.alerts.models import Rule
from telemetry.alerts.verdict import Verdict
from telemetry.alerts.windows import Calls, Window
from telemetry.semconv import FAILED, Outcome
from telemetry.tally import Tally, wilson

RULE_FIELDS = (
    "pk",
    "name",
    "kind",
    "tool",
    "provider",
    "model",
    "threshold",
    "recovery_threshold",
    "window_s",
    "minimum_calls",
    "confident",
    "for_s",
    "keep_firing_for_s",
)
PROVIDERS_KEPT = 10


def gather(rule: Rule, calls: Calls, window: Window, seen: Verdict) -> dict[str, Any]:
    """The evidence, ready for JSON. *calls* are those of the tool that the rule judges."""
    whole = Tally.sum(calls.values())
    lower, upper = seen.interval
    return {
        "window": {"start": stamp(window.start), "end": stamp(window.end), "seconds": rule.window_s},
        "value": seen.value,
        "good": seen.good,
        "total": seen.total,
        "interval": [lower, upper],
        "from_cache": whole.of(Outcome.FROM_CACHE),
        "refused": whole.refused,
        "layers": failing_layers(whole),
        "providers": failing_providers(rule, calls, whole.failed),
        "rule": {name: getattr(rule, name) for name in RULE_FIELDS},
    }


def failing_layers(whole: Tally) -> list[dict[str, Any]]:
    """The layers that failed, worst first, each with its share of all failures."""
    counted = [(layer, whole.of(layer)) for layer in FAILED]
    return [
        {"layer": str(layer), "failed": failed, "share": failed / whole.failed}
        for layer, failed in sorted(counted, key=lambda pair: -pair[1])
        if failed
    ]


def failing_providers(rule: Rule, calls: Calls, failed: int) -> list[dict[str, Any]]:
    """Provider and model with the most failures first: their share of all failures, their own rate.

    One *stands out* if its success is certainly below that of all others together: a provider that gets half
    of the calls has half of the failures too, and that explains nothing.
    """
    measure = load_kind(rule.kind).measure
    all_good, all_calls = measure(Tally.sum(calls.values()))
    rows: list[dict[str, Any]] = []
    for key, tally in sorted(calls.items(), key=lambda pair: -pair[1].failed)[:PROVIDERS_KEPT]:
        good, total = measure(tally)
        others = wilson(all_good - good, all_calls - total)
        rows.append(
            {
                "provider": key.provider,
                "model": key.model,
                "failed": tally.failed,
                "share": tally.failed / failed if failed else 0.0,
                "total": total,
                "value": good / total if total else None,
                "stands_out": wilson(good, total)[1] < others[0],
            }
        )
    return rows


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC with a Z, to the second."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
