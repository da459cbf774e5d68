"""From a version and variables to the text for a model."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.llm.prompts.budget import ELLIPSIS, cut, tokens_of
from tools.llm.prompts.errors import BadPrompt, CannotRender
from tools.llm.prompts.families import Family, Rung
from tools.llm.prompts.rendering import Version
from tools.llm.prompts.text import read
from tools.llm.prompts.variables import Variable, listed, values_of

DETAILED = (Family.DETAILED, Rung.DETAILED)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=200)


def version(text, *variables):
    return Version("greeting", 3, {DETAILED: text}, variables)


def sent(text, variables, given, most_tokens=None):
    return version(text, *variables).rendered(*DETAILED, given, most_tokens)


@given(text=TEXTS)
def test_a_text_with_its_braces_doubled_comes_out_as_it_was(text):
    assert read(text.replace("{{", "{{{{")).fill({}) == text


@given(pieces=st.lists(TEXTS.map(lambda text: text.replace("{", "(")), min_size=1, max_size=5), value=TEXTS)
def test_values_are_put_in_as_they_are(pieces, value):
    template = read("{{x}}".join(pieces))
    assert template.names == ("x",) * (len(pieces) - 1)
    assert template.fill({"x": value}) == value.join(pieces)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{x}}", "1"),
        ("{{ x }}", "1"),
        ("a {{x}} b {{  x}}", "a 1 b 1"),
        ("{{{{x}}", "{{x}}"),
        ("{{{{ {{x}}", "{{ 1"),
        ('{"a": {"b": 1}}', '{"a": {"b": 1}}'),
        ("}} { }", "}} { }"),
    ],
)
def test_a_variable_and_two_braces(text, filled):
    assert read(text).fill({"x": "1"}) == filled


@pytest.mark.parametrize(
    "wrong", ["{{X}}", "{{x", "{{}}", "{{x.y}}", "{{x|upper}}", "{{x\n}}", "{{% if %}}", "{{{x}}}"]
)
def test_braces_that_are_neither_are_named_with_their_line(wrong):
    with pytest.raises(
        BadPrompt, match=r"^Line 2 has '\{\{.*', which is no variable: write \{\{name\}\} in small"
    ):
        read(f"first\n{wrong}")


X, Y = Variable(name="x"), Variable(name="y", required=False, default="7")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "The prompt greeting@3 is not given x."),
        ({"x": None}, "The prompt greeting@3 is not given x."),
        ({"x": "1", "z": ""}, "The prompt greeting@3 has no variable z (it has x and y)."),
        (
            {"z": "", "a": ""},
            "The prompt greeting@3 is not given x, and has no variable a and z (it has x and y).",
        ),
        ({"x": ["1"]}, "The prompt greeting@3 takes texts and numbers, and x is neither."),
        ({"x": True}, "The prompt greeting@3 takes texts and numbers, and x is neither."),
    ],
)
def test_what_is_missing_or_unknown_is_one_sentence(given, said):
    with pytest.raises(CannotRender) as refused:
        values_of((X, Y), given, "greeting@3")
    assert str(refused.value) == said


def test_a_prompt_without_variables_says_so():
    with pytest.raises(CannotRender, match=r"has no variable z \(it has none\)"):
        values_of((), {"z": "1"}, "greeting@3")


def test_defaults_stand_in_and_numbers_are_written():
    assert values_of((X, Y), {"x": 1.5}, "") == {"x": "1.5", "y": "7"}
    assert values_of((X, Y), {"x": "", "y": None}, "") == {"x": "", "y": "7"}


def test_many_names_are_not_all_listed():
    assert listed(f"v{number:02}" for number in range(30)).endswith("v09 and 20 more")
    assert (listed([]), listed(["a"]), listed("cab")) == ("", "a", "a, b and c")


def test_what_was_sent_is_said():
    whole = version("Hello {{x}}.", X)
    found = whole.rendered(Family.BRIEF, Rung.SIMPLE, {"x": "{{y}}"})
    assert found.text == "Hello {{y}}."
    assert found.sha256 == sha256(b"Hello {{y}}.").hexdigest()
    assert (found.family, found.rung, found.left_out) == (*DETAILED, {})
    assert found.sent.variant == "detailed/detailed" and found.sent.version == 3


def test_half_a_character_is_no_reason_to_fail():
    assert len(sent("{{x}}", [X], {"x": "\ud800"}).sha256) == 64


LONG = Variable(name="long", may_be_cut=True)
SHORT = Variable(name="short", may_be_cut=True)


def test_the_longest_is_cut_first_between_two_words():
    found = sent(
        "{{short}} / {{long}}", [LONG, SHORT], {"long": "one two three four five", "short": "six seven"}, 6
    )
    assert found.text == "six seven / one two…"
    assert found.left_out == {"long": len(" three four five")}


def test_the_next_is_cut_where_that_is_not_enough():
    found = sent("{{short}} / {{long}}", [LONG, SHORT], {"long": "one two three four", "short": "six seven"}, 2)
    assert found.text == "six… / …"
    assert list(found.left_out) == ["long", "short"]


def test_what_fits_is_not_cut():
    found = sent("{{long}}", [LONG], {"long": "one two"}, 2)
    assert (found.text, found.left_out) == ("one two", {})


def test_a_variable_that_stands_there_twice_is_cut_half_as_much():
    found = sent("{{long}}|{{long}}", [LONG], {"long": "one two three"}, 5)
    assert found.text == "one two…|one two…"


def test_a_value_without_blanks_is_cut_anywhere():
    assert sent("{{long}}", [LONG], {"long": "x" * 100}, 5).text == "x" * 19 + "…"


@pytest.mark.parametrize(
    ("variable", "why"),
    [(X, "nothing in it may be cut"), (Variable(name="x", may_be_cut=True), "all that may be cut")],
)
def test_what_cannot_be_made_to_fit_is_an_error(variable, why):
    with pytest.raises(
        CannotRender, match=rf"greeting@3 \(detailed/detailed\) takes about \d+ tokens, and may take 3: {why}"
    ):
        sent("A text of its own that is too long. {{x}}", [variable], {"x": "one two three"}, 3)


@given(values=st.lists(TEXTS, min_size=3, max_size=3), kept=TEXTS, most=st.integers(0, 200))
def test_a_text_fits_or_is_refused_and_only_what_may_be_cut_is(values, kept, most):
    names = ["a", "b", "c"]
    variables = [*(Variable(name=name, may_be_cut=True) for name in names), Variable(name="kept")]
    given_ = dict(zip(names, values, strict=True), kept=kept)
    text = "{{a}}|{{b}}|{{c}}|{{a}}|{{kept}}"
    try:
        found = sent(text, variables, given_, most)
    except CannotRender:
        assert tokens_of(f"{ELLIPSIS * 4}||||{kept}") > most
        return
    assert tokens_of(found.text) <= most
    assert found.text.endswith(f"|{kept}")
    assert set(found.left_out) <= set(names)
    if tokens_of(read(text).fill(given_)) <= most:
        assert found.left_out == {}


@given(value=TEXTS, most=st.integers(-5, 250))
def test_what_is_cut_is_a_beginning(value, most):
    kept = cut(value, most)
    assert kept == value or most < len(value)
    assert value.startswith(kept) and len(kept) <= max(most, 0)
