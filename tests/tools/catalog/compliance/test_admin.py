import pytest
from django.forms.models import model_to_dict
from django.urls import reverse

from tools.catalog.compliance.models import ComplianceRule

pytestmark = pytest.mark.usefixtures("rules")


def save(client, **changes):
    """Post the change form of one rule with *changes*; the rule and the page that came back."""
    rule = ComplianceRule.objects.get(code="GLOBAL-RISK-FREE")
    values = {**model_to_dict(rule), **changes}
    page = client.post(
        reverse("admin:compliance_compliancerule_change", args=[rule.pk]),
        {name: value for name, value in values.items() if value is not False},
    )
    rule.refresh_from_db()
    return rule, page


def test_pages_open_and_show_what_the_pattern_finds(admin_client):
    rule = ComplianceRule.objects.get(code="GLOBAL-RISK-FREE")
    assert admin_client.get(reverse("admin:compliance_compliancerule_changelist")).status_code == 200
    page = admin_client.get(reverse("admin:compliance_compliancerule_change", args=[rule.pk]))
    assert "Switching is <mark>completely risk-free</mark>." in page.content.decode()


def test_edit_is_kept_with_who_and_what_was_before(admin_client, admin_user):
    rule, page = save(admin_client, severity="critical")
    assert page.status_code == 302
    edited, first = rule.history.all()
    assert (first.severity, edited.severity, edited.history_user) == ("high", "critical", admin_user)
    history = admin_client.get(reverse("admin:compliance_compliancerule_history", args=[rule.pk]))
    assert history.status_code == 200


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"pattern": "risk(free"}, "cannot be read at character 10"),
        ({"pattern": "(a|aa)+$"}, "bound its repetitions"),
        ({"pattern": "x*"}, "matches nothing at all"),
        ({"pattern": "riskless"}, "does not find its example"),
        ({"pattern": "risk|cancel"}, "finds “cancel” (characters 9 to 14) in the counterexample"),
        ({"replacement": r"\7"}, "does not fit the pattern"),
        ({"unless": "[a"}, "cannot be read at character"),
        ({"append": "More."}, "not both"),
    ],
)
def test_bad_pattern_is_refused_with_a_sentence(admin_client, changes, sentence):
    rule, page = save(admin_client, **changes)
    assert sentence in page.content.decode()
    assert rule.history.count() == 1


def test_refused_save_shows_what_the_new_pattern_finds(admin_client):
    _, page = save(admin_client, pattern="risk|cancel")
    assert "You can <mark>cancel</mark> in the first" in page.content.decode()
