"""What differs between two versions, and what each is sent as."""

from decimal import Decimal

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from telemetry.cost.names import provider_name
from telemetry.cost.pricing import Book, Usage
from telemetry.cost.shipped import shipped_prices
from tools.llm.prompts.admin.comparing import differences, in_words, lines_of
from tools.llm.prompts.admin.preview import MODELS, previews
from tools.llm.prompts.families import Family, Rung, family_of
from tools.llm.prompts.rendering import Version
from tools.llm.prompts.variables import Variable

DETAILED = (Family.DETAILED, Rung.DETAILED)
BRIEF = (Family.BRIEF, Rung.DETAILED)


def version(texts, *variables, number=1):
    return Version("greeting", number, texts, variables)


def test_only_what_differs_is_told():
    before = version({DETAILED: "one\ntwo\nthree", BRIEF: "same"})
    after = version({DETAILED: "one\n2\nthree", BRIEF: "same"}, number=2)
    (found,) = differences(before, after)
    assert (found.of, found.how) == ("detailed/detailed", "changed")
    assert [(line.kind, line.text) for line in found.lines] == [
        ("hunk", "@@ -1,3 +1,3 @@"),
        ("same", " one"),
        ("removed", "-two"),
        ("added", "+2"),
        ("same", " three"),
    ]
    assert differences(before, before) == []


def test_a_variant_and_variables_that_only_one_has():
    before = version({DETAILED: "x"}, Variable(name="a", what="A"))
    after = version({DETAILED: "x", BRIEF: "y"})
    variant, variables = differences(before, after)
    assert (variant.of, variant.how, variant.lines[-1].text) == ("brief/detailed", "only in the later one", "+y")
    assert (variables.of, variables.lines[1].text) == ("variables", "-a (required): A")
    assert differences(after, before)[0].how == "only in the earlier one"


@given(before=st.text("a-+@ \n", max_size=60), after=st.text("a-+@ \n", max_size=60))
def test_lines_tell_of_every_change(before, after):
    lines = list(lines_of(before, after))
    assert bool(lines) == (before != after)
    added = [line.text[1:] for line in lines if line.kind == "added"]
    removed = [line.text[1:] for line in lines if line.kind == "removed"]
    assert len(added) - len(removed) == after.count("\n") - before.count("\n")


def test_a_variable_in_words():
    assert in_words(Variable(name="a", what="A.")) == "a (required): A"
    assert in_words(Variable(name="a", required=False, may_be_cut=True)) == "a (may be cut): default: nothing"


def two_dollars(provider, model, *, input_tokens, **rest):
    """What a million tokens cost, but for a model that nobody knows a price of."""
    return None if model == "grok-4.7" else Decimal(2) * input_tokens / 1_000_000


@pytest.fixture
def prices(settings):
    settings.MODEL_PRICE = f"{__name__}.two_dollars"


def test_a_preview_tells_what_a_text_is_for_each_vendor(prices):
    texts = {(family, Rung.DETAILED): "word " * 100 for family in Family}
    costs = {cost.model: cost for shown in previews(version(texts), {}) for cost in shown.costs}
    assert set(costs) == {model for models in MODELS.values() for _, model in models}
    assert {family_of(model) for model in costs} == set(Family)
    assert costs["claude-sonnet-5-5"].tokens > costs["gpt-6-sol"].tokens == 139
    assert costs["gpt-6-sol"].per_thousand == Decimal("0.278") and costs["grok-4.7"].per_thousand is None


@pytest.mark.parametrize(("provider", "model"), [one for models in MODELS.values() for one in models])
def test_what_a_preview_shows_has_a_price_from_the_start(provider, model):
    prices = Book(one.rates() for one in shipped_prices().values())
    assert prices.cost(provider_name(provider), model, timezone.now(), Usage(1_000))


def test_a_preview_has_each_family_at_each_rung(prices):
    shown = previews(version({DETAILED: "Dear {{a}}{{b}}", BRIEF: "{{a}}"}, Variable(name="a"),
                             Variable(name="b", required=False, default="!")), {})  # fmt: skip
    assert len(shown) == 9
    by = {one.of: one for one in shown}
    assert by["detailed/detailed"].text == "Dear {{a}}!" and len(by["detailed/detailed"].costs) == 2
    assert by["structured/minimal"].fallback == "detailed/detailed"
    assert by["brief/simple"].fallback == "brief/detailed"


def test_a_preview_that_does_not_fit_says_so(prices):
    variable = Variable(name="a", may_be_cut=True)
    shown = previews(version({DETAILED: "Dear friend, {{a}}"}, variable), {"a": "one two three"}, 2)
    assert "may take 2" in shown[0].error
    shown = previews(version({DETAILED: "{{a}}"}, variable), {"a": "one two three"}, 2)
    assert (shown[0].text, shown[0].cut) == ("one two…", "a lost 6 characters")
