import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.dictionaries.shared_attributes import MOST_VALUES, Sharing
from telemetry.models import AttributeSet, Span
from telemetry.semconv import VIOLATIONS
from telemetry.store.batches import write_spans
from telemetry.values.texts import storable
from tests.telemetry.builders import make_row


def shared(rows, sharing=None):
    (sharing or Sharing()).share(rows)
    return [(row.attribute_set, dict(row.attributes)) for row in rows]


def test_few_values_are_shared_and_long_ones_are_the_spans_own():
    attributes = {"server.address": "api.openai.com", "temperature": 0.5, "question": "why? " * 30}
    [(of_set, own)] = shared([make_row(attributes=attributes)])
    assert of_set == '{"server.address": "api.openai.com", "temperature": 0.5}'
    assert own == {"question": "why? " * 30}


def test_a_name_with_too_many_values_is_shared_no_longer():
    sharing = Sharing()
    rows = [make_row(attributes={"id": f"id {number}"}) for number in range(MOST_VALUES + 1)]
    assert [bool(of_set) for of_set, _ in shared(rows, sharing)] == [True] * MOST_VALUES + [False]
    assert shared([make_row(attributes={"id": "id 1"})], sharing) == [("", {"id": "id 1"})]


def test_one_and_true_and_one_point_nought_are_not_the_same():
    rows = [make_row(attributes={"n": value}) for value in (1, True, 1.0)]
    assert [of_set for of_set, _ in shared(rows)] == ['{"n": 1}', '{"n": true}', '{"n": 1.0}']


def test_beyond_the_most_sets_attributes_stay_with_the_span():
    sharing = Sharing(most_sets=1)
    rows = [make_row(attributes={"a": value}) for value in ("x", "y", "x")]
    assert [of_set for of_set, _ in shared(rows, sharing)] == ['{"a": "x"}', "", '{"a": "x"}']


def test_what_broke_the_schema_stays_with_the_span():
    assert shared([make_row(attributes={VIOLATIONS: ["a: missing"]})]) == [("", {VIOLATIONS: ["a: missing"]})]


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.text() | st.integers() | st.booleans() | st.floats())))
def test_set_and_own_are_what_was_sent(sent):
    said = [storable(attributes) for attributes in sent]
    rows = [make_row(attributes=attributes) for attributes in said]
    for row, (of_set, own) in zip(said, shared(rows), strict=True):
        assert repr(sorted({**json.loads(of_set or "{}"), **own}.items())) == repr(sorted(row.items()))


@pytest.mark.django_db
def test_spans_with_the_same_attributes_have_one_set():
    rows = [make_row(span_id=number, attributes={"host": "a", "request": "r" * 99}) for number in range(1, 4)]
    write_spans(rows)
    assert AttributeSet.objects.count() == 1
    assert {tuple(sorted(span.attributes)) for span in Span.objects.whole()} == {("host", "request")}
