from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.llm.adapters.capabilities import Capabilities
from tools.llm.calling import Deployment
from tools.llm.experiments.given import Given
from tools.llm.routing import Action, Entry, Route
from tools.llm.routing.route import Trial, Wish, following


def entry(name, provider="openai", rank=0, weight=1.0, context_tokens=100_000, url="http://127.0.0.1"):
    can = Capabilities(context_tokens=context_tokens)
    where = Deployment(name=name, provider=provider, model="model-1", base_url=url, can=can)
    return Entry(deployment=where, rank=rank, weight=weight)


def names(entries):
    return [one.deployment.name for one in entries]


def test_ranks_are_asked_in_their_order():
    route = Route(name="chat", entries=(entry("c", rank=2), entry("a"), entry("b", rank=1)))
    assert names(route.order(Random(1).random)) == ["a", "b", "c"]


def test_of_one_rank_each_is_first_as_often_as_its_weight_says():
    route = Route(name="chat", entries=(entry("a", weight=3), entry("b", weight=1)))
    random = Random(1)
    first = Counter(names(route.order(random.random))[0] for _ in range(4_000))
    assert 0.72 < first["a"] / 4_000 < 0.78


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=8), st.integers())
def test_everybody_is_asked_once(weights, seed):
    entries = [entry(f"d{number}", rank=number % 2, weight=weight) for number, weight in enumerate(weights)]
    order = Route(name="chat", entries=tuple(entries)).order(Random(seed).random)
    assert sorted(names(order)) == sorted(names(entries))
    assert [one.rank for one in order] == sorted(one.rank for one in entries)


@pytest.mark.parametrize(
    ("action", "left"),
    [
        (Action.NEXT, ["b", "c", "d"]),
        (Action.SIMPLER, ["b", "c", "d"]),
        (Action.OTHER, ["c", "d"]),
        (Action.LARGER, ["d"]),
        (Action.FAIL, []),
    ],
)
def test_who_may_be_asked_after_one_that_failed(action, left):
    order = [entry("a"), entry("b"), entry("c", "gemini"), entry("d", "anthropic", context_tokens=1_000_000)]
    assert names(following(order, order[0], action)) == left


def test_servers_of_ones_own_are_vendors_of_their_own():
    ports = {"a": 1, "b": 1, "c": 2}
    own = [entry(name, "openai_compatible", url=f"http://127.0.0.1:{port}/v1") for name, port in ports.items()]
    assert names(following(own, own[0], Action.OTHER)) == ["c"]


@pytest.mark.parametrize(
    ("entries", "said"), [((), "no deployment"), ((entry("a"), entry("a")), "a deployment twice")]
)
def test_a_route_that_is_none_is_refused(entries, said):
    with pytest.raises(ValueError, match=said):
        Route(name="chat", entries=entries)
    with pytest.raises(ValueError, match="above 0"):
        entry("a", weight=0)


def a_trial(name, subject="a"):
    about = {"experiment": "e", "run": 1, "run_number": 1, "arm": 1, "arm_label": name, "unit": "u", "stratum": 0}
    return {subject: Trial(entry=entry(name), given=Given(**about, version=name))}


ABC = Route(name="chat", entries=(entry("a"), entry("b", rank=1), entry("c", rank=2)))


@pytest.mark.parametrize(
    ("wish", "order", "is_tried"),
    [
        ({"trials": a_trial("d")}, "dabc", True),  # before the subject, which stands behind it
        ({"trials": a_trial("c")}, "cab", True),
        ({"trials": a_trial("a")}, "abc", True),
        ({"trials": a_trial("d", subject="b")}, "abc", False),  # who would not be first is not replaced
        ({"trials": a_trial("d"), "prefer": "b"}, "bac", False),
        ({"trials": a_trial("d"), "avoid": {"d": "d: it called x wrongly"}}, "abcd", True),
        ({"trials": a_trial("a"), "avoid": {"a": "a: it called x wrongly"}}, "bca", True),
        ({"avoid": {"a": "a: it called x wrongly"}}, "bca", False),
    ],
)
def test_what_is_tried_comes_before_the_one_that_would_be_first(wish, order, is_tried):
    found, trial = ABC.tried(Random(1).random, Wish(**wish))
    assert ("".join(names(found)), trial is not None) == (order, is_tried)
