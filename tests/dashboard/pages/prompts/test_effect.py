"""What a change did, from counts: told only where chance does not explain it."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from dashboard.pages.prompts.effect import cost, median_interval, sides_of, success, took
from dashboard.pages.prompts.queries import Asked, Figures
from telemetry.counts import histogram
from telemetry.counts.histogram import Histogram
from tests.dashboard.builders import tally
from tools.llm.prompts.models import Label, LabelMove, Prompt, PromptVersion

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def moved(ago, before=1):
    prompt = Prompt(name="coach")
    version = PromptVersion(prompt=prompt, number=before) if before else None
    label = Label(prompt=prompt, name="production")
    return LabelMove(
        label=label, from_version=version, to_version=PromptVersion(prompt=prompt, number=2), at=NOW - ago
    )


@pytest.mark.parametrize(
    ("before", "after", "tone", "said"),
    [
        ((50, 50), (95, 5), "good", "45.0 points more (33.6 points to 55.0 points)."),
        ((95, 5), (50, 50), "bad", "45.0 points less (33.6 points to 55.0 points)."),
        ((8, 2), (10, 0), "unsure", "No difference can be told from 10 + 10 calls."),
        ((0, 0), (9, 1), "unsure", "Nothing can be told: there was no tool call before."),
        ((9, 1), (0, 0), "unsure", "Nothing can be told: there was no tool call since."),
        ((0, 0), (0, 0), "unsure", "Nothing can be told: there was no tool call on either side."),
    ],
)
def test_success_differs_where_the_interval_of_the_difference_leaves_nothing_out(before, after, tone, said):
    line = success(tally(*before), tally(*after))
    assert (line.tone, line.said.replace("\u202f", " ")) == (tone, said)


def test_both_sides_are_as_long_and_each_of_its_version():
    sides = sides_of(moved(timedelta(minutes=30)), NOW)
    assert (sides.before.version, sides.after.version) == ("coach@1", "coach@2")
    assert sides.length == timedelta(minutes=30)
    assert sides.before.start == NOW - timedelta(minutes=60)
    assert sides.before.end - timedelta(seconds=10) == sides.after.start == NOW - timedelta(minutes=30)
    assert sides.after.end == NOW + timedelta(seconds=10)
    assert sides_of(moved(timedelta(minutes=30), before=0), NOW).before is None


@pytest.mark.parametrize(("days", "step_s"), [(1, 10), (5, 60), (60, 3600)])
def test_a_change_of_long_ago_is_read_from_what_is_still_kept(days, step_s):
    sides = sides_of(moved(timedelta(days=days)), NOW)
    assert sides.length == min(timedelta(days=days), timedelta(days=7))
    assert sides.before.end - sides.after.start == timedelta(seconds=step_s)
    assert all((moment.timestamp() % step_s) == 0 for moment in (sides.before.start, sides.after.end))


def durations(low, high, count=100):
    """*count* calls, evenly from *low* to *high* milliseconds."""
    counts = [0] * histogram.SIZE
    for number in range(count):
        value = low + (high - low) * number / (count - 1)
        counts[next(index for index, bound in enumerate(histogram.BOUNDS_MS) if value <= bound)] += 1
    return Histogram(counts, low, high)


def test_medians_differ_where_their_intervals_lie_apart():
    assert took("", durations(100, 200), durations(400, 800)).said == "Slower: the intervals lie apart."
    assert took("", durations(400, 800), durations(100, 200)).tone == "good"
    assert (
        took("", durations(100, 200), durations(101, 201)).said
        == "No difference can be told from 100 + 100 calls."
    )
    assert took("", durations(100, 200), Histogram()).said.endswith("no call of a model since.")
    low, high = median_interval(durations(100, 200))
    assert 125 < low < 150 < high < 175


def paid(usd, calls, unpriced=0):
    return Figures(models=Asked(calls=calls, unpriced=unpriced, usd=Decimal(usd)))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (paid("1", 10), paid("3", 20), "50.0 % more, of means: how far chance explains that is not known."),
        (paid("1", 10), paid("1", 20), "50.0 % less, of means: how far chance explains that is not known."),
        (paid("1", 10), paid("1", 10), "The same, of means: how far chance explains that is not known."),
        (paid("0", 10), paid("1", 10), "It cost nothing before."),
        (paid("0", 10), paid("0", 10), "It costs nothing."),
        (paid("0", 10, 10), paid("1", 10), "Nothing can be told: there was no priced call of a model before."),
    ],
)
def test_costs_are_told_as_means_of_what_has_a_price(before, after, said):
    assert cost(before, after).said.replace("\u202f", " ") == said
