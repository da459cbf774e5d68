"""A model call that is told of twice is counted once."""

import uuid
from dataclasses import replace
from itertools import permutations, product

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


def plain(span_id, parent, operation="POST", **changes):
    """A span that is no call, and may stand between two."""
    return call(span_id, parent, None, operation, input_tokens=None, **changes)


def in_pieces(spans):
    """*spans* in all orders, each cut into requests in all ways."""
    for order in permutations(spans):
        for cuts in product((False, True), repeat=len(order) - 1):
            batches = [[order[0]]]
            for row, is_cut in zip(order[1:], cuts, strict=True):
                if is_cut:
                    batches.append([])
                batches[-1].append(row)
            yield batches


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


IN_PIECES = pytest.mark.parametrize(
    ("spans", "left"),
    [
        ([call(1), plain(2, 1), call(3, 2)], [3]),
        ([call(1), plain(2, 1), plain(3, 2), call(4, 3)], [4]),
        ([call(1), call(2, 1), plain(3, 2), call(4, 3)], [4]),  # three deep
        ([call(1, output=800, input_tokens=1_200), plain(2, 1), call(3, 2), call(4, 1)], [3, 4]),  # the sum of two
        ([call(1), plain(2, 1), call(3, 2, output=30, input_tokens=50)], [1, 3]),  # a guard's own call
        ([call(1), plain(2, 1, "execute_tool"), call(3, 2)], [1, 3]),  # of a tool
        ([call(1), plain(2, 1), plain(3, 2, "invoke_agent"), call(4, 3)], [1, 4]),
        ([call(1), plain(2, 1, api_key="another sender's"), call(3, 2)], [1, 3]),
        ([call(1), plain(2, None), call(3, 2)], [1, 3]),
    ],
    ids=["a span", "two", "three deep", "a sum", "other counts", "a tool", "an agent", "another's", "a root"],
)


@IN_PIECES
def test_spans_between_two_calls_join_them_in_whatever_pieces_they_come(spans, left):
    assert all(counted(*batches) == left for batches in in_pieces(spans))


@IN_PIECES
@pytest.mark.django_db
def test_and_so_the_store_counts_them_once(fresh, spans, left):
    enter("2.5")
    ways = list(in_pieces(spans))
    ways = ways[:: len(ways) // 24 | 1]  # odd, so that every way to cut is among them
    for batches in ways:
        trace_id = uuid.uuid4()
        for batch in batches:
            write_spans([replace(row, trace_id=trace_id) for row in batch])
        kept = Span.objects.filter(trace_id=trace_id, input_tokens__isnull=False)
        assert sorted(kept.values_list("span_id", flat=True)) == left
    once = sum(row.input_tokens for row in spans if row.span_id in left)
    assert Rollup.objects.at(3_600).aggregate(tokens=Sum("input_tokens"))["tokens"] == len(ways) * once
    assert nothing_differs()


@pytest.mark.parametrize(("between", "joined"), [(7, True), (8, False)])
def test_only_so_many_spans_are_looked_through_in_whatever_pieces(between, joined):
    spans = [call(1), *(plain(number, number - 1) for number in range(2, between + 2))]
    spans.append(call(between + 2, between + 1))
    left = [between + 2] if joined else [1, between + 2]
    for order in (spans, spans[::-1], [*spans[::2], *spans[1::2]], [*spans[1::2], *spans[::2]]):
        assert counted(order) == counted(*([row] for row in order)) == left


def test_a_span_between_that_could_not_be_stored_corrects_when_it_comes_again():
    nested = Nested()
    nested.marked([call(1)])
    nested.marked([call(3, 2)])
    [key] = nested.marked([plain(2, 1)]).stored
    assert nested.marked([plain(2, 1)]).stored == [key]
    nested.corrected([key])
    assert nested.marked([plain(2, 1)]).stored == []


def test_spans_around_themselves_take_nothing_out():
    assert counted([call(1, 1)]) == [1]
    assert counted([call(1, 2), plain(2, 3), plain(3, 2)]) == [1]
    assert counted([call(1, 2)], [plain(2, 1)]) == [1]


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
    between = [plain(number, 100 + number) for number in (11, 12, 13)]
    assert counted(between, [call(21, 11), call(23, 13)], [call(111), call(113)], nested=nested) == [21, 23, 111]


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
