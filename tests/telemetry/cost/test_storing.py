"""Spans are priced as they are stored, and the rollups add their costs up."""

from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext

from telemetry.cost import book
from telemetry.cost.book import LiveBook
from telemetry.models import Rollup, Span
from telemetry.rollups.rebuild import differences
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON
from tests.telemetry.cost.builders import enter, model_call

pytestmark = pytest.mark.django_db


def test_a_span_is_stored_with_its_cost():
    enter("2.5")
    write_spans([model_call()])
    assert Span.objects.get().cost_usd == Decimal("2.5")


def test_an_unknown_model_is_stored_as_unpriced_and_counted_so():
    write_spans([model_call(model="gpt-99")])
    assert Span.objects.get().cost_usd is None
    assert {(row.unpriced, row.cost_usd) for row in Rollup.objects.all()} == {(1, 0)}


def test_rollups_have_the_costs_of_their_spans():
    enter("2.5")
    write_spans([model_call(span_id=number, input_tokens=number) for number in range(1, 30)])
    spans = Span.objects.aggregate(usd=Sum("cost_usd"))["usd"]
    assert {row.cost_usd for row in Rollup.objects.all()} == {spans}
    assert differences(NOON, NOON) == []


def test_a_price_of_many_decimals_survives_the_way_into_the_rollups():
    enter("0.0375")
    write_spans([model_call(input_tokens=1, output_tokens=None)])
    assert Span.objects.get().cost_usd == Decimal("0.000000038")
    assert {row.cost_usd for row in Rollup.objects.all()} == {Decimal("0.000000038")}


def test_pricing_a_batch_takes_no_query(monkeypatch):
    monkeypatch.setattr(book, "_live", LiveBook(clock=lambda: 100.0))
    enter("2.5")
    write_spans([model_call()])
    with CaptureQueriesContext(connection) as queries:
        write_spans([model_call(span_id=2)])
    assert not [query for query in queries if "cost_price" in query["sql"]]
    assert Span.objects.filter(cost_usd="2.5").count() == 2
