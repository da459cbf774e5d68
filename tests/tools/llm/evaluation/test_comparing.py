"""Two runs beside each other, and how sure a share is."""

import random

from tools.llm.evaluation.comparing import Key, Row, Verdict, aligned, compare
from tools.llm.evaluation.statistics import percentile, sign_test


def run(passed, *, deployments=("a",), asked="production", digest="d"):
    """A run by its cases: whether each passed, or how often of how many."""
    return [
        Row(Key("s", f"case {number}", deployment, asked), digest, did)
        for number, each in enumerate(passed)
        for deployment in deployments
        for did in (each if isinstance(each, list) else [each])
    ]


def test_the_exact_sign_test():
    assert sign_test(0, 5) == 1 / 32
    assert sign_test(1, 9) == 11 / 1024
    assert sign_test(0, 0) == 1.0


def test_percentiles_are_of_what_was_measured():
    assert percentile([3, 1, 2, 4], 0.5) == 2 and percentile([3, 1, 2, 4], 0.95) == 4
    assert percentile([], 0.5) is None


def test_five_cases_that_got_worse_are_more_than_chance_and_four_are_not():
    five = compare(run([False] * 5 + [True]), run([True] * 6), 7, in_lab=False)
    assert five.verdict is Verdict.WORSE and five.regressed
    assert str(five) == ("Worse: against run 7, of 6 cases 5 got worse and 0 better (sign test, p = 0.031).")
    four = compare(run([False] * 4 + [True]), run([True] * 5), 7, in_lab=False)
    assert four.verdict is Verdict.NO_DIFFERENCE and not four.regressed
    assert compare(run([True] * 5), run([False] * 5), 7, in_lab=False).verdict is Verdict.BETTER


def test_in_the_lab_nothing_is_chance():
    found = compare(run([False, True]), run([True, True]), 7, in_lab=True)
    assert found.verdict is Verdict.NO_DIFFERENCE and found.regressed
    assert [str(key) for key in found.worse] == ["s/case 0 at a"]
    assert str(found).endswith("each that got worse is a regression.")


def test_one_case_at_six_deployments_is_one_case():
    """What makes it worse for one model makes it so for the others: six are no six chances."""
    vendors = tuple("abcdef")
    found = compare(run([False], deployments=vendors), run([True], deployments=vendors), 7, in_lab=False)
    assert (found.pairs, found.cases_worse, len(found.worse)) == (1, 1, 6)
    assert found.verdict is Verdict.NO_DIFFERENCE


def test_cases_are_counted_once_however_often_they_were_asked():
    found = compare(run([[True, False], [True]]), run([[True, True], [False]]), 7, in_lab=False)
    assert (found.pairs, found.cases_worse, found.cases_better) == (2, 1, 1)


def test_edited_cases_are_left_out_and_said():
    before = [*run([True] * 2), *run([True], asked="staging")]
    now = [before[0]._replace(digest="edited", passed=False), before[1]]
    found = compare(now, before, 7, in_lab=True)
    assert (found.pairs, found.changed, found.regressed) == (1, 1, False)
    assert "1 were edited since and are left out" in str(found)
    nothing = compare(run([True], digest="x"), before, 7, in_lab=True)
    assert nothing.verdict is Verdict.NOTHING
    assert str(nothing) == "Run 7 has nothing that was asked now, too: 1 of its cases were edited since."


def test_one_version_may_be_compared_with_another():
    now, before = run([False], asked="staging"), run([True], asked="production")
    assert compare(now, before, 7, in_lab=True).verdict is Verdict.NOTHING
    assert compare(now, aligned(now, before), 7, in_lab=True).regressed
    two = [*before, *run([True], asked="3")]
    assert aligned(now, two) == two


def test_of_two_thousand_runs_without_a_difference_at_most_one_in_twenty_is_called_worse():
    """Forty cases, of which each passes seven times of ten in both runs. The seed is fixed."""
    rng = random.Random(13)

    def chance():
        return run([rng.random() < 0.7 for _ in range(40)])

    verdicts = [compare(chance(), chance(), 7, in_lab=False).verdict for _ in range(2_000)]
    assert verdicts.count(Verdict.WORSE) <= 100 and verdicts.count(Verdict.BETTER) <= 100


def test_a_prompt_that_is_really_worse_is_found():
    """Forty cases that passed nine times of ten, and do so six times of ten: found in most runs."""
    rng = random.Random(13)

    def chance(share):
        return run([rng.random() < share for _ in range(40)])

    found = [compare(chance(0.6), chance(0.9), 7, in_lab=False).verdict for _ in range(200)]
    assert found.count(Verdict.WORSE) >= 160 and Verdict.BETTER not in found
