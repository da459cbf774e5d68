"""Standings and moves in the admin: nobody writes them, and who may begins with the whole prompt again."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from tools.llm.adjusting.deciding import PATIENCE_S
from tools.llm.adjusting.models import RungMove, RungStanding

pytestmark = pytest.mark.django_db(transaction=True)
SINCE = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.fixture
def standing():
    return RungStanding.objects.create(prompt="support@3", deployment="groq", rung="minimal", since=SINCE)


def begin_anew(client, *rows):
    body = {"action": "begin_anew", "_selected_action": [row.pk for row in rows]}
    return client.post(reverse("admin:adjusting_rungstanding_changelist"), body, follow=True)


def test_an_admin_begins_with_the_whole_prompt_again_and_the_move_says_who(admin_client, standing):
    page = begin_anew(admin_client, standing).content.decode()
    assert "Asked with the whole prompt again: support@3 at groq." in page
    standing.refresh_from_db()
    assert (standing.rung, standing.patience_s) == ("detailed", PATIENCE_S)
    move = RungMove.objects.get()
    assert (move.change, move.by) == ("minimal → detailed", "admin")


def test_where_nothing_is_below_it_says_so(admin_client, standing):
    RungStanding.objects.update(rung="detailed")
    assert "None of them is below the whole prompt." in begin_anew(admin_client, standing).content.decode()
    assert not RungMove.objects.exists()


@pytest.mark.parametrize("model", ["rungstanding", "rungmove"])
def test_nobody_writes_them_by_hand(admin_client, standing, model):
    RungMove.objects.create(
        prompt="support@3", deployment="groq", from_rung="simple", to_rung="minimal", at=SINCE, reason="5 of 5"
    )
    assert admin_client.get(reverse(f"admin:adjusting_{model}_add")).status_code == 403
    row = (RungStanding if model == "rungstanding" else RungMove).objects.get()
    assert admin_client.post(reverse(f"admin:adjusting_{model}_delete", args=[row.pk])).status_code == 403
    assert admin_client.get(reverse(f"admin:adjusting_{model}_changelist")).status_code == 200


def test_an_operator_looks_and_changes_nothing(client, person, standing):
    client.force_login(person("ola", "operator", is_staff=True))
    assert client.get(reverse("admin:adjusting_rungstanding_changelist")).status_code == 200
    begin_anew(client, standing)
    standing.refresh_from_db()
    assert standing.rung == "minimal"
