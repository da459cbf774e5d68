"""In the admin somebody allows it, looks at candidates, tries and drops them, and takes deeds back."""

import pytest
from django.urls import reverse
from django.utils import timezone

from tools.llm.evolution import trying
from tools.llm.evolution.models import Candidate, Deed, Evolution, State
from tools.llm.evolution.proposing import propose
from tools.llm.experiments import running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def candidate(prompt, wrong_calls):
    wrong_calls(9)
    return propose(prompt, timezone.now(), by="ana")[0]


def act(client, action, *rows, reason=""):
    model = rows[0]._meta.model_name
    body = {"action": action, "_selected_action": [row.pk for row in rows], "reason": reason}
    return client.post(reverse(f"admin:evolution_{model}_changelist"), body, follow=True).content.decode()


def test_an_admin_allows_it_for_a_prompt_and_has_it_look_now(admin_client, prompt, wrong_calls):
    wrong_calls(9)
    admin_client.post(reverse("admin:evolution_evolution_add"), {"prompt": prompt.pk})
    permit = Evolution.objects.get()
    assert (permit.proposes, permit.tries) == (False, False)
    assert "tick “proposes” first" in act(admin_client, "propose_now", permit)
    Evolution.objects.update(proposes=True)
    assert "Proposed: coach@2." in act(admin_client, "propose_now", permit)
    assert "it was proposed before" in act(admin_client, "propose_now", permit)
    assert Deed.objects.get().by == "admin"


def test_a_candidate_is_tried_and_taken_back_with_reasons(admin_client, candidate):
    assert "Say why: each d" in act(admin_client, "try_it", candidate)
    assert "coach@2 is tried now." in act(admin_client, "try_it", candidate, reason="let us see")
    page = admin_client.get(reverse("admin:evolution_candidate_changelist")).content.decode()
    assert "coach-2@1: running" in page and "?from=1&amp;to=2" in page
    assert "coach@2 is draft now." in act(admin_client, "take_back", Deed.objects.first(), reason="not now")
    assert "coach@2 is dropped now." in act(admin_client, "drop", candidate, reason="nonsense")
    assert Candidate.objects.get().state == State.DROPPED
    assert admin_client.get(reverse("admin:evolution_deed_changelist")).status_code == 200


def test_who_may_not_change_prompts_takes_no_promotion_back(client, person, prompt, candidate):
    run = trying.put_on_trial(candidate, by="ana", reason="let us see").run
    running.promote(run, run.arms.get(label="candidate"), by="ana", reason="better")
    rights = ("evolution.view_deed", "evolution.change_candidate")
    client.force_login(person("bob", *rights, is_staff=True))
    assert "needs the right to change prompts" in act(client, "take_back", Deed.objects.first(), reason="no")
    client.force_login(person("eve", *rights, "prompts.change_prompt", is_staff=True))
    assert "coach@2 is draft now." in act(client, "take_back", Deed.objects.first(), reason="no")


def test_an_operator_decides_nothing(client, person, candidate):
    client.force_login(person("ola", "operator", "evolution.view_candidate", is_staff=True))
    act(client, "try_it", candidate, reason="let us see")
    assert Candidate.objects.get().state == State.DRAFT


@pytest.mark.parametrize("model", ["candidate", "deed"])
def test_nobody_writes_them_by_hand(admin_client, candidate, model):
    row = {"candidate": Candidate, "deed": Deed}[model].objects.get()
    assert admin_client.get(reverse(f"admin:evolution_{model}_add")).status_code == 403
    assert admin_client.post(reverse(f"admin:evolution_{model}_delete", args=[row.pk])).status_code == 403
