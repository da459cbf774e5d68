import pytest
from django.apps import apps
from django.urls import reverse

from tools.catalog.conversation.models import StageCue

pytestmark = pytest.mark.usefixtures("examples")


@pytest.mark.parametrize("model", ["utteranceexample", "stagecue"])
def test_list_and_change_pages_open(admin_client, model):
    row = apps.get_model("conversation", model).objects.first()
    assert admin_client.get(reverse(f"admin:conversation_{model}_changelist")).status_code == 200
    assert admin_client.get(reverse(f"admin:conversation_{model}_change", args=[row.pk])).status_code == 200


def test_edit_is_kept_with_who_and_what_was_before(admin_client, admin_user):
    cue = StageCue.objects.get(phrase="signature")
    address = reverse("admin:conversation_stagecue_change", args=[cue.pk])
    assert admin_client.post(address, {"stage": "closing", "phrase": "your signature"}).status_code == 302
    edited, first = cue.history.all()
    assert (first.phrase, edited.phrase, edited.history_user) == ("signature", "your signature", admin_user)
    assert admin_client.get(reverse("admin:conversation_stagecue_history", args=[cue.pk])).status_code == 200
