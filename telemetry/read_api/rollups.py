"""Rollups in groups: counts by outcome, rates with their interval, percentiles, tokens and cost."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import isfinite
from typing import Any

from django.db.models import F, Q, Sum

from telemetry.counts import histogram, resolutions
from telemetry.counts.histogram import Histogram
from telemetry.counts.outcome_counts import Tally
from telemetry.counts.rollup_columns import LATENCY, OUTCOME_COLUMNS, WORDS, of_series
from telemetry.models import Rollup
from telemetry.models.rollups import RollupQuerySet
from telemetry.read_api.errors import BadParameter
from telemetry.read_api.parameters import Asked
from telemetry.read_api.shapes import usd
from telemetry.search import compiling, summed
from telemetry.search.guard import guarded
from telemetry.search.query import Window

BUCKET = "bucket"
KEYS = (BUCKET, *WORDS)
MAX_GROUPS = 5_000
STEPS_S = (60, 3_600, 86_400)
SUMMED = (
    "spans",
    "errors",
    "attempts",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "unpriced",
    "duration_sum_us",
)
SUMS = {f"sum_{name}": Sum(name) for name in (*OUTCOME_COLUMNS, *SUMMED)}


def keys_of(by: str) -> list[str]:
    """The keys that *by* names, separated by commas. Raises BadParameter."""
    names = [name.strip() for name in by.split(",") if name.strip()]
    unknown = [name[:40] for name in names if name not in KEYS]
    if unknown:
        raise BadParameter("by", f"there is no key {', '.join(unknown)}.", f"choose among {', '.join(KEYS)}")
    return list(dict.fromkeys(names))


def finest(window: Window, by: list[str], now: datetime) -> int:
    """The finest step, from a minute up, that reaches the whole *window* and has an answer's number of buckets.

    Where none reaches, the coarsest. Ten seconds are for who asks for them: they are kept for days.
    """
    start, end = window

    def serves(step_s: int) -> bool:
        fits = BUCKET not in by or (end - start) / timedelta(seconds=step_s) <= MAX_GROUPS
        return fits and summed.floor(start, step_s) >= resolutions.floor(step_s, now)

    return next(filter(serves, STEPS_S), STEPS_S[-1])


def groups(asked: Asked, resolution_s: int, by: list[str], now: datetime) -> dict[str, Any]:
    """The groups of what *asked* finds, by their keys, as the API gives them; one query beside that for words.

    Raises BadParameter, and SearchTooExpensive.
    """
    kept_since = resolutions.floor(resolution_s, now)
    start = max(summed.floor(asked.window[0], resolution_s), kept_since)
    end = max(start, asked.window[1])
    with guarded():
        rows = Rollup.objects.at(resolution_s).between(start, end).filter(_condition(asked))
        found = _summed(rows, by)
    if len(found) > MAX_GROUPS:
        hint = "choose fewer keys, a coarser resolution_s or a shorter period"
        raise BadParameter("by", f"there are more than {MAX_GROUPS:,} groups.", hint)
    return {
        "resolution_s": resolution_s,
        "since": start.isoformat(),
        "until": end.isoformat(),
        "kept_since": kept_since.isoformat(),
        "truncated": asked.window[0] < kept_since,
        "groups": [_group(row, by) for row in found if row["sum_spans"]],
    }


def _condition(asked: Asked) -> Q:
    """What *asked* wants of rollups. Raises BadParameter for what they do not know."""
    wanted = summed.asked(compiling.plan(asked.query.root))
    if wanted is None or not wanted.is_every_outcome:
        raise BadParameter(
            "q", f"rollups know only of {', '.join(WORDS)}.", "search the spans for the rest, at /api/v1/spans"
        )
    return wanted.rows


def _summed(rows: RollupQuerySet, by: list[str]) -> list[dict[str, Any]]:
    if not by:
        return [rows.aggregate(**SUMS, **LATENCY)]
    keys = {f"by_{name}": F(of_series(name)) for name in by}
    totals: Any = rows.order_by().values(**keys).annotate(**SUMS, **LATENCY)
    return list(totals.order_by(*keys)[: MAX_GROUPS + 1])


def _group(row: Mapping[str, Any], by: list[str]) -> dict[str, Any]:
    counts = {outcome: row[f"sum_{column}"] for column, outcome in OUTCOME_COLUMNS.items()}
    latency = Histogram(histogram.unpacked(row["latency_digits"]), row["latency_min_ms"], row["latency_max_ms"])
    tally = Tally(counts=counts, durations=latency)
    return {
        **{name: _value(row[f"by_{name}"]) for name in by},
        "spans": row["sum_spans"],
        "errors": row["sum_errors"],
        "calls": tally.calls,
        "succeeded": tally.succeeded,
        "failed": tally.failed,
        "refused": tally.refused,
        "outcomes": {str(outcome): count for outcome, count in counts.items() if count},
        "attempts": row["sum_attempts"],
        "success_rate": tally.success_rate,
        "n": tally.judged,
        "interval": list(tally.interval),
        "mean_ms": _mean_ms(row, latency),
        "p50_ms": tally.percentile_ms(0.5),
        "p95_ms": tally.percentile_ms(0.95),
        "p99_ms": tally.percentile_ms(0.99),
        "min_ms": latency.min_ms,
        "max_ms": latency.max_ms if isfinite(latency.max_ms) else None,
        "percentile_error": latency.error,
        "input_tokens": row["sum_input_tokens"],
        "output_tokens": row["sum_output_tokens"],
        "cost_usd": usd(row["sum_cost_usd"]),
        "unpriced_spans": row["sum_unpriced"],
    }


def _mean_ms(row: Mapping[str, Any], latency: Histogram) -> float:
    """The mean duration: of sums in whole microseconds, to which each span's was rounded, so of shorter ones they
    are off; but no mean lies outside of what it is of.
    """
    mean: float = row["sum_duration_sum_us"] / 1000 / row["sum_spans"]
    return min(max(mean, latency.min_ms), latency.max_ms)


def _value(key: Any) -> Any:
    return key.isoformat() if isinstance(key, datetime) else key
