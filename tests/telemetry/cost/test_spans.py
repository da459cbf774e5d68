"""The cost that a span is stored with."""

from decimal import Decimal

import pytest

from telemetry.cost.pricing import Book
from telemetry.cost.spans import CACHE_CREATION, CACHE_READ, STATED, priced
from telemetry.facts import SpanFacts
from telemetry.rows import row_from_facts
from tests.telemetry.builders import NOON, make_row
from tests.telemetry.cost.builders import model_call, rates

BOOK = Book([rates(input_usd="2.5", output_usd="10", cache_read_usd="1")])


def cost(**changes):
    return priced(model_call(**changes), BOOK).cost_usd


def test_a_model_call_costs_what_its_tokens_cost():
    assert cost() == Decimal("5.5")


def test_a_call_of_a_model_without_a_price_is_unpriced():
    row = model_call(model="gpt-99")
    assert priced(row, BOOK) is row


def test_a_span_that_tells_of_no_tokens_stays_as_it_is():
    row = make_row()
    assert priced(row, BOOK) is row


def test_a_cost_that_is_there_already_is_kept():
    assert cost(cost_usd=Decimal(7)) == 7


@pytest.mark.parametrize("name", CACHE_READ)
def test_cached_tokens_are_found_under_each_of_their_names(name):
    assert cost(input_tokens=1_000_000, output_tokens=0, attributes={name: 400_000}) == Decimal("1.9")


@pytest.mark.parametrize("name", CACHE_CREATION)
def test_so_are_those_written_to_a_cache(name):
    assert cost(input_tokens=10, output_tokens=0, attributes={name: 1_000_000}) == Decimal("2.500025")


@pytest.mark.parametrize("wrong", [-5, "many", None, 1 << 40, 1.5])
def test_a_count_that_is_none_counts_nothing(wrong):
    assert cost(attributes={CACHE_READ[0]: wrong}) == Decimal("5.5")


@pytest.mark.parametrize("name", STATED)
def test_what_a_span_states_is_its_cost_where_the_table_has_no_price(name):
    assert cost(model="gpt-99", attributes={name: 0.25}) == Decimal("0.25")
    assert cost(attributes={name: 0.25}) == Decimal("5.5")


def test_a_cost_may_be_stated_without_tokens():
    none = {"input_tokens": None, "output_tokens": None}
    assert cost(**none, attributes={"gen_ai.usage.cost": "0.04"}) == Decimal("0.04")


@pytest.mark.parametrize("wrong", [-1, "much", float("nan"), float("inf"), 1e300, None, [1]])
def test_a_stated_cost_that_is_none_is_left_alone(wrong):
    assert cost(model="gpt-99", attributes={"gen_ai.usage.cost": wrong}) is None


@pytest.mark.parametrize("operation", ["invoke_agent", "invoke_workflow", "create_agent"])
def test_what_only_adds_up_other_spans_has_neither_tokens_nor_cost(operation):
    row = priced(model_call(operation=operation, attributes={"gen_ai.usage.cost": 1}), BOOK)
    assert (row.cost_usd, row.input_tokens, row.output_tokens) == (None, None, None)
    assert row.attributes["gen_ai.usage.input_tokens"] == 600_000


@pytest.mark.parametrize(
    ("operation_id", "wanted"), [("ai.generateText", None), ("ai.generateText.doGenerate", Decimal("5.5"))]
)
def test_vercels_outer_span_is_not_counted_beside_the_model_call_in_it(operation_id, wanted):
    assert cost(attributes={"ai.operationId": operation_id}) == wanted
    assert cost(attribute_set=f'{{"ai.operationId": "{operation_id}"}}') == wanted


def test_a_tool_that_tells_of_tokens_costs_them():
    assert cost(operation="execute_tool", tool="summarise", outcome="first_try") == Decimal("5.5")


@pytest.mark.parametrize(
    "attributes",
    [
        {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o",
         "gen_ai.usage.input_tokens": 600_000, "gen_ai.usage.output_tokens": 400_000},
        {"openinference.span.kind": "LLM", "llm.provider": "openai", "llm.model_name": "gpt-4o-2024-08-06",
         "llm.token_count.prompt": 600_000, "llm.token_count.completion": 400_000},
        {"gen_ai.system": "openai", "gen_ai.response.model": "openai/gpt-4o",
         "gen_ai.usage.prompt_tokens": 600_000, "gen_ai.usage.completion_tokens": 400_000},
    ],
)  # fmt: skip
def test_a_call_costs_the_same_in_whichever_words_it_is_told(attributes):
    start = int(NOON.timestamp() * 1e9)
    facts = SpanFacts(trace_id=1, span_id=2, name="chat", start_ns=start, end_ns=start + 1, attributes=attributes)
    assert priced(row_from_facts(facts, 1_000), BOOK).cost_usd == Decimal("5.5")
