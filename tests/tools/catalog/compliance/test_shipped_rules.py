"""Each rule that ships does what its two examples say, and its suggestion heals what it found."""

import time

import pytest

from tools.catalog.compliance.matching import Rule, correct, examine, violations_of
from tools.catalog.compliance.seed import shipped_rules

RULES = shipped_rules()
BY_CODE = pytest.mark.parametrize("row", RULES, ids=lambda row: row.code)
FINE_TEXTS = [
    "Hello Ms Berger, thank you for the call on Tuesday. As agreed, here is the quote for 25 seats of Pro at "
    "54 euros a seat and month, valid until 31 May. You can cancel within 30 days.",
    "Guten Tag Herr Lang, anbei das Angebot über 40 Lizenzen. Der Gesamtpreis beträgt 25.704,00 € inkl. MwSt. "
    "Haben Sie noch Fragen zu den Vertragsbedingungen?",
    "How many calls does your team make a week, and what happens with the notes afterwards?",
    "The migration takes three weeks. The main risk is the quality of the old data, so we start with a sample.",
    "Our support answers within one working day; premium support within one hour, around the clock.",
]


@BY_CODE
def test_rule_passes_the_check_that_edits_pass(row):
    row.full_clean(validate_unique=False)


@BY_CODE
def test_suggestion_heals_the_violation(row):
    rule = Rule.from_model(row)
    healed = correct(row.example, violations_of(rule, row.example))
    assert (healed == row.example) is not bool(row.replacement or row.append)
    if row.replacement or row.append:
        assert violations_of(rule, healed) == []


@BY_CODE
def test_corrected_example_breaks_no_other_rule_that_it_did_not_break_before(row):
    rules = [Rule.from_model(other) for other in RULES]
    found = examine(row.example, rules)
    healed = examine(correct(row.example, found.violations), rules)
    assert {again.rule for again in healed.violations} <= {
        one.rule for one in found.violations if not one.suggestion
    }


@pytest.mark.parametrize("text", FINE_TEXTS)
def test_ordinary_business_text_is_left_alone(text):
    assert examine(text, [Rule.from_model(row) for row in RULES]).violations == []


def test_there_are_rules_for_every_jurisdiction():
    counts = {name: sum(row.jurisdiction == name for row in RULES) for name in ("GLOBAL", "EU", "DE", "UK", "US")}
    assert len(RULES) >= 40
    assert min(counts.values()) >= 8


def test_all_rules_over_a_long_text_take_less_than_two_seconds():
    text = " ".join(row.example for row in RULES) * 3
    started = time.process_time()
    findings = examine(text[:20_000], [Rule.from_model(row) for row in RULES])
    assert findings.unchecked == []
    assert time.process_time() - started < 2
