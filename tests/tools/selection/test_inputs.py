"""What callers may say, what they may not, and that nobody's words poison what others learn."""

import json
import math

import pytest
from django.conf import settings
from redis import Redis

from tools.errors import InvalidArguments
from tools.selection import evidence
from tools.selection.arms import width
from tools.selection.asking import group_of
from tools.selection.group import Group, members_of, name_of
from tools.selection.log import rows
from tools.selection.models import LoggedDecision
from tools.selection.reward import Told
from tools.selection.selector import UNKNOWN

GROUP = ["a", "b"]


@pytest.mark.parametrize(
    "group, features, policy, words",
    [
        (None, None, "", "None is no group"),
        (5, None, "", "5 is no group"),
        ([["a"]], None, "", "is no name"),
        ("\ud800", None, "", "There is no group"),
        (["\ud800"], None, "", "is no name"),
        (GROUP, ["x"], "", "are no features"),
        (GROUP, [], "", "are no features"),
        (GROUP, "x", "", "are no features"),
        (GROUP, {1: 1}, "", "is no name"),
        (GROUP, {"x": 1, 1: 1}, "", "is no name"),
        (GROUP, {"x\0": 1}, "", "is no name"),
        (GROUP, {"x" * 201: 1}, "", "is no name"),
        (GROUP, {"\ud800": 1}, "", "is no name"),
        (GROUP, {"x": [1]}, "", "is no number"),
        (GROUP, {"x": "1"}, "", "is no number"),
        (GROUP, {"x": float("nan")}, "", "is no number"),
        (GROUP, {"x": 1e308}, "", "beyond 1000 either way"),
        (GROUP, {"x": -1001}, "", "beyond 1000 either way"),
        (GROUP, {"x": 10**5000}, "", "beyond 1000 either way"),
        (GROUP, None, 5, "There is no policy"),
        (GROUP, None, ["x"], "There is no policy"),
        (GROUP, None, "best", "There is no policy 'best'"),
        ("nobody", None, "", "There is no group 'nobody'"),
        ([], None, "", "1 to 20 members"),
        (["a", "a"], None, "", "twice"),
        (["a", ""], None, "", "is no name"),
        (["a", "b\nc"], None, "", "is no name"),
        (GROUP, dict.fromkeys("abcdefghi", 1.0), "", "8 features at most"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(selector, group, features, policy, words):
    with pytest.raises(InvalidArguments, match=words) as refused:
        selector.select_tool(group, features=features, policy=policy)
    assert "\n" not in refused.value.detail and len(refused.value.detail) < 300
    refused.value.detail.encode()


@pytest.mark.parametrize("wrong", [[], {}, 5, "\ud800", b"x"])
def test_feedback_of_what_is_no_id_is_unknown(selector, wrong):
    assert not selector.record_feedback(wrong, True)
    assert selector._wait(selector.feedback(wrong, Told(True))) == UNKNOWN


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"success": 1}, "true or false"),
        ({"latency_ms": -1}, "latency_ms is no amount"),
        ({"latency_ms": 10**400}, "latency_ms is no amount"),
        ({"cost_usd": math.inf}, "cost_usd is no amount"),
    ],
)
def test_feedback_that_cannot_be_is_refused_in_a_sentence(told, words):
    with pytest.raises(InvalidArguments, match=words):
        Told(**{"success": True, **told})


def test_however_an_id_is_written_its_feedback_counts_once(make_selector):
    one, other = make_selector(1), make_selector(2)
    tool, decision_id = one.select_tool(GROUP)
    assert one.record_feedback(decision_id.upper(), True)
    assert not one.record_feedback(decision_id, True) and not other.record_feedback(decision_id.upper(), True)
    assert one._wait(one.known(GROUP))[tool].n == 1


def test_names_that_look_alike_when_joined_are_told_apart():
    assert name_of(["b", "a"]) == "a|b"
    assert len({name_of(each) for each in (["a|b", "c"], ["a", "b|c"], ["a", "b", "c"], ["a|b|c"])}) == 4
    one, other = (group_of(GROUP, dict.fromkeys(each, 1.0), "") for each in (["a,b"], ["a", "b"]))
    assert one.series != other.series
    longest = Group(name="n" * 200, members=("a",)).seen_with("語" * 199 + str(number) for number in range(8))
    assert len(longest.series) < 250 and members_of(["a|b"]) == ("a|b",)


def test_eight_names_as_long_as_may_be_are_written(selector):
    features = {"語" * 199 + str(number): 1.0 for number in range(8)}
    selector.select_tool(GROUP, features=features)
    selector.writer.drain()
    assert len(LoggedDecision.objects.get().feature_names) == 8


def test_sums_that_ran_over_are_left_behind(make_selector, key, clock):
    """As two decisions with a feature of 1.2e154 had left them."""
    one = make_selector(1)
    group = group_of(GROUP, {"x": 1.0}, "")
    _, decision_id = one.select_tool(GROUP, features={"x": 1.0})
    over = " ".join([repr(clock.now), *["inf", "nan", "1e309"], *["1.0"] * (width(1) - 3)])
    with Redis.from_url(settings.REDIS_URL) as client:
        client.hset(f"{key}:series:{group.series}", mapping={"": "0", "a": over, "b": over})
    other = make_selector(2)
    tool, _ = other.select_tool(GROUP, features={"x": 1000.0})
    assert one.record_feedback(decision_id, True)
    arms = make_selector(3)._wait(make_selector(3).evidence.of(group))
    assert sorted(arm.n for arm in arms.values()) == [0.0, 1.0] and tool in GROUP
    assert all(arm.is_sound for arm in arms.values())


def test_of_the_log_what_ran_over_is_left_out(selector, clock):
    for _ in range(3):
        _, decision_id = selector.select_tool(["a"], features={"x": 1.0})
        selector.record_feedback(decision_id, True)
    selector.writer.drain()
    for row, value in zip(LoggedDecision.objects.all(), (1.2e200, float("nan"), 1.0), strict=True):
        LoggedDecision.objects.filter(pk=row.pk).update(features=[value])
    series = group_of(["a"], {"x": 1.0}, "").series
    assert rows.sums_of(series, 1, 0.0, clock.now)["a"].n == 1


def test_what_is_kept_of_names_that_are_made_up_goes_away(selector, key, monkeypatch):
    monkeypatch.setattr(evidence, "MOST_KNOWN", 5)
    for number in range(12):
        _, decision_id = selector.select_tool(GROUP, features={f"x{number}": 1.0})
    selector.record_feedback(decision_id, True)
    assert len(selector.evidence._known) == 5
    with Redis.from_url(settings.REDIS_URL) as client:
        kept = {each.decode(): client.ttl(each) for each in client.keys(f"{key}:*")}
    told = group_of(GROUP, {"x11": 1.0}, "").series
    assert len(kept) == 24 and min(kept.values()) > 0, json.dumps(kept)
    assert kept.pop(f"{key}:series:{told}") > 29 * 86_400
    assert max(kept.values()) <= 3600
