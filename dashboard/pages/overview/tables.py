"""What the tables of the overview hold, from tallies. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from dashboard.addresses.periods import RECENT
from dashboard.addresses.selection import Selection
from dashboard.queries.top_names import MORE, MORE_CALLERS
from dashboard.wording import formats
from dashboard.wording.states import ENOUGH_CALLS, RUNGS, State, judged_now, rate_shown, state_of
from telemetry.counts.histogram import ERROR
from telemetry.counts.outcome_counts import Tally
from telemetry.semconv import UNKNOWN_TOOL, Outcome

# The band of a success rate is drawn on a scale from here to 100 %.
SCALE_FROM = 0.60
NO_TALLY = Tally()
Key = TypeVar("Key")


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
            formats.caller_name(*caller),
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
        wide=is_wide(tally),
        cache=cached / tally.succeeded if cached and tally.judged >= ENOUGH_CALLS else None,
        query=query,
        because=_because(recent) if judged.by_recent else "",
    )


def _because(recent: Tally) -> str:
    """The rate of the last minutes, with its base."""
    return f"{formats.percent(recent.success_rate)} of {formats.calls(recent.judged)} in the last {RECENT.words}"


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
            stated = f"{number:,}" if few else f"{formats.percent(share)} ({number:,})"
            rungs.append(Rung(key, f"{word} {stated}", left, 100 * share))
            left += 100 * share
    return rungs


def is_wide(tally: Tally) -> bool:
    return tally.durations.error > ERROR


def _on_scale(share: float) -> float:
    return round(max(0.0, (share - SCALE_FROM) / (1 - SCALE_FROM)) * 100, 2)
