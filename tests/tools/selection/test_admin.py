"""Groups of choice in the admin."""

import pytest

from tools.selection.models import SelectionGroup

pytestmark = pytest.mark.django_db
FORM = {
    "name": "retrievers",
    "kind": "other",
    "members": "v1,v2",
    "policy": "thompson",
    "epsilon": "0.1",
    "half_life_h": "12",
    "latency_weight": "0.2",
    "cost_weight": "3",
    "feedback_within_s": "600",
}
ADD = "/admin/selection/selectiongroup/add/"


@pytest.fixture
def boss(client, person):
    client.force_login(person("boss", "admin", is_staff=True))
    return client


def test_a_group_is_made_with_its_policy_and_weights(boss):
    answer = boss.post(ADD, FORM)
    assert answer.status_code == 302, answer.context["errors"]
    group = SelectionGroup.objects.get().as_group()
    assert (group.members, group.policy, group.half_life_s) == (("v1", "v2"), "thompson", 43_200)
    assert (group.weights.latency_per_s, group.weights.cost_per_usd, group.feedback_within_s) == (0.2, 3, 600)
    assert SelectionGroup.history.count() == 1
    assert "retrievers" in boss.get("/admin/selection/selectiongroup/").content.decode()


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"kind": "tool"}, "There is no tool &#x27;v1&#x27;"),
        ({"kind": "deployment"}, "There is no deployment &#x27;v1&#x27;"),
        ({"kind": "prompt", "members": "coach@3"}, "There is no variant of a prompt"),
        ({"members": "v1,v1"}, "each once"),
        ({"name": "choose"}, "take another name"),
        ({"name": "feedback"}, "take another name"),
        ({"name": "a|b"}, "made up in code"),
        ({"epsilon": "2"}, "less than or equal to 1"),
        ({"latency_weight": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_be_chosen_among_is_refused_in_a_sentence(boss, changes, words):
    answer = boss.post(ADD, {**FORM, **changes})
    assert answer.status_code == 200 and words in answer.content.decode()
    assert not SelectionGroup.objects.exists()


def test_tools_that_there_are_can_be_members(boss):
    answer = boss.post(ADD, {**FORM, "kind": "tool", "members": "knowledge_retriever,profile_reader"})
    assert answer.status_code == 302
