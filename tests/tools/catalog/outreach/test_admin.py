import pytest
from django.urls import reverse

from tools.catalog.outreach.models import Campaign, OptOut, SmsMessage
from tools.catalog.outreach.seed import seed

pytestmark = pytest.mark.django_db


def test_an_edit_of_a_campaign_is_kept_in_its_history(admin_client, admin_user):
    campaign = Campaign.objects.create(name="renewals-2026", open=True)
    change = reverse("admin:outreach_campaign_change", args=[campaign.pk])
    answer = admin_client.post(change, {"name": "renewals-2026", "description": "This quarter"})
    assert answer.status_code == 302
    newest, oldest = campaign.history.all()
    assert (oldest.open, newest.open, newest.history_user) == (True, False, admin_user)
    page = admin_client.get(reverse("admin:outreach_campaign_history", args=[campaign.pk]))
    assert admin_user.username in page.content.decode()


def test_a_number_opts_out_in_the_admin_in_e164_only(admin_client):
    add = reverse("admin:outreach_optout_add")
    refused = admin_client.post(add, {"phone_number": "+44 20 7946 0958", "reason": "letter"})
    assert "Write it without spaces and signs: +442079460958" in refused.content.decode()
    assert admin_client.post(add, {"phone_number": "+442079460958", "reason": "letter"}).status_code == 302
    assert OptOut.objects.get().reason == "letter"


@pytest.mark.parametrize("model", ["campaign", "optout", "smsmessage"])
def test_the_lists_open(admin_client, model):
    seed()
    assert admin_client.get(reverse(f"admin:outreach_{model}_changelist")).status_code == 200


def test_a_message_can_be_looked_at_and_not_changed(admin_client):
    seed()
    change = reverse("admin:outreach_smsmessage_change", args=[SmsMessage.objects.first().pk])
    assert admin_client.get(change).status_code == 200
    assert admin_client.post(change, {"body": "something else"}).status_code == 403
    assert admin_client.get(reverse("admin:outreach_smsmessage_add")).status_code == 403


def test_the_list_of_messages_makes_no_query_a_row(admin_client, django_assert_max_num_queries):
    seed()
    with django_assert_max_num_queries(12):
        admin_client.get(reverse("admin:outreach_smsmessage_changelist"))


def test_the_seed_makes_the_same_campaigns_once():
    seed()
    seed()
    assert (Campaign.objects.count(), SmsMessage.objects.count(), OptOut.objects.count()) == (4, 160, 4)
    assert not Campaign.objects.get(name="spring-offer").open
