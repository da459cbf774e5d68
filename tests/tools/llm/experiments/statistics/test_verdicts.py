"""Words for intervals."""

from dataclasses import replace

import pytest

from tests.tools.llm.experiments.statistics.builders import question
from tools.llm.experiments.statistics.comparing import compare
from tools.llm.experiments.statistics.verdicts import Guard, Verdict, guard, shared_alpha, verdict


def estimate(low, high, metric="success"):
    return replace(compare(question(metric), []), low=low, high=high)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.01, 0.05, Verdict.BETTER),
        (-0.05, -0.01, Verdict.WORSE),
        (-0.019, 0.019, Verdict.EQUAL),
        (0.005, 0.015, Verdict.EQUAL),  # real, and too little to matter
        (-0.01, 0.05, Verdict.GO_ON),
        (0.0, 0.05, Verdict.GO_ON),
        (-1.0, 1.0, Verdict.GO_ON),
    ],
)
def test_an_interval_has_a_word(low, high, word):
    assert verdict(estimate(low, high), 0.02) is word


def test_what_is_not_told_by_the_end_stays_untold():
    assert verdict(estimate(-0.01, 0.05), 0.02, used_up=True) is Verdict.USED_UP
    assert verdict(estimate(0.01, 0.05), 0.02, used_up=True) is Verdict.BETTER


def test_less_is_better_where_it_costs():
    assert verdict(estimate(-0.3, -0.1, "latency"), 0.02) is Verdict.BETTER
    assert verdict(estimate(0.1, 0.3, "cost_per_success"), 0.02) is Verdict.WORSE


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (-0.01, 0.3, Guard.HOLDS),
        (-0.03, 0.01, Guard.UNKNOWN),
        (-0.03, -0.01, Guard.UNKNOWN),  # worse for sure; by more than the margin, nobody knows
        (-0.3, -0.021, Guard.BROKEN),
    ],
)
def test_a_guardrail_has_a_word(low, high, word):
    assert guard(estimate(low, high), 0.02) is word
    assert guard(estimate(-high, -low, "latency"), 0.02) is word


def test_comparisons_share_what_may_be_wrong():
    assert shared_alpha(0.05, 2) == 0.025
    assert shared_alpha(0.05, 0) == 0.05
