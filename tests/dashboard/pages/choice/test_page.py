"""The pages of choice, from stored decisions."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dashboard.live.pages import Watch, render
from tests.dashboard.pages.choice.decisions import store_decisions
from tools.selection import live
from tools.selection.group import Group, Weights

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def groups():
    found = {"retrievers": Group(name="retrievers", members=("v1", "v2", "v3"), weights=Weights(0.1, 0.0))}
    with live.pinned(found):
        yield found


def shown(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode()).replace("\u202f", " ").replace("&#x27;", "'")
    return re.sub(r"\s+", " ", plain)


def test_the_list_says_what_each_group_came_to(signed_in, settings):
    settings.TOOL_BANDIT_ENABLED = True
    store_decisions(100, shares={"v1": 0.5, "v2": 0.5}, truth={"v1": 0.0, "v2": 1.0})
    store_decisions(10, group="a|b", told=False, feedback_within_s=1.0, shares={"v1": 1.0})
    told = shown(signed_in, "/choice/")
    assert re.search(r"retrievers epsilon-greedy 100 100 0 v[12] 5\d % 0\.[45]\d\d [45]\d\.0", told)
    assert "a|b made up in code 10 0 10 v1 100 % – –" in told
    assert "switched off" not in told


def test_switched_off_and_empty_say_so(signed_in, settings):
    settings.TOOL_BANDIT_ENABLED = False
    told = shown(signed_in, "/choice/")
    assert "Choice is switched off" in told and "retrievers epsilon-greedy 0 0 0 – – – – –" in told
    with live.pinned({}):
        assert "Nothing was chosen in the last" in shown(signed_in, "/choice/")


def test_a_group_says_why_each_was_chosen_and_by_which_weights(signed_in):
    store_decisions(40)
    told = shown(signed_in, "/choice/retrievers/")
    assert "1 for a success, less 0.1 a second" in told
    assert "It has the best mean reward so far: v1 0.40 of 30" in told
    assert re.search(r"v3 0 0 % 0 0 0 0 – – –", told)
    assert "p-value" not in told and "significan" not in told


def test_what_nobody_told_of_is_unknown_and_no_failure(signed_in):
    store_decisions(20, told=False, feedback_within_s=60.0, ago_s=50.0, shares={"v2": 1.0})
    store_decisions(5, told=False, feedback_within_s=0.5, seed=2, shares={"v2": 1.0})
    assert re.search(r"v2 25 100 % 20 5 0 0 – –", shown(signed_in, "/choice/retrievers/"))


def test_a_replay_has_its_interval_and_what_it_rests_on(signed_in):
    with live.pinned({"retrievers": Group(name="retrievers", members=("v1", "v2"))}):
        store_decisions(900, shares={"v1": 0.5, "v2": 0.5})
        told = shown(signed_in, "/choice/retrievers/?replay=always:v2")
        value, low, high = map(float, re.search(r"Doubly robust (\S+) (\S+) to (\S+)", told).groups())
        assert low < 0.8 < high and value == pytest.approx(0.8, abs=0.05) and high - low < 0.4
        assert "weigh as much as 4" in told
        assert "Epsilon-greedy" in told and "Gain over what was done" in told
        assert "Doubly robust" in shown(signed_in, "/choice/retrievers/?replay=thompson")


def test_a_replay_of_too_little_is_refused_in_a_sentence(signed_in):
    with live.pinned({"retrievers": Group(name="retrievers", members=("v1", "v2"))}):
        store_decisions(60)
        told = shown(signed_in, "/choice/retrievers/?replay=always:v1")
        assert "Nothing can be said:" in told and "100 are needed" in told
        assert "Choose a policy:" in shown(signed_in, "/choice/retrievers/?replay=nonsense")


def test_a_group_that_there_is_not_is_not_found(signed_in):
    assert signed_in.get("/choice/nothing/").status_code == 404
    store_decisions(3, group="a|b/c?d")
    assert "a|b/c?d" in shown(signed_in, "/choice/a%7Cb%2Fc%3Fd/")


def queries_of(client, path):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


def test_the_pages_ask_as_much_for_many_as_for_one(signed_in):
    store_decisions(3)
    signed_in.get("/choice/")
    of_list, of_one = queries_of(signed_in, "/choice/"), queries_of(signed_in, "/choice/retrievers/")
    for number in range(8):
        store_decisions(20, group=f"g{number}", seed=number)
    assert queries_of(signed_in, "/choice/") == of_list
    assert queries_of(signed_in, "/choice/retrievers/") == of_one == of_list + 2


def test_what_is_pushed_are_the_parts_of_the_page(signed_in):
    store_decisions(3)
    whole = signed_in.get("/choice/").content.decode()
    for part, html in render(Watch("choice")).items():
        assert f'id="{part}"' in html and f'id="{part}"' in whole


def test_who_may_not_see_it_is_told_what_they_need(client, person):
    client.force_login(person("ben", "dashboard.add_savedview"))
    answer = client.get("/choice/")
    assert answer.status_code == 403 and "selection.view_loggeddecision" in answer.content.decode()
