"""Who is switched off, or is not there at all, is left out of choices."""

import os
from dataclasses import replace

import pytest

from tools import tool
from tools.decisions import live as decided
from tools.decisions.live import Snapshot
from tools.errors import InvalidArguments
from tools.running import runtime
from tools.selection import live
from tools.selection.group import Group
from tools.selection.members import NOT_THERE, SWITCHED_OFF, stored_as_closed
from tools.selection.models import LoggedDecision, SelectionGroup
from tools.selection.policies import POLICIES
from tools.selection.running import execute_best

GROUP = ["off", "on"]


@pytest.fixture
def switched_off():
    with decided.pinned(Snapshot(edits={"off": {"enabled": False}})):
        yield


@tool
async def off(question: str) -> str:
    """Never asked."""
    return "off"


@tool
async def on(question: str) -> str:
    """Answers."""
    return "on"


@pytest.mark.parametrize("policy", POLICIES)
async def test_a_tool_that_is_switched_off_is_never_chosen(selector, switched_off, policy):
    made = [await selector.decide(GROUP, policy=policy) for _ in range(20)]
    assert {each.member for each in made} == {"on"}
    assert all(each.choice.probabilities == {"off": 0.0, "on": 1.0} for each in made)
    assert made[0].choice.reason.endswith("Left out: off (switched off).")
    await selector.flush()
    assert await LoggedDecision.objects.acount() == 20


@tool
async def written(question: str) -> str:
    """Switched off where it is written."""
    return "never"


never = replace(written, name="never", policy=replace(written.policy, enabled=False))


async def test_a_tool_that_is_off_in_code_is_not_chosen_until_an_admin_switches_it_on(
    selector, make_executor, monkeypatch
):
    monkeypatch.setitem(runtime._executors, os.getpid(), make_executor(never, on))
    with decided.pinned(Snapshot()):
        made = [await selector.decide(["never", "on"]) for _ in range(20)]
        assert {each.member for each in made} == {"on"} and "never (switched off)" in made[0].choice.reason
        assert await selector.aget_best_tool(["never", "on"]) == "on"
        with pytest.raises(InvalidArguments, match="No member of the group"):
            await selector.aselect_tool(["never"])
    with decided.pinned(Snapshot(edits={"never": {"enabled": True}})):
        assert (await selector.aselect_tool(["never"]))[0] == "never"


async def test_its_evidence_is_there_when_it_is_switched_on_again(selector, switched_off):
    with decided.pinned(Snapshot()):
        for _ in range(40):
            member, decision_id = await selector.aselect_tool(GROUP)
            await selector.arecord_feedback(decision_id, member == "off")
        assert await selector.aget_best_tool(GROUP) == "off"
    assert await selector.aget_best_tool(GROUP) == "on"
    assert (await selector.known(GROUP))["off"].n > 5


async def test_without_anybody_left_it_is_said_in_a_sentence(selector, make_selector, switched_off):
    for one in (selector, make_selector(enabled=False)):
        with pytest.raises(InvalidArguments, match="No member of the group 'off' can be chosen") as refused:
            await one.decide(["off"])
        assert refused.value.code == "no_member"
    assert (await make_selector(enabled=False).decide(GROUP)).member == "on"


async def test_a_call_goes_to_a_tool_that_is_there(selector, make_executor, spans, switched_off):
    executor, asked = make_executor(off, on), {"question": "why"}
    for _ in range(10):
        result = await execute_best(["off", "nobody", "on"], asked, selector=selector, executor=executor)
        assert result.tool == "on"
    with pytest.raises(InvalidArguments, match="can be chosen"):
        await execute_best(["off", "nobody"], asked, selector=selector, executor=executor)


async def test_a_member_of_the_admin_that_is_not_there_any_more_is_left_out(selector):
    group = Group(name="g", members=("profile_reader", "gone"), kind="tool")
    closed = stored_as_closed(group.kind, group.members)
    assert closed == (("gone", NOT_THERE),)
    with live.pinned({"g": Group(name="g", members=group.members, kind="tool", closed=closed)}):
        assert {(await selector.decide("g")).member for _ in range(10)} == {"profile_reader"}


@pytest.mark.django_db
def test_the_groups_of_the_admin_are_read_with_who_is_closed():
    SelectionGroup.objects.create(name="g", kind="tool", members=["profile_reader", "gone"])
    SelectionGroup.objects.create(name="h", kind="other", members=["x", "y"])
    groups = live._live.read()
    assert (groups["g"].closed, groups["h"].closed) == ((("gone", NOT_THERE),), ())


@pytest.mark.django_db
def test_a_deployment_that_is_switched_off_is_closed():
    from tests.tools.llm.providers.conftest import a_model
    from tools.llm.providers.models import Deployment

    Deployment.objects.create(name="d1", model=a_model(), enabled=False)
    closed = dict(stored_as_closed("deployment", ["d1", "none"]))
    assert closed == {"d1": SWITCHED_OFF, "none": NOT_THERE}
