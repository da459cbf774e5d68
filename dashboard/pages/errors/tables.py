"""Groups of errors as the pages put them: states, shares and words. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.addresses.periods import Window
from dashboard.addresses.query_terms import term
from dashboard.charts import sparkline
from dashboard.pages.errors.queries import WORDS, Key
from dashboard.wording import formats
from dashboard.wording.states import ENOUGH_CALLS, State, outcome_state
from telemetry.counts.outcome_counts import Tally
from telemetry.errors.models import ErrorGroup
from telemetry.errors.models import State as GroupState
from telemetry.values.proportions import wilson

NEW_FOR = timedelta(hours=1)
NAMED = 3
MOSTLY = 0.5
MOST_PARTS = 8
LABELS = {"provider": "Provider", "model": "Model", "prompt_version": "Prompt version", "caller_role": "Role"}


@dataclass(frozen=True, slots=True)
class Row:
    """A group in the list. ``affected`` are the models and roles that met it most, in words."""

    group: ErrorGroup
    state: State
    layer: State
    in_period: int
    spark: str
    trend: str
    affected: str


@dataclass(frozen=True, slots=True)
class Part:
    """One word of a breakdown: its occurrences, their share, and of how many calls they are (None: no calls).

    ``search`` finds it in the explorer; empty where nothing was named.
    """

    word: str
    search: str
    count: int
    share: float
    calls: int | None
    rate: float | None
    interval: tuple[float, float]
    few: bool


def row_of(group: ErrorGroup, points: Mapping[datetime, int], words: Mapping[Key, int], window: Window) -> Row:
    counts = [points.get(start, 0) for start in window.bins()]
    return Row(
        group=group,
        state=state_of(group, window.now),
        layer=layer_of(group),
        in_period=sum(counts),
        spark=sparkline.spark([float(count) for count in counts], 0.0),
        trend=trend(counts, window),
        affected=affected(words),
    )


def state_of(group: ErrorGroup, now: datetime) -> State:
    """Its state in a word: open groups are new for an hour, or open again."""
    if group.state == GroupState.RESOLVED:
        return State("resolved", "good")
    if group.state == GroupState.IGNORED:
        return State("ignored", "unsure")
    if now - group.first_seen < NEW_FOR:
        return State("new", "bad")
    return State("reopened", "bad") if group.reopened_at else State("open", "warn")


def layer_of(group: ErrorGroup) -> State:
    return outcome_state(group.layer) if group.layer else State("error", "bad")


def trend(counts: Sequence[int], window: Window) -> str:
    """What a sparkline says, for those who do not see it."""
    most = max(counts, default=0)
    return f"{sum(counts):,} in the last {window.period.words}, at most {most:,} in {step_words(window)}"


def step_words(window: Window) -> str:
    return formats.span_words(window.period.bin_s)


def affected(words: Mapping[Key, int]) -> str:
    """The models and the roles that met a group most."""
    parts = []
    for name in ("model", "caller_role"):
        totals = totals_of(words, name)
        known = [word for word, _ in totals.most_common() if word]
        if known:
            more = f" +{len(known) - NAMED}" if len(known) > NAMED else ""
            parts.append(", ".join(known[:NAMED]) + more)
    return " · ".join(parts)


def totals_of(words: Mapping[Key, int], name: str) -> Counter[str]:
    """The counts of one group added up by the word *name*; the keys are the values of WORDS."""
    at = WORDS.index(name)
    totals: Counter[str] = Counter()
    for key, count in words.items():
        totals[key[at]] += count
    return totals


def breakdown(words: Mapping[Key, int], calls: Mapping[Key, Tally], name: str, whole: int) -> list[Part]:
    """The occurrences by the word *name*, most first, each with the rate among the calls of that word.

    MOST_PARTS at most, then the rest of the *whole* as one.
    """
    at = WORDS.index(name)
    all_calls: Counter[str] = Counter()
    for key, tally in calls.items():
        all_calls[key[at]] += tally.calls
    totals = totals_of(words, name)
    whole = max(whole, totals.total())
    listed = totals.most_common(MOST_PARTS)
    parts = [_part(name, word, count, whole, all_calls.get(word)) for word, count in listed]
    if len(totals) > len(listed):
        parts.append(_rest(len(totals) - len(listed), whole - sum(count for _, count in listed), whole))
    return parts


def _rest(more: int, count: int, whole: int) -> Part:
    return Part(f"and {more:,} more", "", count, count / whole, None, None, wilson(count, 0), few=False)


def _part(name: str, word: str, count: int, total: int, calls: int | None) -> Part:
    n = max(calls, count) if calls is not None else 0
    return Part(
        word=word or "not named",
        search=term(name, word) if word else "",
        count=count,
        share=count / total,
        calls=calls,
        rate=count / n if n else None,
        interval=wilson(count, n),
        few=n < ENOUGH_CALLS,
    )


@dataclass(frozen=True, slots=True)
class Wordings:
    """The messages of one group as they came, MOST_PARTS of them, most first: the spellings of an argument.

    ``read`` occurrences were looked at; ``more`` other messages were among them.
    """

    said: list[tuple[str, int]]
    more: int
    read: int


def wordings(messages: Sequence[str]) -> Wordings | None:
    """None if all said the same."""
    totals = Counter(messages)
    if len(totals) < 2:
        return None
    listed = totals.most_common(MOST_PARTS)
    return Wordings(listed, len(totals) - len(listed), len(messages))


def sentence(group: ErrorGroup, last_hour: int, words: Mapping[Key, int], window: Window) -> str:
    """What fails, since when and how often, in plain words; *words* are of the *window*."""
    since = formats.span_of((window.now - group.first_seen).total_seconds())
    times = "once" if group.count == 1 else f"{group.count:,} times"
    said = f"Seen {times} since {group.first_seen:%-d %b %H:%M} UTC, {since} ago"
    said += f"; {last_hour:,} in the last hour." if last_hour else "; not in the last hour."
    parts = [part for name in ("model", "prompt_version", "caller_role") if (part := _mostly(words, name))]
    whole = f"Of the {sum(words.values()):,} in the last {window.period.words} "
    return f"{said} {whole}{' and '.join(parts)}." if parts else said


def _mostly(words: Mapping[Key, int], name: str) -> str:
    """The value that at least half of the occurrences have in common, where not all have it."""
    totals = totals_of(words, name)
    if len(totals) < 2:
        return ""
    [(word, count)] = totals.most_common(1)
    share = count / totals.total()
    return (
        f"{formats.percent(share, 0)} with the {LABELS[name].lower()} {word}" if word and share >= MOSTLY else ""
    )
