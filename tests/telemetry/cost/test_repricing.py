"""Spans priced again after the table was corrected."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from telemetry.cost import book
from telemetry.cost.repricing import reprice
from telemetry.models import Rollup, Span
from telemetry.rollups.rebuild import differences
from telemetry.sampling.models import ThinnedHour
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row
from tests.telemetry.cost.builders import enter, model_call

pytestmark = pytest.mark.django_db
DAY = (NOON - timedelta(hours=2), NOON + timedelta(hours=2))


def again():
    book.forget()
    return sum(hour.changed for hour in reprice(*DAY, book.current()))


def costs():
    return list(Span.objects.order_by("span_id").values_list("cost_usd", flat=True))


def test_what_was_unpriced_has_a_cost_once_its_model_has_a_price():
    write_spans([model_call(), model_call(span_id=2, model="gpt-99")])
    enter("2.5")
    assert again() == 1
    assert costs() == [Decimal("2.5"), None]


def test_rollups_follow_and_stay_equal_to_the_spans():
    write_spans([model_call(span_id=n, start_time=NOON + timedelta(minutes=20 * n)) for n in range(1, 6)])
    enter("2.5")
    assert again() == 5
    assert sum(row.cost_usd for row in Rollup.objects.at(60)) == Decimal("12.5")
    assert sum(row.unpriced for row in Rollup.objects.at(60)) == 0
    assert differences(*DAY) == []


def test_pricing_again_with_the_same_table_changes_nothing_and_locks_nobody_out():
    enter("2.5")
    write_spans([model_call()])
    with CaptureQueriesContext(connection) as queries:
        assert again() == 0
    assert not [query for query in queries if "LOCK" in query["sql"] or "UPDATE" in query["sql"]]


def test_a_price_that_is_taken_away_leaves_spans_unpriced():
    price = enter("2.5")
    write_spans([model_call()])
    price.delete()
    assert again() == 1
    assert costs() == [None]


def test_cached_tokens_and_stated_costs_count_as_they_did_at_first():
    enter("2.5", cache_read_usd=Decimal("0.5"))
    attributes = {"gen_ai.usage.cache_read.input_tokens": 400_000}
    stated = {"model": "gpt-99", "attributes": {"gen_ai.usage.cost": 0.25}}
    write_spans([model_call(attributes=attributes), model_call(span_id=2, **stated)])
    assert costs() == [Decimal("1.7"), Decimal("0.25")]
    assert again() == 0


def test_spans_outside_the_period_and_without_tokens_stay_as_they_are():
    write_spans([model_call(start_time=NOON - timedelta(hours=6)), make_row(span_id=2)])
    enter("2.5")
    assert again() == 0


def test_an_agents_sum_gets_no_cost_later_either():
    write_spans([model_call(operation="invoke_agent")])
    enter("2.5")
    assert again() == 0


def test_hours_of_which_sampling_deleted_spans_are_left_as_they_are():
    write_spans([model_call(), model_call(span_id=2, start_time=NOON + timedelta(hours=1))])
    ThinnedHour.objects.create(hour=NOON, removed=7, started_at=NOON, ended_at=NOON)
    enter("2.5")
    assert again() == 1
    assert costs() == [None, Decimal("2.5")]


def test_the_command_says_what_it_changed():
    write_spans([model_call(), model_call(span_id=2, model="gpt-99")])
    enter("2.5")
    book.forget()
    out = StringIO()
    call_command("price_spans", since=f"{DAY[0]:%FT%TZ}", until=f"{DAY[1]:%FT%TZ}", stdout=out)
    assert "1 of 2 spans with tokens or a cost have another cost now." in out.getvalue()
    assert f"{NOON:%F %H:%M}: 1 of 2 spans changed." in out.getvalue()


def test_a_period_that_ends_before_it_begins_is_refused():
    with pytest.raises(CommandError, match="--since has to be before --until"):
        call_command("price_spans", since="2026-05-02", until="2026-05-01")
