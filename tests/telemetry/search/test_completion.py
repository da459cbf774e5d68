"""Completion: what could stand at the cursor."""

from datetime import timedelta

import pytest

from telemetry import search
from telemetry.search import KEYS, parse
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row

pytestmark = pytest.mark.django_db
SOME_TIME = (NOON - timedelta(days=1), NOON + timedelta(days=1))


def offered(text, at=None):
    at = len(text) if at is None else at
    return [text[: each.start] + each.insert + text[each.end :] for each in search.complete(text, at)]


def test_an_empty_text_is_offered_keys_with_their_help():
    found = search.complete("", 0)
    assert [each.label for each in found] == [key.name for key in KEYS][: len(found)]
    assert all(each.kind == "key" and each.help for each in found)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("tok", ["tokens:"]),
        ("call_", ["call:"]),
        ("status:error -prov", ["status:error -provider:"]),
        ("(lat", ["(duration:"]),
        ("att", ["attempts:", "attr."]),
        ("tol", ["tool:"]),
        ("tol:crm", ["tool:crm"]),
        ("status:er", ["status:error"]),
        ("status:eror", ["status:error"]),
        ("is:ro", ["is:root"]),
        ("duration:>5", ["duration:>500ms"]),
        ("since:24", ["since:24h"]),
        ("session:s", []),
        ("zzzzzz", []),
    ],
)
def test_keys_and_known_values_are_completed_and_corrected(text, result):
    assert offered(text) == result


def test_values_of_series_come_from_what_was_called():
    write_spans(
        [make_row(tool=tool, span_id=n) for n, tool in enumerate(("crm_integration", "old_crm", "two words"), 1)]
    )
    assert offered("tool:crm") == ["tool:crm_integration", "tool:old_crm"]
    assert offered("tool:two") == ['tool:"two words"']
    assert offered('tool:"two w') == ['tool:"two words"']
    assert offered("tool:crm_intergation") == ["tool:crm_integration"]
    assert offered("tool:old status:error", 8) == ["tool:old_crm status:error"]


def test_attributes_are_known_from_the_newest_spans_and_from_sets():
    write_spans(
        [make_row(attributes={"customer_id": "CUST001", "n": 3}, attribute_set='{"customer_tier": "gold"}')]
    )
    assert offered("attr.cust") == ["attr.customer_id:", "attr.customer_tier:"]
    assert offered("attr.customer_id:CU") == ["attr.customer_id:CUST001"]
    assert search.values("attr.customer_tier") == ["gold"]


def test_what_is_offered_for_a_beginning_can_be_searched_for():
    write_spans([make_row(tool='a "quoted" (one)', span_id=2), make_row(tool="or", span_id=3)])
    for text in offered("tool:"):
        assert len(search.page(parse(text), SOME_TIME, None, 10).spans) == 1


def test_completion_asks_three_queries_at_most(django_assert_max_num_queries):
    write_spans([make_row(attributes={"x": 1})])
    with django_assert_max_num_queries(7):  # of which five are a savepoint and settings
        search.complete("attr.", 5)


@pytest.mark.parametrize("text", ['"', "tool:(a or b", "a)", "::", "-", "attr.", "x" * 5000, "\\", "tool:\x01"])
def test_a_text_that_is_no_query_yet_is_no_error(text):
    for at in (-5, 0, len(text) // 2, len(text), len(text) + 9):
        assert isinstance(search.complete(text, at), list)
