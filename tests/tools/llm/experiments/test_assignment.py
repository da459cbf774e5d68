"""Which arm a unit gets: alike in every process, for good, and independent of other experiments."""

import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.running import ROOT
from tools.llm.experiments.assignment import Arm, Running, assigned, lots
from tools.llm.experiments.units import Units, hash_of, units_of
from tools.llm.prompts.rendering import Version

ARMS = (Arm(1, "as-is", 1.0, Version("greeting", 1, {})), Arm(2, "shorter", 1.0, Version("greeting", 2, {})))
RUN = Running(1, 1, "shorter", "salt", "conversation", "production", 1.0, 0, ARMS)
UNITS = [f"chat-{number}" for number in range(20_000)]


def arms_of(run, units=UNITS):
    return {unit: arm.label for unit in units if (arm := assigned(run, unit))}


def test_another_process_assigns_alike():
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import json\n"
            "from tests.tools.llm.experiments.test_assignment import RUN, UNITS, arms_of\n"
            "print(json.dumps(arms_of(RUN, UNITS[:500])))",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(said.stdout) == arms_of(RUN, UNITS[:500])


@pytest.mark.parametrize("weights", [(1, 1), (9, 1), (1, 2)])
def test_arms_have_their_weights_share(weights):
    arms = tuple(replace(arm, weight=float(weight)) for arm, weight in zip(ARMS, weights, strict=True))
    counts = Counter(arms_of(replace(RUN, arms=arms)).values())
    assert counts["as-is"] / len(UNITS) == pytest.approx(weights[0] / sum(weights), abs=0.015)


def test_who_is_in_stays_in_and_keeps_the_arm_as_more_come_in():
    steps = [arms_of(replace(RUN, share=share)) for share in (0.01, 0.1, 0.5, 1.0)]
    assert [len(step) / len(UNITS) for step in steps] == pytest.approx([0.01, 0.1, 0.5, 1.0], abs=0.015)
    for fewer, more in pairwise(steps):
        assert fewer.items() <= more.items()


def test_experiments_know_nothing_of_each_other():
    one, other = arms_of(RUN), arms_of(replace(RUN, salt="other"))
    both = Counter((one[unit], other[unit]) for unit in UNITS)
    assert [both[pair] / len(UNITS) for pair in sorted(both)] == pytest.approx([0.25] * 4, abs=0.015)


def test_whether_a_unit_is_in_says_nothing_of_its_arm():
    inside = arms_of(replace(RUN, share=0.3)).values()
    assert Counter(inside)["shorter"] / len(inside) == pytest.approx(0.5, abs=0.03)


@given(st.text(), st.text(min_size=1))
def test_lots_are_from_0_to_below_1_and_for_good(salt, unit):
    both = lots(salt, unit)
    assert all(0 <= lot < 1 for lot in both) and both == lots(salt, unit)


def test_a_unit_that_is_not_known_is_in_no_experiment():
    assert assigned(RUN, "") is None


def test_a_user_is_one_of_the_application_that_named_it():
    asked = {"session_id": "chat-1", "caller_id": "ann", "sender": "key app"}
    assert units_of(asked) == Units("chat-1", "key app/ann")
    assert units_of({"session_id": "chat-1", "sender": "key app"}).user == ""
    assert "ann" not in hash_of("key app/ann") and len(hash_of("key app/ann")) == 32
