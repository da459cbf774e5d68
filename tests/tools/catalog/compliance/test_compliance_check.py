import pytest

from tools.catalog.compliance.compliance_check import compliance_check
from tools.catalog.compliance.models import ComplianceRule
from tools.catalog.compliance.seed import seed
from tools.definition.schema import jsonable
from tools.errors import InvalidArguments

pytestmark = pytest.mark.usefixtures("rules")


def check(text, **options):
    """Call the tool as a model would: JSON in, JSON out."""
    return jsonable(compliance_check(**compliance_check.schema.validate({"text": text, **options})))


def test_fine_text_is_compliant():
    found = check("Here is the quote for 25 seats that you asked for.")
    assert (found["compliant"], found["verdict"], found["violations"]) == (True, "compliant", [])


def test_violations_come_with_place_rule_advice_and_a_better_text():
    text = "Switching is risk-free and we guarantee a 30% return. My card is 4111 1111 1111 1111."
    found = check(text)
    assert (found["compliant"], found["verdict"]) == (False, "non_compliant")
    assert found["corrected_text"] == (
        "Switching is limited-risk and we aim for a 30% return. My card is [card number removed]."
    )
    for violation in found["violations"]:
        assert text[violation["start"] : violation["end"]] == violation["quoted"]
        assert violation["advice"]
        assert violation["source"]


def test_check_makes_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        check("Act now, it is risk-free!")


def test_milder_violations_ask_for_a_review():
    found = check("Act now.", fail_at="high")
    assert (found["compliant"], found["verdict"]) == (True, "review")
    assert check("Act now.", fail_at="low")["verdict"] == "non_compliant"


def test_german_rules_apply_in_germany_only():
    text = "Wir sind Marktführer."
    assert [found["rule"] for found in check(text, jurisdictions=["DE"])["violations"]] == ["DE-MARKTFUEHRER"]
    assert check(text, jurisdictions=["US", "UK"])["violations"] == []


def test_union_and_global_rules_apply_in_germany():
    text = "You must accept our newsletter, it is risk-free."
    codes = {found["rule"] for found in check(text, jurisdictions=["DE"])["violations"]}
    assert codes == {"EU-CONSENT-BUNDLED", "GLOBAL-RISK-FREE"}
    assert check(text, jurisdictions=["DE"])["jurisdictions"] == ["DE", "EU", "GLOBAL"]


def test_bribe_needs_a_person():
    found = check("There is a private bonus for you if you sign.")
    assert found["needs_a_person"] == ["GLOBAL-BRIBE"]


def test_missing_opt_out_is_appended():
    found = check("Use promo code SPRING.", jurisdictions=["US"])
    assert found["corrected_text"] == "Use promo code SPRING. Reply STOP to opt out."


def test_inactive_rule_is_not_applied():
    ComplianceRule.objects.filter(code="GLOBAL-RISK-FREE").update(active=False)
    assert check("It is risk-free.")["compliant"] is True


def test_rule_that_takes_too_long_leaves_the_verdict_open():
    ComplianceRule.objects.filter(code="GLOBAL-RISK-FREE").update(pattern=r"(a|aa)+$")
    found = check("a" * 5000 + "!")
    assert (found["compliant"], found["verdict"]) == (None, "undetermined")
    assert found["rules_not_checked"] == ["GLOBAL-RISK-FREE"]
    assert "not checked: 1." in found["summary"]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"text": ""},
        {"text": "x" * 20_001},
        {"text": "x", "jurisdictions": ["FR"]},
        {"text": "x", "fail_at": "bad"},
    ],
)
def test_nonsense_is_refused_before_the_tool_runs(arguments):
    with pytest.raises(InvalidArguments):
        compliance_check.schema.validate(arguments)


def test_every_parameter_is_described_to_the_model():
    properties = compliance_check.schema.parameters["properties"]
    assert [name for name, schema in properties.items() if not schema.get("description")] == []


def test_seeding_twice_changes_nothing():
    before = ComplianceRule.objects.count()
    seed()
    assert ComplianceRule.objects.count() == before
