"""Calls of models that carry words of a tool, as OpenLIT makes them: what they cost is the model's alone."""

from decimal import Decimal

import pytest

from dashboard.addresses.periods import PERIODS
from dashboard.pages.costs import queries
from telemetry.models import Rollup, Span, ToolRollup
from telemetry.rollups.rebuild import differences
from telemetry.spans.finished import SpanFacts
from telemetry.spans.rows import row_from_facts
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON
from tests.telemetry.cost.builders import enter

pytestmark = pytest.mark.django_db
START = int(NOON.timestamp() * 1e9)
CHAT = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "our-own"}
TOKENS = {"gen_ai.usage.input_tokens": 600_000, "gen_ai.usage.output_tokens": 400_000}
FREE = {"gen_ai.usage.cost": 0}
WORDS = {"gen_ai.tool.name": "get_weather, find_order", "gen_ai.tool.call.id": "call_1", "gen_ai.tool.args": "{}"}


def store(*spans):
    write_spans(
        [
            row_from_facts(
                SpanFacts(
                    trace_id=1, span_id=number, name="chat our-own", start_ns=START, end_ns=START + 10**6,
                    attributes=attributes,
                ),
                1_000,
                "shop",
            )
            for number, attributes in enumerate(spans, 1)
        ]
    )  # fmt: skip
    assert differences(NOON, NOON) == []


def counted():
    """(tool, model, cost, unpriced calls) of what was stored."""
    rows = Rollup.objects.at(60).select_related("series")
    return {(row.series.tool, row.series.model, row.cost_usd, row.unpriced) for row in rows}


def tools_that_cost():
    window = PERIODS["24h"].window(NOON)
    return [*queries.dearest(window, {}, "tool")[0]]


def test_a_stated_0_beside_tokens_is_stored_as_unpriced_and_under_no_tool():
    store(CHAT | TOKENS | FREE | WORDS)
    assert Span.objects.get().cost_usd is None
    assert counted() == {("", "our-own", Decimal(0), 1)}
    assert not ToolRollup.objects.exists() and tools_that_cost() == []


def test_a_stated_0_without_tokens_stays_0_and_is_not_unpriced():
    store(CHAT | FREE | WORDS)
    assert Span.objects.get().cost_usd == 0
    assert counted() == {("", "our-own", Decimal(0), 0)}


@pytest.mark.parametrize("stated", [{}, FREE, {"gen_ai.usage.cost": 9}])
@pytest.mark.parametrize("operation", ["chat", "text_completion", "generate_content", "embeddings"])
def test_the_models_price_stands_under_the_model(operation, stated):
    enter("2.5", model="our-own")
    store(CHAT | TOKENS | WORDS | stated | {"gen_ai.operation.name": operation})
    assert counted() == {("", "our-own", Decimal("2.5"), 0)}
    assert tools_that_cost() == []


@pytest.mark.parametrize("words", [{"tool.name": "crm"}, {"ai.toolCall.name": "crm"}, {"mcp.tool.name": "crm"}])
def test_so_it_does_with_what_others_call_a_tool(words):
    enter("2.5", model="our-own")
    store(CHAT | TOKENS | words)
    assert counted() == {("", "our-own", Decimal("2.5"), 0)}


def test_a_tool_that_asks_a_model_itself_has_its_cost():
    """The innocent: the span is the tool's own."""
    enter("2.5", model="our-own")
    store(CHAT | TOKENS | WORDS | {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "summarise"})
    assert counted() == {("summarise", "our-own", Decimal("2.5"), 0)}
    assert tools_that_cost() == ["summarise"]
