import pytest
from django.apps import apps
from django.urls import reverse

from tools.catalog.pricing.models import PriceTier, TermDiscount

pytestmark = pytest.mark.usefixtures("prices")
MODELS = ["currency", "product", "pricebook", "pricetier", "discountlevel", "termdiscount", "taxrate"]


@pytest.mark.parametrize("model", MODELS)
def test_list_and_change_pages_open(admin_client, model):
    row = apps.get_model("pricing", model).objects.first()
    assert admin_client.get(reverse(f"admin:pricing_{model}_changelist")).status_code == 200
    assert admin_client.get(reverse(f"admin:pricing_{model}_change", args=[row.pk])).status_code == 200


def test_edit_is_kept_with_who_and_what_was_before(admin_client, admin_user):
    term = TermDiscount.objects.get(min_months=36)
    address = reverse("admin:pricing_termdiscount_change", args=[term.pk])
    assert admin_client.post(address, {"min_months": 36, "percent": "12.50"}).status_code == 302
    edited, first = term.history.all()
    assert (str(first.percent), str(edited.percent), edited.history_user) == ("10.00", "12.50", admin_user)
    assert admin_client.get(reverse("admin:pricing_termdiscount_history", args=[term.pk])).status_code == 200


def test_price_that_rises_with_the_quantity_is_refused(admin_client):
    tier = PriceTier.objects.get(book__name="List 2026 EUR", product="PRO", from_quantity=51)
    address = reverse("admin:pricing_pricetier_change", args=[tier.pk])
    edit = {"book": tier.book_id, "product": "PRO", "from_quantity": 51, "unit_price": "55"}
    page = admin_client.post(address, edit)
    assert "from 11 on it is 54.0000" in page.content.decode()
    tier.refresh_from_db()
    assert tier.unit_price == 48
