import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.catalog.outreach.numbers import normalise
from tools.errors import InvalidArguments

HOME = "+14155550100"


@pytest.mark.parametrize(
    "text", ["+442079460958", "+44 20 7946 0958", "+44 (0)20 7946-0958", " +44.20.7946.0958 "]
)
def test_an_international_number_comes_out_as_e164(text):
    assert normalise(text) == "+442079460958"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("(415) 555-2671", "+14155552671"),
        ("14155552671", "+14155552671"),
        ("0044 20 7946 0958", "+442079460958"),
        ("442079460958", "+442079460958"),
        ("0049 30 901820", "+4930901820"),
    ],
)
def test_a_number_without_a_plus_sign_is_refused_with_a_suggestion(text, meant):
    with pytest.raises(InvalidArguments, match=r"did you mean " + meant.replace("+", r"\+")) as refused:
        normalise(text, home=HOME)
    assert refused.value.code == "invalid_phone_number"
    assert meant in refused.value.hint


def test_a_national_number_is_suggested_in_the_senders_country():
    with pytest.raises(InvalidArguments, match=r"did you mean \+442079460958\?"):
        normalise("020 7946 0958", home="+447400123456")


def test_a_number_that_could_be_anywhere_gets_no_suggestion():
    with pytest.raises(InvalidArguments, match=r"has no country code: write the number in E\.164") as refused:
        normalise("12345", home=HOME)
    assert "did you mean" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    ["+1234567890", "+999123456789", "+44", "+", "+1 800 FLOWERS", "+14155552671 ext. 5", "+12345678901234567"],
)
def test_a_number_that_cannot_exist_is_refused_in_one_sentence(text):
    with pytest.raises(InvalidArguments, match=r"is not a phone number that can exist: check the country code"):
        normalise(text)


@given(st.text(max_size=60))
def test_whatever_is_given_comes_out_as_e164_or_is_refused(text):
    try:
        number = normalise(text, home=HOME)
    except InvalidArguments:
        return
    assert number[0] == "+"
    assert number[1:].isascii() and number[1:].isdigit() and len(number) <= 16
    assert normalise(number) == number
