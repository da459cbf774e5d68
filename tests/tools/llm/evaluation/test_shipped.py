"""The suites that ship: each tool has one, and the lab's models of every family pass it."""

import pytest

from tests.tools.llm.evaluation.command import Evaluate
from tools.definition.registry import build_default_registry
from tools.llm.evaluation.files import SHIPPED
from tools.llm.evaluation.reading import suites
from tools.llm.prompts.families import Family, Rung, family_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
NAMES = sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def test_each_tool_of_the_catalog_has_a_suite():
    registry = build_default_registry()
    assert registry.names() == NAMES
    for suite in suites([], registry):
        assert {each.tool for case in suite.cases for each in case.expected} >= {suite.name}
        assert any(case.no_call for case in suite.cases)


@pytest.mark.parametrize("rung", [rung.value for rung in Rung])
def test_the_lab_passes_all_suites_at_each_rung_and_in_each_family(evaluate: Evaluate, rung):
    told = evaluate(json=True, rung=rung)
    assert evaluate.code == 0, [result["why"] for result in told["results"] if not result["passed"]]
    families = {family_of(result["model"]) for result in told["results"]}
    assert families == set(Family)
    assert {result["suite"] for result in told["results"]} == set(NAMES)
    assert len(told["lines"]) == 6
