"""The budgets of API keys for models, as admins write them and requests are held to."""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from tools.decisions import live
from tools.decisions.keys import create_key
from tools.llm.providers.spenders import budget_of_key
from tools.llm.routing.budget import Budget
from tools.models import ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def known():
    """Keys as the tables have them now, held."""

    def now():
        live.refresh()
        return live.pinned(live.read_snapshot())

    return now


def test_a_key_spends_out_of_its_own_budget(known):
    create_key("crm")
    ApiKey.objects.filter(name="crm").update(models_usd_day=Decimal("2.5"), models_tokens_day=1_000)
    with known():
        assert budget_of_key("crm") == Budget.of_key("crm", Decimal("2.5"), 1_000)


def test_a_key_without_limits_is_counted_and_nobody_elses_is(known):
    create_key("crm")
    with known():
        assert budget_of_key("crm") == Budget.of_key("crm") and not budget_of_key("crm").quotas()
        assert budget_of_key("") is None and budget_of_key("gone") is None


def test_an_admin_writes_it(person):
    client = Client()
    client.force_login(person("boss", "admin", is_staff=True))
    fields = {"name": "crm", "scopes": ["execute"], "default_role": "coach", "models_usd_day": "2.5"}
    client.post(reverse("admin:tools_apikey_add"), fields)
    assert ApiKey.objects.get(name="crm").models_usd_day == Decimal("2.5")
    refused = client.post(reverse("admin:tools_apikey_add"), {**fields, "name": "other", "models_tokens_day": "0"})
    assert "greater than or equal to 1" in refused.content.decode()
