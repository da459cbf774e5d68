"""What the tables and tiles of the overview hold, from tallies. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from dashboard import charts, numbers
from dashboard.naming import MORE, MORE_CALLERS
from dashboard.periods import RECENT, Window
from dashboard.selection import CHOICES, Selection
from dashboard.states import ENOUGH_CALLS, RUNGS, State, judged_now, rate_shown, state_of
from telemetry.histogram import ERROR, WIDE_ERROR
from telemetry.semconv import UNKNOWN_TOOL, Outcome
from telemetry.tally import Tally

# The band of a success rate is drawn on a scale from here to 100 %.
SCALE_FROM = 0.60
NO_TALLY = Tally()
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Tile:
    """One big number. ``href`` leads to the calls behind it."""

    label: str
    value: str
    unit: str
    note: str
    spark: str
    href: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """Where a rate and its interval lie on the scale, in percent of its width; in the tone of that rate."""

    tone: str

    left: float
    width: float
    dot: float
    goal: float


@dataclass(frozen=True, slots=True)
class Rung:
    """The calls that ended one way: where their part of the bar begins and its length, in percent."""

    key: str
    sentence: str
    left: float
    share: float


@dataclass(frozen=True, slots=True)
class RateRow:
    """A tool, or a provider and model, with all that its calls say."""

    name: str
    state: State
    tally: Tally
    rate: float | None
    band: Band | None
    ladder: Sequence[Rung]
    p50_ms: float | None
    p95_ms: float | None
    wide: bool  # some of it was counted in the wide buckets of before: these two are not so near
    cache: float | None
    query: str
    because: str = ""  # what the state is read from, where that is not the rate beside it


def total_of(totals: Mapping[str, Tally]) -> Tally:
    return Tally.sum(totals.values())


def totals_by_tool(by_caller: Mapping[tuple[str, str, str], Tally]) -> dict[str, Tally]:
    groups: dict[str, list[Tally]] = {}
    for (tool, _, _), tally in by_caller.items():
        groups.setdefault(tool, []).append(tally)
    return {tool: Tally.sum(parts) for tool, parts in groups.items()}


def totals_by_provider(by_caller: Mapping[tuple[str, str, str], Tally]) -> dict[tuple[str, str], Tally]:
    groups: dict[tuple[str, str], list[Tally]] = {}
    for (_, provider, model), tally in by_caller.items():
        groups.setdefault((provider, model), []).append(tally)
    return {key: Tally.sum(parts) for key, parts in groups.items()}


def with_rest(totals: Mapping[Key, Tally], rest: Key, more: int, whole: Tally) -> dict[Key, Tally]:
    """*totals* of what is named, and as *rest* what of the *whole* the *more* others made; nothing for none."""
    known = {key: tally for key, tally in totals.items() if key != rest}
    return {**known, rest: whole.without(known.values())} if more else known


def tool_rows(
    selection: Selection, totals: Mapping[str, Tally], recent: Mapping[str, Tally], known: Sequence[str]
) -> list[RateRow]:
    """A row for each tool that is known or was called, always in the same order: known ones come first."""
    ours = frozenset(known)
    return [
        rate_row(name, totals.get(name, NO_TALLY), recent.get(name, NO_TALLY), selection.calls(tool=name))
        for name in sorted({*totals, *ours} - {UNKNOWN_TOOL, MORE}, key=lambda name: (name not in ours, name))
    ]


def more_row(selection: Selection, more: int, totals: Mapping[Key, Tally], rest: Key) -> RateRow | None:
    """The row of the *more* names that have none of their own: of them all together. None where there are none."""
    if not more:
        return None
    return rate_row(f"and {more:,} more", totals.get(rest, NO_TALLY), NO_TALLY, selection.calls())


def provider_rows(
    selection: Selection,
    totals: Mapping[tuple[str, str], Tally],
    recent: Mapping[tuple[str, str], Tally],
) -> list[RateRow]:
    """A row for each provider and model, in the order of their names."""
    return [
        rate_row(
            caller_name(*caller),
            tally,
            recent.get(caller, NO_TALLY),
            selection.calls(provider=caller[0], model=caller[1]),
        )
        for caller, tally in sorted(totals.items(), key=lambda item: (item[0] == ("", ""), item[0]))
        if caller != MORE_CALLERS
    ]


def rate_row(name: str, tally: Tally, recent: Tally, query: str) -> RateRow:
    cached, judged = tally.of(Outcome.FROM_CACHE), judged_now(recent, tally)
    return RateRow(
        name=name,
        state=judged.state,
        tally=tally,
        rate=rate_shown(tally),
        band=band_of(tally),
        ladder=ladder_of(tally),
        p50_ms=tally.percentile_ms(0.50),
        p95_ms=tally.percentile_ms(0.95),
        wide=_is_wide(tally),
        cache=cached / tally.succeeded if cached and tally.judged >= ENOUGH_CALLS else None,
        query=query,
        because=_because(recent) if judged.by_recent else "",
    )


def _because(recent: Tally) -> str:
    """The rate of the last minutes, with its base."""
    return f"{numbers.percent(recent.success_rate)} of {_calls(recent.judged)} in the last {RECENT.words}"


def caller_name(provider: str, model: str) -> str:
    return " · ".join(part for part in (provider, model) if part) or "no provider named"


def band_of(tally: Tally) -> Band | None:
    """The interval on the scale; None without calls that are judged."""
    if tally.success_rate is None:
        return None
    low, high = (_on_scale(bound) for bound in tally.interval)
    return Band(state_of(tally).tone, low, max(high - low, 1.0), _on_scale(tally.success_rate), _on_scale(0.90))


def ladder_of(tally: Tally) -> list[Rung]:
    """The rungs that calls ended on, best first. Of few calls the sentence states the number alone."""
    rungs: list[Rung] = []
    left = 0.0
    few = tally.calls < ENOUGH_CALLS
    for key, word, outcomes in RUNGS:
        if number := tally.of(*outcomes):
            share = number / tally.calls
            stated = f"{number:,}" if few else f"{numbers.percent(share)} ({number:,})"
            rungs.append(Rung(key, f"{word} {stated}", left, 100 * share))
            left += 100 * share
    return rungs


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
    note = f"{numbers.interval(total.interval)} · {_calls(total.judged)}" if total.judged else "no calls yet"
    if total.judged and rate is None:
        note = f"too few to state a rate · {_calls(total.judged)}"
    value, unit = _percent(rate)
    tone = state_of(total).tone
    href = selection.calls(outcome="failed") if total.failed else selection.calls()
    path = charts.spark([tally.success_rate for tally in series])
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
    saved = f" · retries saved {numbers.points(rescued / total.ran)}" if rescued else ""
    note = f"of {_calls(total.ran)} that ran{saved}" if enough else f"too few that ran · {_calls(total.ran)}"
    path = charts.spark([tally.first_try_rate for tally in series])
    return Tile("…on the first try", value, unit, note, path, selection.calls(outcome=Outcome.FIRST_TRY))


def _calls_tile(
    window: Window, selection: Selection, total: Tally, series: Sequence[Tally], dated_back: int
) -> Tile:
    if not total.calls:
        return Tile("Calls", "0", "", "none in this period", "", selection.calls())
    value, unit = numbers.frequency(max(total.calls - dated_back, 0) / window.elapsed_s)
    refused = f" · {total.refused:,} refused" if total.refused else ""
    back = f" · {dated_back:,} dated back" if dated_back else ""
    note = f"{total.calls:,}{refused}{back}{_peak(window, series)}"
    # The last point is still filling: drawn, it would always look like a fall.
    # Nor is it nothing where nobody recorded yet.
    points = zip(series[:-1], window.bins(), strict=False)
    path = charts.spark(
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
    number, per = numbers.frequency(rate)
    return f" · peak {number}{numbers.THIN}{per} at {numbers.clock(start)}" if rate else ""


def _latency_tile(selection: Selection, total: Tally, series: Sequence[Tally]) -> Tile:
    value, _, unit = numbers.ms(total.percentile_ms(0.95)).partition(numbers.THIN)
    longest = f"longest {numbers.ms(total.durations.max_ms)}"
    beside = f"within {numbers.percent(WIDE_ERROR, 0)}" if _is_wide(total) else longest
    p50 = numbers.ms(total.percentile_ms(0.5))
    note = f"p50 {p50} · {beside} · {_calls(total.calls)}, cached ones too" if total.calls else "no calls yet"
    path = charts.spark([tally.percentile_ms(0.95) for tally in series], floor=0)
    return Tile("p95 latency", value, unit, note, path, selection.calls())


def _is_wide(tally: Tally) -> bool:
    return tally.durations.error > ERROR


def _cache_tile(selection: Selection, total: Tally, series: Sequence[Tally], totals: Mapping[str, Tally]) -> Tile:
    hits = total.of(Outcome.FROM_CACHE)
    value, unit = _percent(hits / total.succeeded if total.succeeded else None, digits=0)
    of = f"of {total.succeeded:,} that succeeded"
    saved = f"{numbers.span_of(saved_ms(totals) / 1000)} of tool time saved"
    note = f"{of} · {saved}" if hits else "no call was answered from it"
    shares = [tally.of(Outcome.FROM_CACHE) / tally.succeeded if tally.succeeded else None for tally in series]
    href = selection.calls(outcome=Outcome.FROM_CACHE)
    return Tile("From cache", value, unit, note, charts.spark(shares, floor=0), href)


def scope_words(selection: Selection) -> str:
    """Whose calls the numbers of a page are of: ``all tools``, ``crm · groq``, ``all tools · role coach``."""
    named = [selection.tool or "all tools", selection.provider, selection.model]
    role = f"role {selection.caller_role}" if selection.caller_role else ""
    whose = CHOICES[selection.calls_of] if selection.calls_of else ""
    return " · ".join(part for part in (*named, role, whose) if part)


def _percent(share: float | None, digits: int = 1) -> tuple[str, str]:
    return (numbers.NONE, "") if share is None else (numbers.percent_digits(share, digits), "%")


def _calls(number: int) -> str:
    return f"{number:,} call" if number == 1 else f"{number:,} calls"


def _on_scale(share: float) -> float:
    return round(max(0.0, (share - SCALE_FROM) / (1 - SCALE_FROM)) * 100, 2)
