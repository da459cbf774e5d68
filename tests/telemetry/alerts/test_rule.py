import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from telemetry.alerts.models import Rule
from tests.telemetry.alerts.builders import make_rule

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"threshold": 0.0}, "could never fire"),
        ({"threshold": -1.0}, "could never fire"),
        ({"threshold": 90.0, "recovery_threshold": 93.0}, "less than or equal to 1.0"),
        ({"threshold": 0.95}, "would end while the rule is still breached"),
        ({"window_s": 303}, "use a multiple of 5"),
        ({"window_s": 3610}, "use a multiple of 60"),
        ({"window_s": 20}, "greater than or equal to 30"),
        ({"minimum_calls": 0}, "greater than or equal to 1"),
        ({"minimum_calls": 2_147_483_647}, "less than or equal to 100000"),
        ({"threshold": float("nan")}, "Not a number"),
        ({"recovery_threshold": float("nan")}, "Not a number"),
        ({"threshold": float("-inf")}, "Not a number"),
        ({"kind": "latency"}, "not a valid choice"),
    ],
)
def test_a_rule_that_cannot_work_is_refused_with_a_sentence(given, sentence):
    with pytest.raises(ValidationError, match=sentence):
        Rule(name="r", **given).full_clean()


def test_a_rule_at_the_edge_of_what_can_work_is_taken():
    Rule(name="r", threshold=1.0, recovery_threshold=1.0, minimum_calls=100_000, window_s=86_400).full_clean()


def test_the_database_refuses_crossed_thresholds_too():
    with pytest.raises(IntegrityError), transaction.atomic():
        make_rule(threshold=0.95)


def test_an_edit_keeps_its_history():
    rule = make_rule()
    rule.threshold = 0.8
    rule.save()
    assert list(rule.history.values_list("threshold", flat=True)) == [0.8, 0.9]
