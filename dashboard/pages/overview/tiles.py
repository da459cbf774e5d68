"""The five numbers at the top of the overview, from tallies. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dashboard.addresses.periods import Window
from dashboard.addresses.selection import CHOICES, Selection
from dashboard.charts import sparkline
from dashboard.pages.overview.tables import NO_TALLY, is_wide, total_of
from dashboard.wording import formats
from dashboard.wording.formats import calls
from dashboard.wording.states import ENOUGH_CALLS, rate_shown, state_of
from dashboard.wording.tiles import Tile
from telemetry.counts.histogram import WIDE_ERROR
from telemetry.counts.outcome_counts import Tally
from telemetry.semconv import Outcome


def saved_ms(totals: Mapping[str, Tally]) -> float:
    """Tool time that the cache saved: each hit would have taken as long as the tool's mean uncached call."""
    saved = 0.0
    for tally in totals.values():
        hits = tally.of(Outcome.FROM_CACHE)
        if hits and tally.calls > hits:
            saved += hits * tally.duration_sum_ms / (tally.calls - hits)
    return saved


def tiles(
    window: Window,
    selection: Selection,
    points: Mapping[datetime, Tally],
    totals: Mapping[str, Tally],
    dated_back: int = 0,
) -> list[Tile]:
    """The five numbers of the whole system; *points* are its calls over time, *dated_back* those of before any."""
    total = total_of(totals)
    series = [points.get(start, NO_TALLY) for start in window.bins()]
    return [
        _success_tile(selection, total, series),
        _first_try_tile(selection, total, series),
        _calls_tile(window, selection, total, series, dated_back),
        _latency_tile(selection, total, series),
        _cache_tile(selection, total, series, totals),
    ]


def _success_tile(selection: Selection, total: Tally, series: Sequence[Tally]) -> Tile:
    rate = rate_shown(total)
    note = f"{formats.interval(total.interval)} · {calls(total.judged)}" if total.judged else "no calls yet"
    if total.judged and rate is None:
        note = f"too few to state a rate · {calls(total.judged)}"
    value, unit = _percent(rate)
    tone = state_of(total).tone
    href = selection.calls(outcome="failed") if total.failed else selection.calls()
    path = sparkline.spark([tally.success_rate for tally in series])
    return Tile(
        f"Success, {scope_words(selection)}",
        value,
        unit,
        note,
        path,
        href,
        tone if tone in ("bad", "warn") else "",
    )


def _first_try_tile(selection: Selection, total: Tally, series: Sequence[Tally]) -> Tile:
    """Of the calls that ran: an answer from the cache is neither a first try nor a second."""
    enough = total.ran >= ENOUGH_CALLS
    value, unit = _percent(total.first_try_rate if enough else None)
    rescued = total.of(Outcome.AFTER_RETRY, Outcome.AFTER_FALLBACK)
    saved = f" · retries saved {formats.points(rescued / total.ran)}" if rescued else ""
    note = f"of {calls(total.ran)} that ran{saved}" if enough else f"too few that ran · {calls(total.ran)}"
    path = sparkline.spark([tally.first_try_rate for tally in series])
    return Tile("…on the first try", value, unit, note, path, selection.calls(outcome=Outcome.FIRST_TRY))


def _calls_tile(
    window: Window, selection: Selection, total: Tally, series: Sequence[Tally], dated_back: int
) -> Tile:
    if not total.calls:
        return Tile("Calls", "0", "", "none in this period", "", selection.calls())
    value, unit = formats.frequency(max(total.calls - dated_back, 0) / window.elapsed_s)
    refused = f" · {total.refused:,} refused" if total.refused else ""
    back = f" · {dated_back:,} dated back" if dated_back else ""
    note = f"{total.calls:,}{refused}{back}{_peak(window, series)}"
    # The last point is still filling: drawn, it would always look like a fall.
    # Nor is it nothing where nobody recorded yet.
    points = zip(series[:-1], window.bins(), strict=False)
    path = sparkline.spark(
        [float(tally.calls) if window.observed_in(start) else None for tally, start in points], floor=0
    )
    return Tile("Calls", value, unit, note, path, selection.calls())


def _peak(window: Window, series: Sequence[Tally]) -> str:
    """The busiest point, of those that were observed for half their length at least: less gives no rate."""
    rates = [
        (tally.calls / seconds, start)
        for tally, start in zip(series, window.bins(), strict=True)
        if (seconds := window.observed_in(start)) >= window.period.bin_s / 2
    ]
    rate, start = max(rates, default=(0.0, window.start))
    number, per = formats.frequency(rate)
    return f" · peak {number}{formats.THIN}{per} at {formats.clock(start)}" if rate else ""


def _latency_tile(selection: Selection, total: Tally, series: Sequence[Tally]) -> Tile:
    value, _, unit = formats.ms(total.percentile_ms(0.95)).partition(formats.THIN)
    longest = f"longest {formats.ms(total.durations.max_ms)}"
    beside = f"within {formats.percent(WIDE_ERROR, 0)}" if is_wide(total) else longest
    p50 = formats.ms(total.percentile_ms(0.5))
    note = f"p50 {p50} · {beside} · {calls(total.calls)}, cached ones too" if total.calls else "no calls yet"
    path = sparkline.spark([tally.percentile_ms(0.95) for tally in series], floor=0)
    return Tile("p95 latency", value, unit, note, path, selection.calls())


def _cache_tile(selection: Selection, total: Tally, series: Sequence[Tally], totals: Mapping[str, Tally]) -> Tile:
    hits = total.of(Outcome.FROM_CACHE)
    value, unit = _percent(hits / total.succeeded if total.succeeded else None, digits=0)
    of = f"of {total.succeeded:,} that succeeded" if total.succeeded else ""
    saved = f"{formats.span_of(saved_ms(totals) / 1000)} of tool time saved"
    note = f"{of} · {saved}" if hits else f"none {of}" if of else "no call succeeded"
    shares = [tally.of(Outcome.FROM_CACHE) / tally.succeeded if tally.succeeded else None for tally in series]
    href = selection.calls(outcome=Outcome.FROM_CACHE)
    return Tile("From cache", value, unit, note, sparkline.spark(shares, floor=0), href)


def scope_words(selection: Selection) -> str:
    """Whose calls the numbers of a page are of: ``all tools``, ``crm · groq``, ``all tools · role coach``."""
    named = [selection.tool or "all tools", selection.provider, selection.model]
    role = f"role {selection.caller_role}" if selection.caller_role else ""
    whose = CHOICES[selection.calls_of] if selection.calls_of else ""
    return " · ".join(part for part in (*named, role, whose) if part)


def _percent(share: float | None, digits: int = 1) -> tuple[str, str]:
    return (formats.NONE, "") if share is None else (formats.percent_digits(share, digits), "%")
