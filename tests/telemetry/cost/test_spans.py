"""The cost that a span is stored with."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from telemetry.cost.pricing import Book
from telemetry.cost.spans import CACHE_CREATION, CACHE_READ, RESPONSE_MODEL, STATED, SUMS_OF_CALLS, priced
from telemetry.spans.finished import SpanFacts
from telemetry.spans.rows import row_from_facts
from tests.telemetry.builders import NOON, make_row
from tests.telemetry.cost.builders import model_call, rates

BOOK = Book([rates(input_usd="2.5", output_usd="10", cache_read_usd="1")])


def cost(**changes):
    return priced(model_call(**changes), BOOK).cost_usd


def told(attributes):
    start = int(NOON.timestamp() * 1e9)
    facts = SpanFacts(trace_id=1, span_id=2, name="chat", start_ns=start, end_ns=start + 1, attributes=attributes)
    return row_from_facts(facts, 1_000)


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


# Written out: a name that is gone from the tables must be missed here.
READ_NAMES = (
    *("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
    *("gen_ai.usage.cached_input_tokens", "gen_ai.usage.input_tokens.cached"),
    *("gen_ai.usage.cache_read_tokens", "gen_ai.usage.input_cached_tokens", "gen_ai.usage.cached_tokens"),
    *("gen_ai.usage.details.cache_read_tokens", "gen_ai.usage.details.input_cached_tokens"),
    *("gen_ai.usage.details.cached_tokens", "gen_ai.usage.input_token_details.cache_read"),
    *("gen_ai.usage.prompt_tokens_details.cached_tokens", "llm.usage.cache_read_input_tokens"),
    *("llm.token_count.prompt_details.cache_read", "llm.token_count.prompt_details.cache_input"),
    *("ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens"),
    *("gen_ai.usage.details.cache_read_input_tokens", "gen_ai.usage.input_tokens_details.cached_tokens"),
)
CREATION_NAMES = (
    *("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens"),
    *("gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_write_input_tokens"),
    *("gen_ai.usage.cache_write_tokens", "gen_ai.usage.cache_creation_tokens"),
    *("gen_ai.usage.details.cache_write_tokens", "gen_ai.usage.details.cache_creation_tokens"),
    "gen_ai.usage.input_token_details.cache_creation",
    *("gen_ai.usage.prompt_tokens_details.cache_creation_tokens", "llm.usage.cache_creation_input_tokens"),
    *("llm.token_count.prompt_details.cache_write", "ai.usage.inputTokenDetails.cacheWriteTokens"),
    "gen_ai.usage.details.cache_creation_input_tokens",
)
STATED_NAMES = (
    *("gen_ai.usage.cost", "gen_ai.usage.total_cost", "llm.usage.total_cost", "llm.cost.total"),
    *("operation.cost", "llm.response.cost"),
)
ANSWERED_NAMES = ("gen_ai.response.model", "ai.response.model", "llm.response.model")
SUMS = (
    *("create_agent", "invoke_agent", "invoke_workflow", "workflow", "agent_step", "model_generation"),
    "execute_event_loop_cycle",
)


def test_every_name_in_the_tables_is_written_out_here():
    written = (READ_NAMES, CREATION_NAMES, STATED_NAMES, ANSWERED_NAMES, SUMS)
    for names, table in zip(
        written, (CACHE_READ, CACHE_CREATION, STATED, RESPONSE_MODEL, SUMS_OF_CALLS), strict=True
    ):
        assert sorted(names) == sorted(table)


@pytest.mark.parametrize("name", READ_NAMES)
def test_cached_tokens_are_found_under_each_of_their_names(name):
    assert cost(input_tokens=1_000_000, output_tokens=0, attributes={name: 400_000}) == Decimal("1.9")


@pytest.mark.parametrize("name", CREATION_NAMES)
def test_so_are_those_written_to_a_cache(name):
    assert cost(input_tokens=10, output_tokens=0, attributes={name: 1_000_000}) == Decimal("2.500025")


@pytest.mark.parametrize("wrong", [-5, "many", None, 1 << 40, 1.5])
def test_a_count_that_is_none_counts_nothing(wrong):
    assert cost(attributes={READ_NAMES[0]: wrong}) == Decimal("5.5")


@pytest.mark.parametrize("name", STATED_NAMES)
def test_what_a_span_states_is_its_cost_where_the_table_has_no_price(name):
    assert cost(model="gpt-99", attributes={name: 0.25}) == Decimal("0.25")
    assert cost(attributes={name: 0.25}) == Decimal("5.5")


def test_what_the_gateway_takes_is_the_cost_whatever_the_table_says():
    assert cost(attributes={"gen_ai.cost.total_cost": 0.000114, "gen_ai.usage.cost": 9}) == Decimal("0.000114")
    assert cost(attributes={"gen_ai.cost.total_cost": "unknown"}) == Decimal("5.5")


@pytest.mark.parametrize("name", [*STATED_NAMES, "gen_ai.cost.total_cost"])
def test_a_stated_0_beside_tokens_says_that_the_price_was_not_known(name):
    assert cost(model="gpt-99", attributes={name: 0}) is None
    assert cost(attributes={name: 0.0}) == Decimal("5.5")
    assert cost(model="gpt-99", input_tokens=None, output_tokens=None, attributes={name: 0}) == 0


def test_but_what_a_gateway_had_in_its_own_cache_is_free():
    hit = {"gen_ai.cost.total_cost": 0, "litellm.cache_hit": True}
    assert cost(attributes=hit) == 0
    assert cost(attributes=hit | {"litellm.cache_hit": False}) == Decimal("5.5")


@pytest.mark.parametrize(
    ("asked", "answered", "wanted"),
    [
        ("gpt-4o", "gpt-4o-mini-2024-07-18", "0.33"),  # a deployment that is named like another model
        ("our-deployment", "gpt-4o-mini", "0.33"),
        ("our-deployment", "gpt-4o", "5.5"),
        ("gpt-4o-mini", "gpt-99", "0.33"),  # no price: the one that was asked for
        ("gpt-4o", "", "5.5"),
        ("our-deployment", "gpt-99", None),
    ],
)
def test_the_model_that_answered_has_the_price(asked, answered, wanted):
    named = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "azure.ai.openai"}
    tokens = {"gen_ai.usage.input_tokens": 600_000, "gen_ai.usage.output_tokens": 400_000}
    prices = [rates(input_usd="2.5", output_usd="10"), rates("gpt-4o-mini", input_usd="0.15", output_usd="0.6")]
    azure = Book(replace(row, provider="azure.ai.openai") for row in prices)
    for name in ANSWERED_NAMES:
        row = told({**named, **tokens, "gen_ai.request.model": asked, name: answered})
        assert row.series.model == asked
        assert priced(row, azure).cost_usd == (None if wanted is None else Decimal(wanted))


ACCOUNT = "arn:aws:bedrock:us-east-1:123456789012:"
CLAUDE = "us.anthropic.claude-sonnet-4-20250514-v1:0"


@pytest.mark.parametrize(
    ("said", "word"),
    [
        (f"{ACCOUNT}inference-profile/{CLAUDE}", CLAUDE),
        (f"{ACCOUNT}foundation-model/anthropic.claude-sonnet-4-20250514-v1:0", CLAUDE.removeprefix("us.")),
        (f"arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/{CLAUDE}", CLAUDE),
        (CLAUDE, CLAUDE),
    ],
)
def test_an_arn_of_bedrock_is_the_model_that_it_names(said, word):
    row = told({"gen_ai.operation.name": "chat", "gen_ai.system": "aws.bedrock", "gen_ai.request.model": said,
                "gen_ai.usage.input_tokens": 1_000_000})  # fmt: skip
    book = Book([rates("anthropic.claude-sonnet-4-20250514-v1:0", input_usd="3", provider="aws.bedrock")])
    assert row.series.model == word
    assert row.attributes.get("gen_ai.request.model", word) == said
    assert priced(row, book).cost_usd == 3


def test_a_profile_of_ones_own_keeps_its_name_and_the_answer_has_the_price():
    own = "application-inference-profile/a1b2c3d4e5f6"
    row = told({"gen_ai.operation.name": "chat", "gen_ai.system": "aws.bedrock",
                "gen_ai.usage.input_tokens": 1_000_000,
                "gen_ai.request.model": ACCOUNT + own, "gen_ai.response.model": CLAUDE})  # fmt: skip
    assert row.series.model == own
    book = Book([rates("anthropic.claude-sonnet-4-20250514-v1:0", input_usd="3", provider="aws.bedrock")])
    assert priced(row, book).cost_usd == 3


def test_a_name_too_long_for_a_word_is_priced_by_all_of_it():
    name = "accounts/" + "x" * 100 + "/models/llama-3"
    row = told({"gen_ai.operation.name": "chat", "gen_ai.system": "fireworks_ai", "gen_ai.request.model": name,
                "gen_ai.usage.input_tokens": 1_000_000})  # fmt: skip
    assert priced(row, Book([rates("llama-3", input_usd="3", provider="fireworks_ai")])).cost_usd == 3


@pytest.mark.parametrize("name", ["langsmith.metadata.usage_metadata", "ai.usage"])
@pytest.mark.parametrize("written", [json.dumps, lambda value: value])
def test_cached_tokens_are_found_inside_a_structure(name, written):
    usage = {"input_token_details": {"cache_read": 400_000}, "inputTokenDetails": {"cacheReadTokens": 400_000}}
    assert cost(input_tokens=1_000_000, output_tokens=0, attributes={name: written(usage)}) == Decimal("1.9")
    assert cost(input_tokens=1_000_000, output_tokens=0, attributes={name: "[1]"}) == Decimal("2.5")


@pytest.mark.parametrize("name", ["ai.usage", "ai.response.usage"])
@pytest.mark.parametrize("written", [json.dumps, lambda value: value])
def test_so_they_are_beside_all_others_in_it(name, written):
    def of(usage):
        return cost(input_tokens=1_000_000, output_tokens=0, attributes={name: written(usage)})

    assert of({"inputTokens": 1_000_000, "cachedInputTokens": 400_000}) == Decimal("1.9")
    nested = {"inputTokenDetails": {"cacheReadTokens": 400_000}}
    assert of(nested | {"cachedInputTokens": 400_000}) == of(nested | {"cachedInputTokens": 0}) == Decimal("1.9")
    for none in (0, -5, "400000", None, {"cachedInputTokens": 400_000}):
        assert of({"inputTokens": 1_000_000, "cachedInputTokens": none}) == Decimal("2.5")


@pytest.mark.parametrize(
    "said",
    [
        *({name: 800} for name in READ_NAMES),
        {"ai.usage": '{"inputTokens": 1000, "outputTokens": 500, "cachedInputTokens": 800}'},
        {"ai.response.usage": '{"inputTokens": 1000, "outputTokens": 500, "cachedInputTokens": 800}'},
    ],
)
def test_a_span_as_it_comes_has_its_cached_tokens_at_their_price(said):
    book = Book([rates(input_usd="2.5", output_usd="10", cache_read_usd="1.25")])
    chat = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o",
            "gen_ai.usage.input_tokens": 1_000, "gen_ai.usage.output_tokens": 500}  # fmt: skip
    assert priced(told(chat | said), book).cost_usd == Decimal("0.0065")
    assert priced(told(chat | {"app.cached_tokens": 800}), book).cost_usd == Decimal("0.0075")


SMALL = "text-embedding-3-small"
VERCEL = {"ai.model.id": SMALL, "ai.model.provider": "openai.embedding", "ai.usage.tokens": 1_000}
PHOENIX = {"embedding.model_name": SMALL, "llm.token_count.total": 1_000}
CALLED = {"gen_ai.operation.name": "embeddings", "gen_ai.request.model": SMALL}


@pytest.mark.parametrize(
    "attributes",
    [
        VERCEL | {"ai.operationId": "ai.embed.doEmbed"},
        VERCEL | {"ai.operationId": "ai.embedMany.doEmbed"},
        {"ai.operationId": "ai.embed.doEmbed", "ai.model.id": SMALL, "ai.usage.tokens": 1_000},
        PHOENIX | {"openinference.span.kind": "EMBEDDING"},
        PHOENIX | {"openinference.span.kind": "EMBEDDING", "llm.token_count.prompt": 1_000,
                   "llm.token_count.total": 7},
        CALLED | {"gen_ai.usage.total_tokens": 1_000},
        CALLED | {"llm.usage.total_tokens": "1000"},
    ],
)  # fmt: skip
def test_all_tokens_of_an_embedding_are_its_input(attributes):
    row = told(attributes)
    assert (row.series.operation, row.input_tokens, row.output_tokens) == ("embeddings", 1_000, None)
    assert priced(row, Book([rates(SMALL, input_usd="0.02", output_usd="0")])).cost_usd == Decimal("0.00002")


@pytest.mark.parametrize(
    "attributes",
    [
        VERCEL | {"ai.operationId": "ai.embed"},  # what the application called, around the call of the model
        VERCEL | {"ai.operationId": "ai.embedMany"},
        PHOENIX | {"openinference.span.kind": "LLM"},
        PHOENIX | {"openinference.span.kind": "RETRIEVER"},
        {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o", "gen_ai.usage.total_tokens": 1_000},
        {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "crm", "llm.usage.total_tokens": 1_000},
        CALLED | {"gen_ai.usage.total_tokens": "many"},
    ],
)
def test_those_of_nothing_else_are(attributes):
    row = told(attributes)
    assert (row.input_tokens, row.output_tokens, priced(row, BOOK).cost_usd) == (None, None, None)


def test_what_decides_the_cost_is_kept_though_it_stands_behind_128_attributes():
    many = {f"app.{number}": number for number in range(200)}
    named = {"gen_ai.operation.name": "chat", "gen_ai.system": "azure", "gen_ai.request.model": "our-deployment",
             "gen_ai.usage.input_tokens": 600_000, "gen_ai.usage.output_tokens": 400_000}  # fmt: skip
    stated = told({**many, **named, "operation.cost": 0.25})
    assert stated.attributes["gen_ai.usage.cost"] == 0.25
    assert priced(stated, BOOK).cost_usd == Decimal("0.25")
    billed = told({**many, **named, "gen_ai.cost.total_cost": 0.5})
    assert priced(billed, BOOK).cost_usd == Decimal("0.5")
    answered = told({**many, **named, "gen_ai.system": "openai", "llm.response.model": "gpt-4o"})
    assert priced(answered, BOOK).cost_usd == Decimal("5.5")
    vercel = told({**many, **named, "ai.operationId": "ai.generateText"})
    assert priced(vercel, BOOK).input_tokens is None
    assert "app.128" not in stated.attributes


def test_a_cost_may_be_stated_without_tokens():
    none = {"input_tokens": None, "output_tokens": None}
    assert cost(**none, attributes={"gen_ai.usage.cost": "0.04"}) == Decimal("0.04")


@pytest.mark.parametrize("wrong", [-1, "much", float("nan"), float("inf"), 1e300, None, [1]])
def test_a_stated_cost_that_is_none_is_left_alone(wrong):
    assert cost(model="gpt-99", attributes={"gen_ai.usage.cost": wrong}) is None


@pytest.mark.parametrize("operation", SUMS)
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
    assert priced(told(attributes), BOOK).cost_usd == Decimal("5.5")
