"""References in payloads, and what they are replaced by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import InvalidArguments
from tools.running.references import Reference, Template

FOUND = {"find": {"items": [{"id": 7, "a.b": "dotted"}, {"id": 8}], "total": 2, "none": None}, "x.y": "whole"}


def filled(payload):
    return Template.of(payload).filled(FOUND)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("find.total", 2),
        ("find.items.0.id", 7),
        ("find.items.1", {"id": 8}),
        ("find", FOUND["find"]),
        ("find.none", None),
        (r"find.items.0.a\.b", "dotted"),
        (r"x\.y", "whole"),
    ],
)
def test_a_reference_becomes_what_it_leads_to(text, value):
    assert filled({"deep": [{"in": {"$ref": text}}]}) == {"deep": [{"in": value}]}


def test_a_whole_payload_may_be_a_reference():
    assert filled({"$ref": "find.items.0"}) == {"id": 7, "a.b": "dotted"}


def test_a_payload_that_a_model_sent_as_text_is_read():
    assert filled('{"id": {"$ref": "find.total"}}') == {"id": 2}


@pytest.mark.parametrize(
    ("escaped", "literal"),
    [
        ({"$$ref": "find.total"}, {"$ref": "find.total"}),
        ({"$$$ref": 1}, {"$$ref": 1}),
        ({"$$ref": {"$ref": "find.total"}}, {"$ref": 2}),
        ({"$ref": "#/$defs/X", "title": "a schema"}, {"$ref": "#/$defs/X", "title": "a schema"}),
        ({"$reference": 1}, {"$reference": 1}),
    ],
)
def test_an_object_that_looks_like_a_reference_can_be_given_as_it_is(escaped, literal):
    assert filled([escaped]) == [literal]


def test_a_payload_without_references_is_not_copied():
    payload = {"list": [1, {"a": "b"}]}
    assert Template.of(payload).filled({}) is payload


def test_a_payload_that_holds_itself_is_left_alone():
    payload = {}
    payload["self"] = [payload, payload]
    assert filled(payload) is payload


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("find.itemz.0", "'find.itemz.0' leads nowhere: 'find' is an object with 'items', 'total', 'none'."),
        ("find.items.2.id", "'find.items' is a list of 2."),
        ("find.items.first", "'find.items' is a list of 2."),
        ("find.items.-1", "'find.items' is a list of 2."),
        ("find.items." + "9" * 5000, "'find.items' is a list of 2."),
        ("find.total.x", "'find.total' is a number."),
        ("find.none.x", "'find.none' is null."),
        (r"x\.y.z", "'x.y' is a text."),
    ],
    ids=range(8),
)
def test_a_reference_that_leads_nowhere_says_what_there_is_instead(text, said):
    with pytest.raises(InvalidArguments) as caught:
        filled({"a": {"$ref": text}})
    assert said in str(caught.value)
    assert caught.value.code == "missing_reference"


def test_all_references_that_lead_nowhere_are_named_at_once():
    with pytest.raises(InvalidArguments, match=r"(?s)find\.a.*find\.b"):
        filled([{"$ref": "find.a"}, {"$ref": "find.b"}])


def test_what_one_call_does_to_its_arguments_does_not_reach_the_next():
    filled({"$ref": "find.items"}).clear()
    assert len(FOUND["find"]["items"]) == 2


@pytest.mark.parametrize("text", ["", ".", "a..b", "a.", ".a", "a\\", 5, None, ["a"]])
def test_what_cannot_be_a_reference_is_refused(text):
    with pytest.raises(ValueError, match=r"write the id of a step and a path"):
        Reference.parse(text)


@given(st.lists(st.text(min_size=1), min_size=1, max_size=5))
def test_every_key_can_be_written(keys):
    text = ".".join(key.replace("\\", "\\\\").replace(".", "\\.") for key in keys)
    reference = Reference.parse(text)
    assert [reference.step, *reference.path] == keys
