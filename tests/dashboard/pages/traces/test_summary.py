from decimal import Decimal

import pytest

from dashboard.pages.traces.summary import summary, usage
from dashboard.pages.traces.tree import build
from dashboard.wording.formats import dollars
from tests.dashboard.pages.traces.builders import span


def head(*spans):
    return summary(build(spans))


def test_the_head_says_what_the_trace_did():
    found = head(
        span(1, agent="coach", took_ms=100),
        span(2, 1, operation="chat", model="gpt-4o"),
        span(3, 1, tool="crm", outcome="first_try"),
        span(4, 1, tool="price", outcome="timeout", status=2),
    )
    assert found.title == "coach"
    assert found.sentence == "Asked a model once and made 2 tool calls (crm, price), 1 of which failed."
    assert (found.succeeded, found.failed, found.refused, found.errors) == (1, 1, 0, 1)
    assert (found.state.word, found.state.tone) == ("ended well after an error", "warn")


def test_a_root_that_failed_is_a_failed_trace():
    assert head(span(1, status=2)).state.word == "failed"


def test_the_title_is_the_root_and_not_an_orphan_that_began_earlier():
    assert head(span(1, 99, name="late parent"), span(2, start_ms=5, name="root")).title == "root"


def test_tokens_that_an_agent_sums_up_are_counted_once():
    tree = build(
        [
            span(1, input_tokens=30, output_tokens=3, cost_usd=Decimal("0.9")),
            span(2, 1),
            span(3, 2, input_tokens=10, output_tokens=1, cost_usd=Decimal("0.3")),
            span(4, 2, input_tokens=20, output_tokens=2, cost_usd=Decimal("0.6")),
        ]
    )
    found = usage(tree.nodes)
    assert (found.input_tokens, found.output_tokens, found.cost_usd) == (30, 3, Decimal("0.9"))


def test_what_has_no_price_is_unpriced_and_not_free():
    assert head(span(1, input_tokens=5)).usage.cost_words == "unpriced"
    both = head(span(1), span(2, 1, input_tokens=5), span(3, 1, input_tokens=5, cost_usd=Decimal("0.5")))
    assert both.usage.cost_words == "$0.50 + 1 unpriced"
    assert head(span(1)).usage.cost_words == "–"


@pytest.mark.parametrize(
    ("amount", "words"), [("0", "$0.00"), ("1.2", "$1.20"), ("0.00412", "$0.0041"), ("0.05", "$0.050")]
)
def test_small_amounts_keep_two_digits(amount, words):
    assert dollars(Decimal(amount)) == words


def test_what_is_odd_is_said():
    notes = head(span(1, 99), span(2, 3), span(3, 2), span(4), span(5, 4, start_ms=-9)).notes
    assert len(notes) == 3
    assert notes[0].startswith("1 span with a parent that is not here")


CHAT = span(2, 1, operation="chat", model="gpt-4o")
FAILED = span(3, 1, tool="crm", outcome="timeout", status=2)


@pytest.mark.parametrize(
    ("spans", "word"),
    [
        ([FAILED], "failed"),  # its only call
        ([CHAT, FAILED], "failed"),  # what the model said is no call
        ([FAILED, span(4, 1, tool="crm", outcome="provider")], "failed"),
        ([FAILED, span(4, 1, tool="crm", outcome="after_retry")], "ended well after an error"),
        ([span(2, 1, operation="chat", status=2)], "failed"),
        ([span(2, 1, operation="chat", status=2), CHAT], "ended well after an error"),
        ([span(3, 1, tool="crm", outcome="rate_limit")], "refused"),
        ([CHAT], "succeeded"),
    ],
)
def test_a_trace_none_of_whose_calls_succeeded_did_not_end_well(spans, word):
    assert head(span(1, agent="coach"), *spans).state.word == word
