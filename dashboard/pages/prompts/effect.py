"""What a change did: a version's calls before it went live against those of the one that came after. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from dashboard.pages.prompts.queries import NOTHING, Figures, Stretch
from dashboard.wording import formats
from telemetry.counts import resolutions
from telemetry.counts.histogram import Histogram
from telemetry.counts.outcome_counts import Tally
from telemetry.values.proportions import Z_95
from tools.llm.prompts.models import LabelMove

# Compared are so much time before the change and after it, at most: what is older tells of other days.
LONGEST = timedelta(days=7)
BETTER, WORSE, SAME = "good", "bad", "unsure"


@dataclass(frozen=True, slots=True)
class Sides:
    """The time before a change and the same time after it, each with the version that was live then."""

    before: Stretch | None  # None where nothing was live before
    after: Stretch
    length: timedelta


@dataclass(frozen=True, slots=True)
class Line:
    """One measure on both sides, each with its n; and in a sentence whether they differ."""

    what: str
    before: str
    after: str
    said: str
    tone: str = SAME


@dataclass(frozen=True, slots=True)
class Effect:
    """A change of what is live, and what can be told of it. ``success`` is the first of *lines*."""

    move: LabelMove
    over: str  # "3 h 5 min"
    lines: tuple[Line, ...]

    @property
    def success(self) -> Line:
        return self.lines[0]


def sides_of(move: LabelMove, now: datetime) -> Sides:
    """What is compared of *move*; widened to whole buckets, which are those of one version all the same."""
    length = max(min(now - move.at, LONGEST), timedelta(0))
    before, after = move.at - length, move.at + length
    step = timedelta(seconds=finest_kept(before, now))
    prompt = move.label.prompt.name
    begins = [down(moment, step) for moment in (before, move.at)]
    ends = [down(moment, step) + step for moment in (move.at, after)]
    earlier = move.from_version
    return Sides(
        Stretch(f"{prompt}@{earlier.number}", begins[0], ends[0]) if earlier else None,
        Stretch(f"{prompt}@{move.to_version.number}", begins[1], ends[1]),
        length,
    )


def finest_kept(moment: datetime, now: datetime) -> int:
    """The shortest step whose rollups of *moment* are still kept, in seconds."""
    kept = (step for step in sorted(resolutions.STEPS_S) if resolutions.floor(step, now) <= moment)
    return next(kept, max(resolutions.STEPS_S))


def down(moment: datetime, step: timedelta) -> datetime:
    return resolutions.EPOCH + (moment - resolutions.EPOCH) // step * step


def effect_of(move: LabelMove, sides: Sides, found: Mapping[str, Figures]) -> Effect:
    """What *found*, by version, says of *move*."""
    before = found.get(sides.before.version, NOTHING) if sides.before else NOTHING
    after = found.get(sides.after.version, NOTHING)
    lines = (
        success(before.tools, after.tools),
        took("Answer of a model, median", before.models.durations, after.models.durations),
        cost(before, after),
    )
    return Effect(move, formats.span_of(sides.length.total_seconds()), lines)


def success(before: Tally, after: Tally) -> Line:
    """Of the tool calls that models asked for."""
    n = f"{before.judged:,} + {after.judged:,} calls"
    words = rate_words(before), rate_words(after)
    if not (before.judged and after.judged):
        return Line("Tool calls that succeed", *words, none_on("tool call", before.judged, after.judged))
    change = (after.succeeded / after.judged) - (before.succeeded / before.judged)
    low, high = difference(before, after)
    if low <= 0 <= high:
        return Line("Tool calls that succeed", *words, f"No difference can be told from {n}.")
    least, most = sorted((abs(low), abs(high)))
    between = f"{formats.points(least)} to {formats.points(most)}"
    word, tone = ("more", BETTER) if change > 0 else ("less", WORSE)
    return Line("Tool calls that succeed", *words, f"{formats.points(abs(change))} {word} ({between}).", tone)


def difference(before: Tally, after: Tally) -> tuple[float, float]:
    """The 95 % interval of how much the rate rose (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10)."""
    was, now = before.succeeded / before.judged, after.succeeded / after.judged
    (was_low, was_high), (now_low, now_high) = before.interval, after.interval
    change = now - was
    return (
        change - sqrt((now - now_low) ** 2 + (was_high - was) ** 2),
        change + sqrt((now_high - now) ** 2 + (was - was_low) ** 2),
    )


def rate_words(tally: Tally) -> str:
    if not tally.judged:
        return "no calls"
    return f"{formats.percent(tally.success_rate)} ({formats.interval(tally.interval)}), n = {tally.judged:,}"


def took(what: str, before: Histogram, after: Histogram) -> Line:
    words = median_words(before), median_words(after)
    if not (before.count and after.count):
        return Line(what, *words, none_on("call of a model", before.count, after.count))
    (was_low, was_high), (now_low, now_high) = median_interval(before), median_interval(after)
    if was_high >= now_low and now_high >= was_low:
        return Line(what, *words, f"No difference can be told from {before.count:,} + {after.count:,} calls.")
    word, tone = ("Slower", WORSE) if now_low > was_high else ("Faster", BETTER)
    return Line(what, *words, f"{word}: the intervals lie apart.", tone)


def median_interval(durations: Histogram) -> tuple[float, float]:
    """The 95 % interval of the median in milliseconds: by the ranks that it has, whatever the distribution."""
    half = Z_95 / 2 / sqrt(durations.count)
    low, high = durations.percentile(max(0.0, 0.5 - half)), durations.percentile(min(1.0, 0.5 + half))
    return low or 0.0, high or 0.0


def median_words(durations: Histogram) -> str:
    if not durations.count:
        return "no calls"
    low, high = median_interval(durations)
    between = f"{formats.ms(low)} – {formats.ms(high)}"
    return f"{formats.ms(durations.percentile(0.5))} ({between}), n = {durations.count:,}"


def cost(before: Figures, after: Figures) -> Line:
    """Of a call of a model: sums alone are kept, which have no interval."""
    what = "Cost of a call of a model"
    was, now = before.models.usd_each, after.models.usd_each
    words = cost_words(before), cost_words(after)
    if was is None or now is None:
        return Line(what, *words, none_on("priced call of a model", was is not None, now is not None))
    if not was:
        return Line(what, *words, "It cost nothing before." if now else "It costs nothing.")
    share = float(now / was) - 1
    word = "more" if share > 0 else "less"
    said = f"{formats.percent(abs(share))} {word}" if share else "The same"
    return Line(what, *words, f"{said}, of means: how far chance explains that is not known.")


def cost_words(figures: Figures) -> str:
    each = figures.models.usd_each
    if each is None:
        return "no price" if figures.models.calls else "no calls"
    return f"{formats.usd(each)}, n = {figures.models.calls - figures.models.unpriced:,}"


def none_on(what: str, before: int, after: int) -> str:
    """Why nothing can be compared."""
    where = "on either side" if not (before or after) else "before" if not before else "since"
    return f"Nothing can be told: there was no {what} {where}."
