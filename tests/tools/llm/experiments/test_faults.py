"""What is no plan, and no name of who planned it, is said in a sentence before it comes to Postgres."""

import pytest

from tests.tools.llm.experiments.rows import PLAIN, a_plan, a_run
from tests.tools.llm.prompt_rows import a_prompt
from tools.llm.experiments import planning, running
from tools.llm.experiments.errors import BadPlan, ExperimentError
from tools.llm.experiments.faults import LONGEST_LABEL, MOST_DAYS, MOST_MINUTES, MOST_UNITS, faults, is_name
from tools.llm.experiments.models import Arm, Entry, Experiment
from tools.llm.experiments.plan import ArmPlan, Guardrail, Plan, Step

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"arms": PLAIN[:1]}, "Two to 10 arms are compared, and there are 1."),
        ({"arms": (PLAIN[0], ArmPlan("other", 1))}, "two that say the same cannot differ"),
        ({"arms": (PLAIN[0], ArmPlan("as-is", 2))}, "label of its own"),
        ({"arms": (PLAIN[0], ArmPlan("b", 2, 0.0))}, "above 0"),
        ({"metric": "joy"}, "There is no metric 'joy'; there are success, first_try"),
        ({"margin": -1.0}, "A margin is a number, 0 or more;"),
        ({"guardrails": (Guardrail("success", float("nan")),)}, "A margin is a number"),
        ({"ramp": ()}, "one step"),
        ({"ramp": (Step(0.5), Step(0.1))}, "more than the one before"),
        ({"ramp": (Step(1.5),)}, "at most 1"),
        ({"ramp": (Step(0.5, -1),)}, "minimum is 0 or more"),
        ({"window_minutes": 0}, "a minute"),
        ({"window_minutes": 99_999_999_999}, "43,200 (30 days) at most"),
        ({"window_minutes": 1.5}, "in whole minutes"),
        ({"minimum_units": 10**12}, "The least units of an arm are a whole number, 10,000,000 at most."),
        ({"minimum_units": -5}, "a whole number"),
        ({"minimum_days": -1}, "The least days are a whole number, 365 at most."),
        ({"minimum_days": float("nan")}, "The least days"),
        ({"arms": (PLAIN[0], ArmPlan("b" * 41, 2))}, "a letter first, 40 at most, and not 'bbb"),
        ({"arms": (PLAIN[0], ArmPlan("b c/ä", 2))}, "and not 'b c/ä'"),
        ({"arms": (PLAIN[0], ArmPlan("", 2))}, "and not ''"),
        ({"arms": (PLAIN[0], ArmPlan("b\0", 2))}, "An arm's label"),
        ({"arms": (PLAIN[0], ArmPlan("b", "x" * 81))}, "named in 1 to 80 letters"),
        ({"arms": (PLAIN[0], ArmPlan("b", "x\0"))}, "named in 1 to 80 letters"),
        ({"arms": (PLAIN[0], ArmPlan("b", 2, 0.0000001))}, "from 0.001 to 1,000,000"),
        ({"arms": (PLAIN[0], ArmPlan("b", 2, 1e300))}, "from 0.001 to 1,000,000"),
        ({"arms": (PLAIN[0], ArmPlan("b", 2, float("nan")))}, "from 0.001 to 1,000,000"),
        ({"margin": 5.0}, "of success it is 0.99 at most"),
        ({"guardrails": (Guardrail("success", 5.0),)}, "of success it is 0.99 at most"),
        ({"guardrails": (Guardrail("latency", 101.0),)}, "of latency it is 100 at most"),
        ({"guardrails": (Guardrail("success", 0.05),) * 30}, "one guardrail a metric, and success has 30"),
        ({"ramp": (Step(0.5, 0, float("inf")),)}, "hours, 8,760 at most"),
        ({"ramp": (Step(0.5, 10**9),)}, "10,000,000 at most"),
        ({"ramp": (Step(float("nan")),)}, "above 0"),
    ],
)
def test_what_is_no_plan_is_said(changes, said):
    assert said in " ".join(faults(a_plan(**changes)))
    assert not faults(Plan(arms=PLAIN))
    with pytest.raises(BadPlan) as refused:
        planning.new("one", a_prompt(production=1), a_plan(**changes), by="ann")
    assert said in str(refused.value) and not Experiment.objects.exists()


def test_the_largest_plan_that_is_one_is_stored():
    arms = (ArmPlan("a" * LONGEST_LABEL, 1, 1e6), ArmPlan("b-_1", 2, 0.001))
    most = {"minimum_units": MOST_UNITS, "minimum_days": MOST_DAYS, "window_minutes": MOST_MINUTES}
    run = planning.new(
        "one", a_prompt(production=1), a_plan(arms=arms, ramp=(Step(1.0, MOST_UNITS, 8760),), **most), by="b" * 150
    )
    for arm in Arm.objects.filter(run=run):
        arm.full_clean(exclude=["sha256", "said"])
    run.refresh_from_db()
    assert (run.minimum_units, run.window_minutes) == (MOST_UNITS, MOST_MINUTES)


@pytest.mark.parametrize("changes", [{"name": "a\0"}, {"purpose": "a\0"}, {"purpose": "\ud800"}, {"label": "a\0"}])
def test_what_is_no_text_is_said(changes):
    about = {"name": "one", **changes}
    with pytest.raises(BadPlan, match="cannot be stored"):
        planning.new(about.pop("name"), a_prompt(production=1), a_plan(), by="ann", **about)


@pytest.mark.parametrize("by", ["", "a" * 151, "a\0"])
def test_who_plans_and_decides_is_named(by):
    with pytest.raises(BadPlan, match="Who plans is named in 1 to 150 letters"):
        planning.new("one", a_prompt(production=1), a_plan(), by=by)
    run = a_run(prompt=a_prompt("waving", production=1))
    with pytest.raises(ExperimentError, match="Who decides is named in 1 to 150 letters"):
        running.stop(run, by=by, reason="so")
    with pytest.raises(ExperimentError, match="characters in it that cannot be stored"):
        running.stop(run, by="ann", reason="so\0")


def test_a_long_reason_is_shortened_and_says_so():
    running.stop(a_run(), by="ann", reason="so " * 200)
    reason = Entry.objects.first().reason
    assert len(reason) == 300 and reason.endswith("…")


def test_a_name_is_what_models_say_it_is():
    assert is_name("as-is_2") and not any(map(is_name, ("2a", "-a", "ä", "<b>", "A", "a b", "", None, "a\n")))
