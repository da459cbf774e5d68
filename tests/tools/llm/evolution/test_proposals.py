"""What a version could say instead, from what went wrong with it."""

from collections import namedtuple

from tools.llm.evolution.mistakes import Mistake, map_of
from tools.llm.evolution.proposals import MOST_RULES, Lower, by_ladder, by_mistakes
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.rendering import Version

Counted = namedtuple("Counted", "tool model violation calls")
WHOLE, SHORT = (Family.DETAILED, Rung.DETAILED), (Family.BRIEF, Rung.DETAILED)
SIMPLE = (Family.DETAILED, Rung.SIMPLE)
BASE = Version("coach", 1, {WHOLE: "Be kind.\nAsk first.", SIMPLE: "Be kind.", SHORT: "Kind."})


def mistake(family=Family.DETAILED, field="customer_id", wrong=9, tool="crm"):
    return Mistake(family, tool, field, "format", wrong, 40)


def said(one):
    return f"Rule on {one.field}."


def test_the_map_counts_by_family_and_leaves_out_what_is_rare():
    counted = [
        Counted("crm", "gpt-6-sol", "", 60),
        Counted("crm", "claude-sonnet-5-5", "", 40),
        Counted("crm", "gpt-6-sol", "customer_id: pattern", 5),
        Counted("crm", "claude-sonnet-5-5", "customer_id: pattern", 4),
        Counted("crm", "gemini-3.8-flash", "", 100),
        Counted("crm", "gemini-3.8-flash", "customer_id: pattern", 4),  # too few
        Counted("sms", "gpt-6-sol", "", 1_000),
        Counted("sms", "gpt-6-sol", "message: missing", 49),  # too rare
        Counted("sms", "gpt-6-sol", "lines.0.sku: missing", 30),
        Counted("sms", "gpt-6-sol", "lines.12.sku: missing", 20),
    ]
    assert map_of(counted) == [
        Mistake(Family.DETAILED, "sms", "lines.sku", "missing", 50, 1_000),
        Mistake(Family.DETAILED, "crm", "customer_id", "pattern", 9, 100),
    ]


def test_only_the_family_that_gets_it_wrong_is_told_the_rule():
    proposal = by_mistakes(BASE, [mistake()], said)
    assert proposal.variants == {**BASE.texts, WHOLE: "Be kind.\nAsk first.\nRule on customer_id."}
    assert proposal.why == "crm.customer_id (format): 9 of 40 calls"
    assert proposal.evidence["mistakes"][0]["wrong"] == 9


def test_a_brief_text_stays_as_short_in_lines():
    proposal = by_mistakes(BASE, [mistake(Family.BRIEF)], said)
    assert proposal.variants[SHORT] == "Kind. Rule on customer_id."


def test_a_family_without_a_text_of_its_own_gets_one():
    proposal = by_mistakes(BASE, [mistake(Family.STRUCTURED)], said)
    assert proposal.variants[Family.STRUCTURED, Rung.DETAILED] == "Be kind.\nAsk first.\nRule on customer_id."
    assert proposal.variants[WHOLE] == BASE.texts[WHOLE]


def test_what_is_said_already_or_twice_is_not_said_again_and_no_more_than_some_at_once():
    base = Version("coach", 1, {WHOLE: "Rule on customer_id."})
    assert by_mistakes(base, [mistake()], said) is None
    assert by_mistakes(BASE, [mistake()], lambda one: "") is None
    many = [mistake(field=f"field_{number}") for number in range(9)]
    text = by_mistakes(BASE, [*many, *many], said).variants[WHOLE]
    assert text.count("Rule on") == MOST_RULES


def test_the_simpler_text_that_worked_becomes_the_whole_one():
    lower = Lower(Family.DETAILED, "sol", Rung.SIMPLE, "5 of 9 rounds")
    proposal = by_ladder(BASE, [lower])
    assert proposal.variants == {**BASE.texts, WHOLE: "Be kind."}
    assert proposal.why == "sol needed the rung simple: 5 of 9 rounds"
    assert by_ladder(BASE, []) is None
    assert by_ladder(BASE, [Lower(Family.BRIEF, "flash", Rung.SIMPLE, "why")]) is None  # it says nothing simpler
