"""Spans and traces over REST: found by the language, paged by place, told in plain units."""

import uuid
from datetime import timedelta
from decimal import Decimal
from itertools import chain

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from telemetry.exports import trace_pieces
from telemetry.ingest import otlp
from telemetry.models import Span
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row

TRACE = uuid.UUID(int=0xABC)
HEX = TRACE.hex
SINCE = (NOON - timedelta(hours=12)).isoformat()


def pages(api, path, **query):
    """All answers to a question, page by page."""
    found = [api.json(path, since=SINCE, **query)]
    while found[-1]["next_cursor"]:
        found.append(api.json(path, since=SINCE, cursor=found[-1]["next_cursor"], **query))
    return found


def statements(asked):
    """The statements that read tables, not those around them."""
    return [query["sql"] for query in asked if " FROM " in query["sql"] or "FROM telemetry" in query["sql"]]


def test_spans_are_found_and_told_in_plain_units(api):
    row = make_row(
        trace_id=TRACE,
        span_id=-1,
        start_ns=789,
        kind=3,
        status=2,
        outcome="timeout",
        cost_usd=Decimal("0.25"),
        fingerprint=1,
    )
    write_spans([row, make_row(tool="sms")])
    [span] = api.json("spans", q="tool:crm", since=SINCE)["spans"]
    assert (span["trace_id"], span["span_id"], span["kind"], span["status"]) == (HEX, "f" * 16, "client", "error")
    assert span["start_unix_ns"] == int(NOON.timestamp()) * 10**9 + 789
    assert (span["cost_usd"], span["duration_ms"], span["fingerprint"]) == (0.25, 12.5, "0" * 15 + "1")
    assert "attributes" not in span and "payload" not in span


def test_every_span_is_on_one_page(api):
    write_spans([make_row(start_time=NOON - timedelta(minutes=number)) for number in range(7)])
    found = [[span["start_time"] for span in page["spans"]] for page in pages(api, "spans", limit=3)]
    assert [len(page) for page in found] == [3, 3, 1]
    moments = list(chain(*found))
    assert moments == sorted(moments, reverse=True)


def test_one_span_has_everything(api):
    row = make_row(
        trace_id=TRACE, span_id=16, attributes={"customer": "CUST001"}, attribute_set='{"shared": true}',
        arguments='{"a": 1}', events=[{"name": "attempt"}],
    )  # fmt: skip
    write_spans([row])
    span = api.json(f"spans/{HEX}/0000000000000010")
    assert span["attributes"] == {"customer": "CUST001", "shared": True}
    assert span["payload"] == {"arguments": '{"a": 1}', "result": "", "messages": ""}
    assert span["events"] == [{"name": "attempt"}] and "attributes" in span["scope"]


def test_a_span_without_a_payload_says_so_in_empty_texts(api):
    write_spans([make_row(trace_id=TRACE)])
    assert set(api.json(f"spans/{HEX}/0000000000000001")["payload"].values()) == {""}


def test_a_trace_has_all_its_spans_in_their_order(api):
    write_spans([make_row(trace_id=TRACE, span_id=9 - number, start_ns=number) for number in range(3)])
    trace = api.json(f"traces/{HEX}")
    assert [span["span_id"][-1] for span in trace["spans"]] == ["9", "8", "7"]
    assert trace["truncated"] is False


@pytest.mark.parametrize(("payloads", "has"), [("true", True), ("false", False)])
def test_a_trace_can_be_taken_to_another_back_end(api, payloads, has):
    write_spans([make_row(trace_id=TRACE, span_id=number, arguments='{"a": 1}') for number in (1, 2)])
    answer = api(f"traces/{HEX}", format="otlp", payloads=payloads)
    spans = otlp.read(answer.content, otlp.JSON).spans
    assert [span.span_id for span in spans] == [1, 2]
    assert all(("gen_ai.tool.call.arguments" in span.attributes) is has for span in spans)


def test_a_trace_is_a_row_with_its_sums(api):
    child = {"trace_id": TRACE, "parent_span_id": 1}
    chat = {**child, "outcome": "", "tool": "", "operation": "chat"}
    agent = {"outcome": "", "tool": "", "operation": "invoke_agent", "agent": "seller", "service": "shop"}
    later = NOON + timedelta(milliseconds=50)
    write_spans(
        [
            make_row(**agent, trace_id=TRACE, span_id=1, duration_ms=100.0),
            make_row(**child, span_id=2, outcome="timeout", status=2, duration_ms=900.0, start_time=later),
            make_row(**chat, span_id=3, input_tokens=10, output_tokens=5, cost_usd=Decimal("0.5")),
            make_row(**chat, span_id=4, input_tokens=7),
        ]
    )
    [row] = api.json("traces", q="tool:crm", since=SINCE)["traces"]
    assert row.pop("root") == {"span_id": "0" * 15 + "1", "name": "invoke_agent seller", "service": "shop"}
    figures = {
        "spans": 4, "errors": 1, "calls": 1, "failed_calls": 1, "input_tokens": 17, "output_tokens": 5,
        "cost_usd": 0.5, "unpriced_spans": 1,
    }  # fmt: skip
    assert row == {
        "trace_id": HEX, "start_time": NOON.isoformat(), "duration_ms": 950.0, "session_id": "", **figures,
        "weight": 1, "weighted": figures,
    }  # fmt: skip


def test_a_trace_that_stands_for_others_says_for_how_many_and_what_they_sum_up_to(api):
    """As thinning leaves it: of ten alike one was kept, and a span of it came too late to be thinned."""
    chat = {"outcome": "", "tool": "", "operation": "chat", "parent_span_id": 1}
    write_spans(
        [
            make_row(trace_id=TRACE, span_id=1, status=2, outcome="timeout"),
            make_row(**chat, trace_id=TRACE, span_id=2, input_tokens=7, cost_usd=Decimal("0.5")),
            make_row(**chat, trace_id=TRACE, span_id=3, input_tokens=100, cost_usd=Decimal("0.25")),
            make_row(trace_id=uuid.UUID(int=0xDEF), span_id=1),
        ]
    )
    Span.objects.filter(trace_id=TRACE, span_id__in=[1, 2]).update(weight=10)
    kept, alone = sorted(api.json("traces", since=SINCE)["traces"], key=lambda row: row["trace_id"])
    assert (kept["weight"], kept["spans"], kept["input_tokens"], kept["cost_usd"]) == (10, 3, 107, 0.75)
    assert kept["weighted"] == {
        "spans": 21, "errors": 10, "calls": 10, "failed_calls": 10, "input_tokens": 170, "output_tokens": 0,
        "cost_usd": 5.25, "unpriced_spans": 0,
    }  # fmt: skip
    assert kept["spans"] == len(api.json(f"traces/{HEX}")["spans"]), "its own figures are those of its spans"
    assert (alone["weight"], alone["weighted"]["spans"], alone["weighted"]["cost_usd"]) == (1, 1, None)


def test_a_trace_without_its_root_is_shown_all_the_same(api):
    write_spans([make_row(parent_span_id=99)])
    [row] = api.json("traces", since=SINCE)["traces"]
    assert (row["root"], row["spans"], row["cost_usd"]) == (None, 1, None)


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_a_trace_is_on_one_page_however_many_matches_it_has(api, limit):
    ids = [uuid.UUID(int=number) for number in range(1, 6)]
    # Matches of all traces, one after the other, again and again.
    rows = [
        make_row(trace_id=ids[number % 5], span_id=number + 1, start_time=NOON - timedelta(minutes=number))
        for number in range(40)
    ]
    write_spans(rows)
    found = pages(api, "traces", q="tool:crm", limit=limit)
    listed = [row["trace_id"] for page in found for row in page["traces"]]
    assert listed == [trace.hex for trace in ids]
    assert all(len(page["traces"]) <= limit for page in found)
    assert {row["spans"] for page in found for row in page["traces"]} == {8}


@pytest.mark.parametrize("many", [3, 30])
@pytest.mark.parametrize(("path", "most"), [("spans", 3), ("traces", 5)])
def test_a_list_asks_the_same_however_long_it_is(api, path, most, many):
    write_spans([make_row(start_time=NOON - timedelta(minutes=number)) for number in range(many)])
    with CaptureQueriesContext(connection) as asked:
        assert len(api.json(path, q="tool:crm", since=SINCE)[path]) == many
    # The words' series, where the walk ends, the spans; of traces their sums and their roots.
    assert len(statements(asked)) == most


def test_a_span_and_a_trace_cost_two_queries_at_most(api):
    write_spans([make_row(trace_id=TRACE, span_id=number, arguments="{}") for number in range(1, 20)])
    with CaptureQueriesContext(connection) as asked:
        api.json(f"traces/{HEX}")
    assert len(statements(asked)) == 1
    with CaptureQueriesContext(connection) as asked:
        api.json(f"spans/{HEX}/0000000000000001")
    assert len(statements(asked)) == 2


def test_a_time_in_the_query_counts_before_the_parameters(api):
    write_spans([make_row(), make_row(start_time=NOON - timedelta(hours=3))])
    day = f"{NOON - timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}"
    both = api.json("spans", q=f"since:{day}", since=NOON.isoformat())
    assert len(both["spans"]) == 2
    assert (
        len(api.json("spans", since=NOON.isoformat(), until=(NOON + timedelta(hours=1)).isoformat())["spans"]) == 1
    )


@pytest.fixture
def small_pieces(monkeypatch):
    monkeypatch.setattr(trace_pieces, "PIECE", 4)
    monkeypatch.setattr(trace_pieces.piece, "__defaults__", (None, 4))


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
@pytest.mark.parametrize("many", [3, 4, 9, 12])
def test_a_trace_of_any_length_comes_whole_as_otlp(api, small_pieces, many):
    write_spans([make_row(trace_id=TRACE, span_id=number, start_ns=number % 3) for number in range(1, many + 1)])
    answer = api(f"traces/{HEX}", format="otlp", payloads="true")
    spans = otlp.read(b"".join(answer) if answer.streaming else answer.content, otlp.JSON).spans
    assert sorted(span.span_id for span in spans) == list(range(1, many + 1))


def test_a_long_trace_is_read_on_by_its_cursor(api):
    write_spans([make_row(trace_id=TRACE, span_id=number, start_ns=number % 3) for number in range(1, 8)])
    found, cursor, pages = [], "", 0
    while cursor is not None:
        page = api.json(f"traces/{HEX}", limit=3, **({"cursor": cursor} if cursor else {}))
        assert page["truncated"] is (page["next_cursor"] is not None)
        found += [span["span_id"] for span in page["spans"]]
        cursor, pages = page["next_cursor"], pages + 1
    assert (pages, len(found), len(set(found))) == (3, 7, 7)


def test_after_the_last_span_of_a_trace_nothing_comes(api):
    write_spans([make_row(trace_id=TRACE, span_id=1)])
    page = api.json(f"traces/{HEX}", cursor="4000000000000000000_1")
    assert (page["spans"], page["truncated"], page["next_cursor"]) == ([], False, None)


@pytest.mark.parametrize("cursor", ["nonsense", "1_x", "9" * 40 + "_1", "1_" + "9" * 40])
def test_a_place_that_is_none_is_told(api, cursor):
    assert api.problem(f"traces/{HEX}", cursor=cursor)["parameter"] == "cursor"


def test_a_trace_as_otlp_has_no_pages(api):
    assert api.problem(f"traces/{HEX}", format="otlp", limit=5)["parameter"] == "limit"
