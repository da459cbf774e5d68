"""What SQL finds is what the query means, on real spans in a real Postgres."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings

from telemetry import search
from telemetry.models import Span
from telemetry.search import Query, language
from telemetry.search.tree import quoted
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row
from tests.telemetry.search.predicate import passes
from tests.telemetry.search.queries import NODES
from tests.telemetry.search.spans import some_rows

pytestmark = pytest.mark.django_db
PERIOD = (NOON - timedelta(days=2), NOON + timedelta(days=1))
KEY = "start_time", "trace_id", "span_id"


def keys(spans):
    return [tuple(getattr(span, name) for name in KEY) for span in spans]


def found(node, count=1000):
    return keys(search.page(Query(language.text_of(node), node), PERIOD, None, count).spans)


def expected(node, rows):
    return sorted(keys(row for row in rows if passes(node, row)), reverse=True)


def test_sql_finds_what_python_says_for_any_query():
    write_spans(some_rows(150))
    rows = list(Span.objects.whole())

    @given(NODES)
    @settings(max_examples=250)
    def run(node):
        assert found(node) == expected(node, rows)

    run()


@pytest.mark.parametrize(
    ("text", "changes", "others"),
    [
        ("tool:crm_integration", {"tool": "crm_integration"}, {"tool": "sms"}),
        ("provider:groq", {"provider": "Groq"}, {"provider": "openai"}),
        ("model:llama*", {"model": "llama-3.3"}, {"model": "gpt-4o"}),
        ("prompt:v7", {"prompt_version": "v7"}, {"prompt_version": "v8"}),
        ("role:coach", {"caller_role": "coach"}, {"caller_role": "rag"}),
        ("agent:sales*", {"agent": "sales-coach"}, {"agent": "other"}),
        ("service:shop", {"service": "shop"}, {"service": "web"}),
        ("key:ci", {"api_key": "ci"}, {"api_key": ""}),
        ("operation:chat", {"operation": "chat", "tool": "", "outcome": ""}, {}),
        ("kind:client", {"kind": 3}, {"kind": 1}),
        ('name:"execute_tool crm"', {}, {"own_name": "GET /"}),
        ("name:GET*", {"own_name": "GET /users"}, {}),
        ("status:error", {"status": 2}, {"status": 1}),
        ("status:fine", {"status": 1}, {"status": 2}),
        ("outcome:failed", {"outcome": "timeout"}, {"outcome": "rate_limit"}),
        ("layer:arguments", {"outcome": "arguments"}, {"outcome": "timeout"}),
        ('error:"timed out"', {"error_message": "It Timed out (5 s)", "status": 2}, {"error_message": "timed in"}),
        ("error:time*", {"error_message": "no timeout set"}, {"error_message": "overtime"}),
        ("error:*time", {"error_message": "overtime"}, {"error_message": "timeout"}),
        ("error_type:TimeoutError", {"error_type": "TimeoutError"}, {"error_type": "ValueError"}),
        ("fingerprint:ffffffffffffffff", {"fingerprint": -1}, {"fingerprint": 1}),
        ("session:s42", {"session_id": "s42"}, {"session_id": "S42"}),
        ("span:000000000000002a", {"span_id": 42}, {"span_id": 43}),
        ("call:call_1", {"tool_call_id": "call_1"}, {"tool_call_id": "call_2"}),
        ("duration:>500ms", {"duration_ms": 501.0}, {"duration_ms": 500.0}),
        ("attempts:>1", {"attempts": 2}, {"attempts": 1}),
        ("tokens:>=1k", {"input_tokens": 600, "output_tokens": 400}, {"input_tokens": 999}),
        ("cost:>$0.01", {"cost_usd": "0.02"}, {"cost_usd": "0.01"}),
        ("cost:<$1e300", {"cost_usd": "0.02"}, {}),
        ("cache:hit", {"attributes": {"salesboost.cache": "hit"}}, {"attributes": {"salesboost.cache": "miss"}}),
        ("is:root", {"parent_span_id": None}, {"parent_span_id": 7}),
        (
            "attr.customer_id=CUST001",
            {"attribute_set": '{"customer_id": "CUST001"}'},
            {"attributes": {"x": "CUST001"}},
        ),
        ("attr.n:>2", {"attributes": {"n": 3}}, {"attributes": {"n": "3"}}),
        ("attr.n:*", {"attributes": {"n": None}}, {"attributes": {"m": 1}}),
        ("crm", {"tool": "crm_integration"}, {"tool": "sms"}),
        ("trace:00000000-0000-0000-0000-00000000002a", {"trace_id": UUID(int=42)}, {}),
    ],
)
def test_each_key_finds_the_one_and_not_the_other(text, changes, others):
    write_spans([make_row(start_time=NOON, **changes), make_row(start_time=NOON + timedelta(hours=1), **others)])
    page = search.page(search.parse(text), PERIOD, None, 10)
    assert [span.start_time for span in page.spans] == [NOON]
    opposite = search.page(search.parse(f"not ({text})"), PERIOD, None, 10)
    assert [span.start_time for span in opposite.spans] == [NOON + timedelta(hours=1)]


HOSTILE = (
    *("'; DROP TABLE telemetry_span; --", "a' OR '1'='1", "%", "\\", "$1", "%(x)s", "{}"),
    *("a'::tsquery & '*", "***=", "(?i)", "[a", "\x01"),
)


@pytest.mark.parametrize("key", ["tool", "name", "error", "error_type", "session", "attr.x", "attr.'x", "text"])
def test_no_value_becomes_sql(key):
    write_spans([make_row()])
    for value in HOSTILE:
        query = search.parse(f"{key}:{quoted(value)}")
        assert search.page(query, PERIOD, None, 10).spans == []
        assert len(search.page(search.parse(f"not {query}"), PERIOD, None, 10).spans) == 1
