"""Choosing and being told, by the names that people use."""

import asyncio
from datetime import UTC, datetime

import pytest
from redis import Redis

from tools.selection import live
from tools.selection.group import Group
from tools.selection.models import LoggedDecision
from tools.selection.reward import Told
from tools.selection.selector import OFF, REPEATED, UNKNOWN

GROUP = ["retriever_v1", "retriever_v2", "retriever_v3"]


def learn(selector, truth, rounds, random):
    for _ in range(rounds):
        tool, decision_id = selector.select_tool(tool_group=list(truth))
        assert selector.record_feedback(decision_id=decision_id, success=random() < truth[tool], latency_ms=150.0)


def of_log(selector, decision_id):
    selector.writer.drain()
    return LoggedDecision.objects.get(pk=decision_id)


def test_it_learns_which_tool_is_best(selector):
    from random import Random

    learn(selector, dict(zip(GROUP, (0.2, 0.9, 0.4), strict=True)), 120, Random(7).random)
    assert selector.get_best_tool(GROUP) == "retriever_v2"
    selector.writer.drain()
    assert LoggedDecision.objects.filter(member="retriever_v2").count() > 70
    assert LoggedDecision.objects.filter(told_at=None).count() == 0


def test_a_decision_is_logged_with_all_that_explains_it(selector, clock):
    _, decision_id = selector.select_tool(GROUP, policy="thompson")
    row = of_log(selector, decision_id)
    assert (row.group, row.policy, row.shared) == ("retriever_v1|retriever_v2|retriever_v3", "thompson", True)
    assert row.propensity == row.probabilities[row.member] == pytest.approx(1 / 3, abs=1e-6)
    assert sum(row.probabilities.values()) == pytest.approx(1)
    assert "the best with probability 0.33" in row.reason
    assert row.decided_at == datetime.fromtimestamp(clock.now, UTC) and row.reward is None


def test_feedback_counts_once_from_whatever_process(make_selector):
    one, other = make_selector(1), make_selector(2)
    tool, decision_id = one.select_tool(GROUP)
    assert other.record_feedback(decision_id, True)
    assert not other.record_feedback(decision_id, True) and not one.record_feedback(decision_id, False)
    one.writer.drain()
    other.writer.drain()
    assert make_selector(3)._wait(make_selector(3).known(GROUP))[tool].sums == (1.0, 1.0, 1.0)
    assert (of_log(one, decision_id).success, of_log(one, decision_id).reward) == (True, 1.0)


async def test_many_who_tell_of_one_decision_at_once_count_once(make_selector):
    one, other = make_selector(1), make_selector(2)
    tool, decision_id = await one.aselect_tool(GROUP)
    told = [each.arecord_feedback(decision_id, True) for each in (one, other) * 10]
    assert sum(await asyncio.gather(*told)) == 1
    await one.flush()
    await other.flush()
    assert (await make_selector(3).known(GROUP))[tool].n == 1


def test_a_decision_that_valkey_let_go_is_told_of_late_and_counts_less(make_selector, clock, key):
    one = make_selector(1)
    tool, decision_id = one.select_tool(GROUP)
    one.writer.drain()
    with valkey() as client:
        client.delete(f"{key}:decision:{decision_id}")
    clock.now += 86_400  # a half-life
    other = make_selector(2)
    assert other.record_feedback(decision_id, True)
    assert not other.record_feedback(decision_id, True) and not make_selector(3).record_feedback(decision_id, True)
    assert other._wait(other.known(GROUP))[tool].n == pytest.approx(0.5)
    assert make_selector(4)._wait(make_selector(4).known(GROUP))[tool].n == pytest.approx(0.5)


def test_what_is_told_late_counts_by_its_age_and_is_shown_as_late(make_selector, clock):
    within = Group(name="g", members=("a",), feedback_within_s=1.0, half_life_s=3.5)
    with live.pinned({"g": within}):
        one = make_selector(1)
        ids = [one.select_tool("g")[1] for _ in range(2)]
        assert one.record_feedback(ids[0], True)
        clock.now += 3.5
        assert one.record_feedback(ids[1], True)
        assert one._wait(one.known("g"))["a"].n == pytest.approx(1.0)
        assert [of_log(one, each).was_late for each in ids] == [False, True]


def valkey():
    from django.conf import settings

    return Redis.from_url(settings.REDIS_URL)


@pytest.mark.parametrize("wrong", ["", "x", "11111111-1111-4111-8111-111111111111", None, "1" * 500])
async def test_feedback_of_no_decision_is_told_so_in_a_sentence(selector, wrong):
    assert await selector.feedback(wrong, Told(True)) == UNKNOWN
    assert not await selector.arecord_feedback(wrong, True)


async def test_what_was_chosen_but_never_told_of_counts_as_nothing(selector):
    await selector.aselect_tool(GROUP)
    assert sum(arm.n for arm in (await selector.known(GROUP)).values()) == 0


async def test_valkey_wiped_in_mid_run_is_made_anew_of_the_log(make_selector, key, clock):
    one, other = make_selector(1), make_selector(2)
    for success in (True, True, False):
        _, decision_id = await one.aselect_tool(["a"])
        await one.arecord_feedback(decision_id, success)
    _, open_one = await one.aselect_tool(["a"])
    before = (await one.known(["a"]))["a"]
    await one.flush()
    with valkey() as client:
        client.delete(*client.keys(f"{key}*"))
    assert await one.feedback(decision_id, Told(True)) == REPEATED
    assert await other.feedback(decision_id, Told(True)) == REPEATED
    assert (await other.known(["a"]))["a"].sums == pytest.approx(before.sums)
    assert await other.arecord_feedback(open_one, True)
    clock.now += 2
    assert (await one.known(["a"]))["a"].n == pytest.approx(4, rel=1e-3)
    assert not await one.arecord_feedback(open_one, True)


async def test_while_valkey_is_away_a_process_goes_on_and_all_is_put_together_after_it(
    make_selector, own_valkey, clock
):
    one = make_selector(1, url=own_valkey.url)
    _, before = await one.aselect_tool(["a", "b"])
    _, told = await one.aselect_tool(["a", "b"])
    assert await one.arecord_feedback(told, False)  # behind it all that was decided is in Valkey
    own_valkey.kill()
    tool, decision_id = await one.aselect_tool(["a", "b"])
    assert await one.arecord_feedback(decision_id, True) and not await one.arecord_feedback(decision_id, True)
    assert await one.arecord_feedback(before, False)
    assert one.evidence.degraded_since is not None
    await one.aselect_tool(["a", "b"])
    await one.flush()
    assert await LoggedDecision.objects.filter(shared=False).acount() == 1
    assert sum(arm.n for arm in (await one.known(["a", "b"])).values()) == 3
    own_valkey.start()
    while one.evidence.degraded_since is not None:
        await asyncio.sleep(0.05)
    other = make_selector(2, url=own_valkey.url)
    arms = await other.known(["a", "b"])
    assert sum(arm.n for arm in arms.values()) == 3 and arms[tool].sums[1] == 1


def test_two_processes_share_what_they_learn_and_count_once(make_selector, key):
    one = make_selector(1)
    ids = [one.select_tool(["a", "b"])[1] for _ in range(20)]
    one.writer.drain()
    program = (
        "import sys, django; django.setup()\n"
        "from tools.selection.selector import ToolSelector\n"
        "from tools.selection import live\n"
        "with live.pinned({}):\n"
        f"    selector = ToolSelector(enabled=True, key={key!r}, clock=lambda: {one._clock()})\n"
        "    print(sum(selector.record_feedback(each, True) for each in sys.argv[1:]))\n"
        "    tool, decision = selector.select_tool(['a', 'b'])\n"
        "    print(decision)\n"
        "    selector.close()\n"
    )
    from tests.tools.selection.processes import run

    counted, theirs = run(program, ids).split()
    assert int(counted) == 20
    assert not any(one.record_feedback(each, True) for each in ids)
    assert one.record_feedback(theirs, False)
    arms = make_selector(3)._wait(make_selector(3).known(["a", "b"]))
    assert (sum(arm.n for arm in arms.values()), sum(arm.sums[1] for arm in arms.values())) == (21, 20)


async def test_switched_off_it_is_the_first_and_says_so(make_selector):
    off = make_selector(enabled=False)
    decision = await off.decide(GROUP)
    assert (decision.member, decision.choice.reason) == ("retriever_v1", OFF)
    assert not await off.arecord_feedback(decision.id, True)
    assert await off.aget_best_tool(GROUP) == "retriever_v1"
    await off.flush()
    assert not await LoggedDecision.objects.aexists()


async def test_a_group_of_the_admin_goes_by_its_row(selector):
    row = Group(name="retrievers", members=("a", "b"), policy="ucb1")
    with live.pinned({"retrievers": row}):
        assert (await selector.decide("retrievers")).policy == "ucb1"
        assert (await selector.decide(["b", "a"])).group == "retrievers"
        assert (await selector.decide(["a", "c"])).policy == "epsilon_greedy"


async def test_features_lead_to_the_one_that_is_best_in_this_case(selector):
    from random import Random

    random = Random(3).random
    right = 0
    for number in range(300):
        long = float(random() < 0.5)
        tool, decision_id = await selector.aselect_tool(["short", "thorough"], features={"long": long})
        good = 0.9 if (tool == "thorough") == bool(long) else 0.1
        right += number >= 200 and good > 0.5
        await selector.arecord_feedback(decision_id, random() < good)
    assert right > 90
    await selector.flush()
    row = await LoggedDecision.objects.alast()
    assert row.policy == "contextual" and row.feature_names == ["long"] and "With long=" in row.reason
