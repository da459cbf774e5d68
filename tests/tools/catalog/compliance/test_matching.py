from hypothesis import given
from hypothesis import strategies as st

from tools.catalog.compliance.matching import Rule, correct, examine


def make_rule(code="X-1", pattern="bad", replacement="", severity="medium", unless="", append="", checksum=""):
    return Rule(
        code=code,
        title="",
        jurisdiction="GLOBAL",
        severity=severity,
        pattern=pattern,
        unless=unless,
        checksum=checksum,
        replacement=replacement,
        append=append,
        advice="",
        source="",
    )


def corrected(text, *rules):
    return correct(text, examine(text, rules).violations)


def test_quoted_text_stands_at_its_position():
    [found] = examine("A 😀 very bad idea", [make_rule()]).violations
    assert (found.start, found.end, found.quoted) == (9, 12, "bad")


def test_exception_anywhere_in_the_text_lifts_the_rule():
    assert examine("bad, but with consent", [make_rule(unless="consent")]).violations == []


def test_what_is_missing_is_found_once_and_appended_once():
    rules = [make_rule("X-1", append="Reply STOP."), make_rule("X-2", append="Reply STOP.")]
    assert len(examine("bad bad", rules).violations) == 2
    assert corrected("bad bad\n", *rules) == "bad bad Reply STOP."


def test_replacement_may_use_groups_and_keeps_the_capital():
    rule = make_rule(pattern=r"guarantee(s?) returns", replacement=r"aim\1 for returns")
    assert corrected("Guarantees returns", rule) == "Aims for returns"


def test_of_overlapping_violations_the_gravest_is_replaced():
    rules = [make_rule("X-1", "very bad idea", "A"), make_rule("X-2", "bad", "good", severity="high")]
    assert corrected("a very bad idea", *rules) == "a very good idea"


def test_of_equally_grave_ones_the_longest_is_replaced():
    rules = [make_rule("X-1", "bad", "good"), make_rule("X-2", "very bad", "fine")]
    assert corrected("very bad idea", *rules) == "fine idea"


def test_without_a_suggestion_the_text_stays():
    assert corrected("a bad idea", make_rule()) == "a bad idea"


def test_rule_that_takes_too_long_is_reported():
    text = "a" * 5000 + "!"
    findings = examine(text, [make_rule("X-SLOW", r"(a|aa)+$"), make_rule("X-1", "!")])
    assert findings.unchecked == ["X-SLOW"]
    assert [found.rule for found in findings.violations] == ["X-1"]


@given(st.text(alphabet="ab ", max_size=40), st.permutations(range(4)))
def test_correction_is_the_same_whatever_the_order_of_the_rules(text, order):
    rules = [
        make_rule("X-1", "ab", "1"),
        make_rule("X-2", "ba", "2", severity="high"),
        make_rule("X-3", "a b", "3"),
        make_rule("X-4", "bb+", "4"),
    ]
    assert corrected(text, *(rules[index] for index in order)) == corrected(text, *rules)


@given(st.text(max_size=200))
def test_any_text_can_be_examined_and_quotes_are_exact(text):
    for found in examine(text, [make_rule(pattern=r"\w\W"), make_rule(pattern="e")]).violations:
        assert text[found.start : found.end] == found.quoted
