"""Which price holds, and what it comes to."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.cost.pricing import REMEMBERED, Book, Usage, cost_of
from tests.telemetry.cost.builders import rates

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
TOKENS = st.integers(0, 10_000_000)


def cost(book, provider="openai", model="gpt-4o", at=NOON, usage=None):
    return book.cost(provider, model, at, usage or Usage(1_000_000, 1_000_000))


def test_tokens_cost_what_a_million_of_them_costs():
    assert cost_of(Usage(1_000, 200), rates()) == Decimal("0.0045")


def test_one_token_of_a_cheap_model_is_not_nothing():
    assert cost_of(Usage(1), rates(input_usd="0.001")) == Decimal("1e-9")


def test_cached_input_has_its_own_price():
    usage = Usage(1_000_000, 0, cache_read_tokens=600_000, cache_creation_tokens=100_000)
    priced = rates(input_usd="3", cache_read_usd="0.3", cache_creation_usd="3.75")
    assert cost_of(usage, priced) == Decimal("0.9") + Decimal("0.18") + Decimal("0.375")


def test_cached_input_without_a_price_of_its_own_costs_as_input_does():
    assert cost_of(Usage(1_000_000, 0, 600_000), rates()) == Decimal("2.5")


def test_input_that_leaves_out_what_was_cached_is_added_up():
    assert Usage.told(10, 5, 900, 100) == Usage(1_010, 5, 900, 100)
    assert Usage.told(1_000, 5, 900, 100) == Usage(1_000, 5, 900, 100)
    assert Usage.told(None, None, 0, 0) == Usage()


@given(TOKENS, TOKENS, TOKENS, TOKENS)
def test_no_call_costs_less_than_nothing_nor_more_than_its_dearest_price(given_, output, read, written):
    usage = Usage.told(given_, output, read, written)
    total = cost_of(usage, rates(cache_read_usd="0.3", cache_creation_usd="3.75"))
    assert 0 <= total <= (usage.input_tokens + output) * Decimal(10) / 1_000_000


@given(st.lists(st.tuples(TOKENS, TOKENS), max_size=20))
def test_calls_apart_cost_what_they_cost_together(calls):
    apart = sum((cost_of(Usage(*tokens), rates()) for tokens in calls), Decimal(0))
    together = cost_of(Usage(sum(given_ for given_, _ in calls), sum(output for _, output in calls)), rates())
    assert apart == together


def test_a_price_holds_from_its_day_on():
    book = Book([rates(input_usd="2", effective_from=date(2026, 5, 4)), rates(input_usd="5")])
    midnight = NOON.replace(hour=0)
    assert cost(book, at=midnight - timedelta(microseconds=1)) == 15
    assert cost(book, at=midnight) == 12


def test_before_its_first_price_a_model_is_unpriced():
    assert cost(Book([rates(effective_from=date(2026, 5, 5))])) is None


def test_a_long_context_has_its_own_price():
    book = Book([rates(), rates(input_usd="5", output_usd="15", above_input_tokens=200_000)])
    assert cost(book, usage=Usage(200_000)) == Decimal("0.5")
    assert cost(book, usage=Usage(200_001)) == Decimal("1.000005")


def test_a_threshold_stays_when_the_price_below_it_changes():
    later = rates(input_usd="1", effective_from=date(2026, 5, 1))
    book = Book([rates(), rates(input_usd="5", above_input_tokens=200_000), later])
    assert cost(book, usage=Usage(100_000)) == Decimal("0.1")
    assert cost(book, usage=Usage(300_000)) == Decimal("1.5")


def test_a_release_without_a_price_has_its_models_and_one_with_a_price_its_own():
    book = Book([rates(), rates("gpt-4o-2024-05-13", input_usd="5")])
    assert cost(book, model="gpt-4o-2024-05-13") == 15
    assert cost(book, model="openai/gpt-4o-2030-01-01") == Decimal("12.5")


def test_a_model_without_a_release_has_the_price_of_its_newest():
    book = Book([rates("sonnet-20240101", "3"), rates("sonnet-20250101", "4")])
    assert cost(book, model="sonnet") == cost(book, model="sonnet-latest") == 14


def test_a_release_never_has_the_price_of_another():
    assert cost(Book([rates("sonnet-20240101")]), model="sonnet-20250101") is None


def test_a_star_prices_all_that_begins_so_and_the_longest_beginning_wins():
    book = Book([rates("llama-*", "1"), rates("llama-3.3-*", "2"), rates("llama-3.3-70b", "3")])
    found = [cost(book, model=model) for model in ("llama-2", "llama-3.3-8b", "llama-3.3-70b", "mixtral")]
    assert found == [11, 12, 13, None]


def test_a_price_of_no_provider_holds_for_any_but_after_the_providers_own():
    book = Book([rates(provider="", input_usd="1"), rates(input_usd="2")])
    assert cost(book, provider="our-own-vllm") == 11
    assert cost(book) == 12


@pytest.mark.parametrize(
    ("provider", "model"), [("openai", "gpt-99"), ("acme", "gpt-4o"), ("openai", ""), ("", "")]
)
def test_what_is_not_known_is_unpriced_and_not_free(provider, model):
    assert cost(Book([rates()]), provider, model) is None


def test_invented_names_do_not_fill_the_memory():
    book = Book([rates()])
    for number in range(REMEMBERED + 10):
        book.rates("openai", f"invented {number}")
    assert len(book._found) <= REMEMBERED
    assert cost(book) == Decimal("12.5")
