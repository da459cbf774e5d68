"""The admin pages of the sales tools' data."""

import pytest
from django.apps import apps
from django.forms.models import model_to_dict
from django.urls import reverse

from tools.catalog.sales.models import Customer, Plan, ProfileAccess, Vendor

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("customers", "access", "market")]
MODELS = ["customer", "contact", "deal", "profileaccess", "vendor", "feature", "plan", "point", "source"]


def page(model, name, *args):
    return reverse(f"admin:sales_{model}_{name}", args=args)


def form_of(customer, **edits):
    values = model_to_dict(customer) | {"seen_version": customer.version} | edits
    return {name: "" if value is None else value for name, value in values.items()}


@pytest.mark.parametrize("model", MODELS)
def test_list_change_and_history_pages_open(admin_client, model):
    row = apps.get_model("sales", model).objects.first()
    assert admin_client.get(page(model, "changelist")).status_code == 200
    assert admin_client.get(page(model, "change", row.pk)).status_code == 200
    assert admin_client.get(page(model, "history", row.pk)).status_code == 200
    assert admin_client.get(page(model, "add")).status_code == 200


def test_an_edit_counts_the_version_and_is_kept_with_who_and_before(admin_client, admin_user):
    customer = Customer.objects.get(pk=1)
    edit = form_of(customer, owner="Grace Okafor")
    assert admin_client.post(page("customer", "change", 1), edit).status_code == 302
    customer.refresh_from_db()
    assert (customer.owner, customer.version) == ("Grace Okafor", 2)
    record = customer.history.first()
    assert (record.owner, record.version, record.history_user) == ("Grace Okafor", 2, admin_user)
    text = admin_client.get(page("customer", "history", 1)).content.decode()
    assert "Lena Hoffmann" in text
    assert "Grace Okafor" in text


def test_an_edit_of_what_a_tool_changed_meanwhile_is_refused(admin_client):
    edit = form_of(Customer.objects.get(pk=1), owner="Grace Okafor")
    Customer.objects.change(1, version=1, city="Bremen")
    answer = admin_client.post(page("customer", "change", 1), edit, follow=True)
    assert "changed by somebody else" in answer.content.decode()
    customer = Customer.objects.get(pk=1)
    assert (customer.owner, customer.city, customer.version) == ("Lena Hoffmann", "Bremen", 2)
    assert [record.history_change_reason for record in customer.history.all()] == ["seed"]


@pytest.mark.parametrize(
    ("model", "asked", "found"),
    [
        ("customer", "nordlicht hamburg", "CUST001"),
        ("customer", "cust002", "CUST002"),
        ("contact", "jorg", "CONT002"),
        ("deal", "renewal bluefield", "DEAL003"),
    ],
)
def test_searching_works_as_in_the_tool(admin_client, model, asked, found):
    text = admin_client.get(page(model, "changelist"), {"q": asked}).content.decode()
    assert found in text
    assert "CUST050" not in text


@pytest.mark.parametrize("model", ["customer", "contact", "deal"])
def test_a_list_of_fifty_costs_as_many_queries_as_one_of_one(admin_client, model, django_assert_max_num_queries):
    with django_assert_max_num_queries(12):
        admin_client.get(page(model, "changelist"))


def test_a_vendors_page_reads_each_table_a_known_number_of_times(admin_client, django_assert_max_num_queries):
    vendor = Vendor.objects.get(name="Dealharbor")
    with django_assert_max_num_queries(20):
        text = admin_client.get(page("vendor", "change", vendor.pk)).content.decode()
    assert "Win/loss interviews, 31 deals" in text
    assert "Our own trial of Coachline" not in text


def test_a_price_edited_on_the_vendors_page_keeps_its_history(admin_client, admin_user):
    vendor = Vendor.objects.get(name="Pipelore")
    answer = admin_client.get(page("vendor", "change", vendor.pk))
    edit = {}
    forms = [answer.context["adminform"].form]
    for inline in answer.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for field in form:
            value = field.value()
            edit[field.html_name] = "" if value is None else value
    edit["aliases"] = ",".join(vendor.aliases)
    edit = {name: value for name, value in edit.items() if value is not False}
    assert edit["plans-0-price"]
    edit["plans-0-price"] = "13.50"
    saved = admin_client.post(page("vendor", "change", vendor.pk), edit)
    assert saved.status_code == 302, saved.context["errors"]
    plan = Plan.objects.get(vendor=vendor, name="Solo")
    assert str(plan.price) == "13.50"
    assert plan.history.first().history_user == admin_user


def test_a_role_is_given_a_field_by_a_tick(admin_client):
    rule = ProfileAccess.objects.get(role="coach")
    edit = {"role": "coach", "reason": rule.reason, "may_see": [*rule.may_see, "tax_id"]}
    assert admin_client.post(page("profileaccess", "change", rule.pk), edit).status_code == 302
    rule.refresh_from_db()
    assert "tax_id" in rule.may_see
    assert "tax_id" in rule.history.first().may_see


def test_a_field_that_no_profile_has_cannot_be_granted(admin_client):
    rule = ProfileAccess.objects.get(role="coach")
    answer = admin_client.post(
        page("profileaccess", "change", rule.pk), {"role": "coach", "reason": "x", "may_see": ["password"]}
    )
    assert answer.status_code == 200
    assert "password is not one of the available choices" in answer.content.decode()
