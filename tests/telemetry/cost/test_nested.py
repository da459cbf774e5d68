"""A model call that is told of twice is counted once."""

import uuid

import pytest
from django.db.models import Q, Sum

from telemetry.cost.nested import Nested
from telemetry.errors.models import ErrorGroup
from telemetry.models import Rollup, Span
from telemetry.rollups.rebuild import differences
from telemetry.store import batches as store
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON
from tests.telemetry.cost.builders import enter, model_call
from tests.telemetry.witnesses.builders import copy_of, nothing_differs

TRACE = uuid.uuid4()
CACHED = "gen_ai.usage.cache_read.input_tokens"


def call(span_id, parent=None, output=400, operation="chat", **changes):
    values = {"trace_id": TRACE, "input_tokens": 600, "output_tokens": output}
    return model_call(**values | changes, span_id=span_id, parent_span_id=parent, operation=operation)


def counted(*batches, nested=None):
    """The ids of the calls that keep their tokens."""
    nested = nested or Nested()
    rows, corrected = [], set()
    for batch in batches:
        marked = nested.marked(batch)
        rows += marked.rows
        corrected |= {span_id for _, _, span_id in marked.stored}
    return sorted(row.span_id for row in rows if row.input_tokens is not None and row.span_id not in corrected)


def test_a_chat_within_a_chat_is_counted_once_and_says_so():
    outer, inner = Nested().marked([call(1), call(2, parent=1)]).rows
    assert (outer.input_tokens, outer.output_tokens, inner.input_tokens) == (None, None, 600)
    assert outer.attributes["salesboost.usage.is_a_sum"] is True
    assert outer.attributes["gen_ai.usage.input_tokens"] == 600


@pytest.mark.parametrize(
    ("spans", "left"),
    [
        ([call(1, output=800, input_tokens=1_200), call(2, 1), call(3, 1)], [2, 3]),  # the sum of two
        ([call(1, operation="embeddings", output=None), call(2, 1, None, "embeddings")], [2]),
        ([call(1), call(2, 1), call(3, 2)], [3]),  # three deep
        ([call(1), call(2, 1, 0, "POST", input_tokens=None), call(3, 2)], [3]),  # another span between them
        ([call(1, output=None), call(2, 1, output=None)], [2]),
        ([call(1), call(2, 1), call(3, 1, 1, input_tokens=50)], [2, 3]),  # and a guard's beside it
        # Anthropic's own input is without what its cache gave; OpenTelemetry's is with it.
        ([call(1), call(2, 1, input_tokens=100, attributes={CACHED: 500})], [2]),
        ([call(1, input_tokens=100, attributes={CACHED: 500}), call(2, 1, attributes={CACHED: 500})], [2]),
        (
            [
                call(1, output=800, input_tokens=1_200),
                *(call(n, 1, input_tokens=500, attributes={CACHED: 100}) for n in (2, 3)),
            ],
            [2, 3],
        ),
    ],
)
def test_so_are_its_kin(spans, left):
    assert counted(spans) == left
    assert counted(spans[::-1]) == left


@pytest.fixture
def fresh(monkeypatch):
    """A process that has seen no call yet."""
    monkeypatch.setattr(store, "_nested", Nested())


NESTED_LATE = pytest.mark.parametrize(
    ("batches", "left"),
    [
        ([[call(1)], [call(2, 1)]], [2]),
        ([[call(1, output=800, input_tokens=1_200)], [call(2, 1)], [call(3, 1)]], [2, 3]),  # the sum of two
        ([[call(1)], [call(2, 1)], [call(3, 2)]], [3]),  # three deep
        ([[call(1)], [call(1), call(2, 1)]], [2]),  # sent again
        ([[call(1)], [call(2, 1)], [call(2, 1)]], [2]),
        ([[call(1)], [call(2, 1, 0, "POST", input_tokens=None), call(3, 2)]], [3]),  # another span between them
        ([[call(1)], [call(2, 1, output=30, input_tokens=50)]], [1, 2]),  # a guard's own call
        ([[call(1)], [call(2, 1, api_key="another sender's")]], [1, 2]),
        ([[call(1)], [call(2, 9)]], [1, 2]),
    ],
)


@NESTED_LATE
def test_the_outer_call_may_have_come_in_an_earlier_request(batches, left):
    assert sorted(set(counted(*batches))) == left


def test_a_call_that_was_corrected_is_not_corrected_again():
    nested = Nested()
    nested.marked([call(1)])
    [key] = nested.marked([call(2, 1)]).stored
    nested.corrected([key])
    assert nested.marked([call(3, 1)]).stored == []


@pytest.mark.parametrize(
    "spans",
    [
        [call(1), call(2, 1, output=30, input_tokens=50)],  # a guard's own call
        [call(1), call(2, 1, output=30)],
        [call(1, output=1, input_tokens=5_000), call(2, 1, output=1, input_tokens=50)],  # "yes", said both
        [call(1, output=2, input_tokens=5_000), *(call(guard, 1, output=1, input_tokens=50) for guard in (2, 3))],
        [call(1, output=None), call(2, 1, output=30)],
        [call(1, attributes={CACHED: 500}), call(2, 1, input_tokens=50)],
        [call(1), call(2, 9)],
        [call(1), call(2, 1, trace_id=uuid.uuid4())],
        [call(1), call(2, 1, api_key="another sender's")],
        [
            call(1),
            call(3, 2),
            call(2, 1, None, "execute_tool", tool="ask", outcome="first_try", input_tokens=None),
        ],
    ],
    ids=[
        *("other counts", "other output", "other input", "other sum", "an output", "other input, cached"),
        *("no child", "other trace", "other key", "within a tool"),
    ],
)
def test_calls_of_their_own_are_all_counted(spans):
    calls = [row.span_id for row in spans if row.input_tokens is not None]
    assert counted(spans) == sorted(calls)


def test_the_inner_call_may_have_come_in_an_earlier_request_and_twice():
    assert counted([call(2, 1)], [call(2, 1)], [call(1)]) == [2, 2]


def test_only_so_many_are_remembered():
    nested = Nested(remembered=2)
    many = [call(number, parent=100 + number) for number in range(1, 4)]
    assert counted(many, [call(101), call(103)], nested=nested) == [1, 2, 3, 101]


@pytest.mark.django_db
def test_the_store_counts_tokens_and_cost_once():
    enter("2.5")
    write_spans([call(1), call(2, 1)])
    assert Span.objects.aggregate(usd=Sum("cost_usd"), tokens=Sum("input_tokens"))["tokens"] == 600
    assert {(row.input_tokens, row.unpriced) for row in Rollup.objects.at(60)} == {(600, 0)}
    assert differences(NOON, NOON) == []


@NESTED_LATE
@pytest.mark.parametrize("price", ["2.5", None], ids=["priced", "unpriced"])
@pytest.mark.django_db
def test_the_store_takes_a_stored_outer_call_out_of_all_counts(fresh, batches, left, price):
    if price:
        enter(price)
    for batch in batches:
        write_spans([copy_of(row) for row in batch])
    kept = Span.objects.filter(input_tokens__isnull=False)
    assert sorted(kept.values_list("span_id", flat=True)) == left
    sums = Span.objects.filter(series__operation="chat", input_tokens=None)
    assert all(span.attributes["salesboost.usage.is_a_sum"] is True and span.cost_usd is None for span in sums)
    assert all(span.attributes["gen_ai.usage.output_tokens"] for span in sums)
    hour = Rollup.objects.at(3_600).aggregate(tokens=Sum("input_tokens"), unpriced=Sum("unpriced"))
    assert hour["tokens"] == sum(kept.values_list("input_tokens", flat=True))
    told = Span.objects.filter(Q(input_tokens__isnull=False) | Q(output_tokens__isnull=False), cost_usd=None)
    assert (hour["unpriced"], price is None) == (told.count(), hour["unpriced"] > 0)
    assert nothing_differs()


@pytest.mark.django_db
def test_a_failed_outer_call_keeps_its_name_its_group_and_its_session(fresh):
    failed = {
        "status": 2,
        "error_type": "Timeout",
        "error_message": "too late",
        "own_name": "ask",
        "session_id": "s",
    }
    write_spans([call(1, **failed)])
    before = Span.objects.values(
        "own_name", "session_id", "fingerprint", "series_id", "status", "error_message"
    ).get()
    write_spans([call(2, 1)])
    assert Span.objects.filter(span_id=1, input_tokens=None).values(*before).get() == before
    assert ErrorGroup.objects.get().count == 1
    assert nothing_differs()
