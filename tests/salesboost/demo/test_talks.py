from collections import Counter
from random import Random

import pytest

from salesboost.demo.calls import SUBJECTS
from salesboost.demo.prompts import KEEPS_ITS_LADDER, RULES, worse
from salesboost.demo.schedule import CYCLE_S, OUTAGES, WORSE, outage, worse_prompts
from salesboost.demo.talks import SIDE_BY_SIDE, TURNS, next_talk
from salesboost.lab.asked import Asked, Tool, Turn
from salesboost.lab.planner import Planner
from tools.definition.registry import build_default_registry
from tools.errors import InvalidArguments
from tools.llm.prompts.families import Rung
from tools.llm.prompts.writing import faults


def talks(count):
    random = Random(7)
    return [next_talk(random, number, "s") for number in range(count)]


@pytest.fixture(scope="module")
def offered():
    found = [build_default_registry().get(name).definition() for name in SUBJECTS]
    return [Tool(one["name"], one["description"], one["parameters"]) for one in found]


def called(talk, offered, system=""):
    """The calls of the lab's model that *talk* is said to."""
    asked = Asked(vendor="x", model="m", system=system, turns=[Turn("user", talk.text)], tools=offered)
    return Planner(7)(asked).calls


def test_a_model_of_the_lab_calls_the_one_tool_that_is_meant_and_all_of_them_are(offered):
    names = Counter()
    for talk in talks(600):
        (call,) = called(talk, offered)
        names[call.name] += 1
    assert set(names) == set(SUBJECTS)


def test_what_a_model_of_the_lab_passes_fits_the_tool_unless_its_prompt_is_the_worse_one(offered):
    by_name = {name: build_default_registry().get(name) for name in SUBJECTS}

    def wrong(prompt, system):
        """The share of calls that the tools' own schemas refuse."""
        own = [call for talk in talks(600) if talk.prompt == prompt for call in called(talk, offered, system)]
        return sum(not is_taken(by_name[call.name], call.arguments) for call in own) / len(own)

    for prompt, rule in RULES.items():
        assert wrong(prompt, "") == 0
        assert wrong(prompt, rule) > 0.3


def is_taken(tool, arguments):
    try:
        tool.schema.validate(arguments)
    except InvalidArguments:
        return False
    return True


def test_a_conversation_has_its_turns_one_after_the_other():
    sessions = [talk.session_id for talk in talks(SIDE_BY_SIDE * TURNS * 2)]
    assert set(Counter(sessions).values()) == {TURNS}
    assert all(len(set(sessions[at : at + SIDE_BY_SIDE])) == SIDE_BY_SIDE for at in range(0, 320, SIDE_BY_SIDE))


@pytest.mark.parametrize("name", RULES)
def test_a_worse_version_is_one_and_says_its_rule_in_every_detailed_variant(name):
    draft = worse(name)
    assert faults(draft) == []
    ruled = {key for key, text in draft.variants.items() if text.endswith(RULES[name])}
    assert ruled == {key for key in draft.variants if key[1] is Rung.DETAILED} != set()
    assert (ruled != set(draft.variants)) == (name == KEEPS_ITS_LADDER)


def test_prompts_and_vendors_go_bad_and_get_well_again_and_again():
    for name, (begins, ends) in WORSE.items():
        bad = [second for second in range(3600) if name in worse_prompts(second)]
        assert (bad[0], len(bad)) == (begins, 4 * (ends - begins))
    for (begins, ends), what in OUTAGES:
        assert outage(begins - 1) is None and outage(ends + CYCLE_S) is None
        assert outage(begins) == outage(ends - 1 + CYCLE_S) == what
