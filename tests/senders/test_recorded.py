"""Spans of real packages, recorded from the versions that the applications in ``apps/`` name, through the door."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from asgiref.sync import async_to_sync

from telemetry import api
from telemetry.cost import book
from telemetry.cost.models import Price
from telemetry.cost.shipped import shipped_prices
from telemetry.ingest import otlp
from telemetry.models import Span, SpanPayload
from tests.senders.columns import MODELS, ODD, OF_ANY, OF_CALLS, OF_CHATS, calls_of, junk_of, odd_of
from tests.senders.record import APPS, packages_of
from tests.senders.recordings import RECORDED, SENDERS, requests_of

DOCS = Path(__file__).parents[2] / "docs" / "recording.md"
CHATS = ("chat", "generate_content")


def table():
    """The table of the documentation: its rows by the sender's name, cells by column."""
    text = DOCS.read_text()
    heads, _, *rows = text[text.index("| recorded |") :].partition("\n\n")[0].splitlines()
    cells = [[cell.strip(" `") for cell in row.strip("|").split(" | ")] for row in (heads, *rows)]
    return {row[0]: dict(zip(cells[0], row, strict=True)) for row in cells[1:]}


TABLE = table()


@pytest.fixture
def sent(rf, transactional_db):
    """``sent(sender)``: the rows of what it sent, payloads beside them."""

    shipped = [price for (_, model, *_), price in shipped_prices().items() if model in MODELS]
    Price.objects.bulk_create(shipped)
    book.forget()

    def sent(sender):
        for body in requests_of(sender):
            request = rf.post("/v1/traces", body, content_type=otlp.JSON)
            request.api_key = SimpleNamespace(scopes=("ingest",), name="a key")
            answer = async_to_sync(api.traces)(request)
            assert (answer.status_code, answer.content) == (200, b"{}")
        payloads = {(kept.trace_id, kept.span_id): kept for kept in SpanPayload.objects.all()}
        rows = list(Span.objects.filter(series__api_key="a key").whole())
        for row in rows:
            row.payload = payloads.get((row.trace_id, row.span_id), SpanPayload())
        return rows

    return sent


def chats_of(rows):
    return [row for row in rows if row.operation in CHATS and row.input_tokens is not None]


def row_of(sender, rows):
    """The row of the table that the *rows* of a sender prove."""
    calls = calls_of(rows)
    chats = chats_of(rows)
    told = [(call, row) for call, of_call in calls.items() for row in of_call]
    right = {"service": all(row.service for row in rows)}
    right |= {name: bool(told) and all(column.is_right(*one) for one in told) for name, column in OF_CALLS.items()}
    right |= {name: bool(chats) and all(map(column.is_right, chats)) for name, column in OF_CHATS.items()}
    ticks = {column: "✓" if is_right else "–" for column, is_right in right.items()}
    return TABLE[sender] | {"calls": str(len(calls))} | ticks


# Who asked for the calls of a sender. Of MCP's and CrewAI's no chat was sent; one call of a tool is one trace of
# Traceloop's for JavaScript, and litellm and OpenLIT here run no tools.
NOBODY = ("crewai", "fastmcp", "litellm", "mcp", "openlit", "traceloop_js")
ASKED = {
    **dict.fromkeys(SENDERS, ("openai", "gpt-4o-mini")),
    "google_adk": ("gcp.gemini", "gemini-2.5-flash"),
    "langchain_openinference": ("openai", "gpt-4o-mini-2024-07-18"),
    **dict.fromkeys(("strands", "strands_latest"), ("", "gpt-4o-mini")),
}


def asked_by(rows):
    """Provider and model of all tool calls among *rows*."""
    return {(call.provider, call.model) for of_call in calls_of(rows).values() for call in of_call}


@pytest.mark.parametrize("sender", SENDERS)
def test_the_table_has_a_tick_where_a_recording_proves_it(sender, sent):
    rows = sent(sender)
    assert asked_by(rows) - {("", "")} == (set() if sender in NOBODY else {ASKED[sender]})
    assert sender in NOBODY or ("", "") not in asked_by(rows), "a call of which nobody knows who asked"
    right = row_of(sender, rows)
    assert list(TABLE[sender].values()) == list(right.values()), (
        "| `" + "` | ".join([sender, " | ".join([*right.values()][1:])]) + " |"
    )

    # Where no tick stands there is nothing, or what is known to be odd.
    assert odd_of(rows, chats_of(rows)) == ODD.get(sender, set())
    assert junk_of(rows) == set()


@pytest.mark.parametrize(
    ("sender", "column", "junk"),
    [
        ("strands", "provider", "strands-agents"),
        ("fastmcp", "session_id", "3f2504e04f8911d39a0c0305e82c3301"),
        ("fastmcp", "agent", "<not specified>"),
        ("google_adk", "tool_call_id", "<not specified>"),
        ("openlit", "tool", "get_weather, find_order"),
        ("openlit", "tool", "get_weather"),
        ("crewai", "model", "unknown"),
    ],
)
def test_junk_is_told_from_nothing(sender, column, junk, sent):
    rows = sent(sender)
    empty = [row for row in rows if not getattr(row, column)]
    assert empty
    changed = SimpleNamespace(
        **{name: getattr(empty[0], name) for name in (*OF_ANY, "operation")} | {column: junk}
    )
    assert junk_of([changed])


@pytest.mark.parametrize("sender", SENDERS)
def test_what_was_recorded_is_of_the_versions_named(sender):
    assert json.loads((RECORDED / f"{sender}.json").read_text())["packages"] == packages_of(APPS[sender])
    assert TABLE[sender]["version"] in {
        package.rpartition("@")[2].rpartition("=")[2] for package in packages_of(APPS[sender])
    }


def test_every_sender_is_recorded_and_told_of():
    assert {*SENDERS} == {*APPS} == {*TABLE}


def test_no_recording_tells_of_the_machine_it_was_made_on():
    for path in RECORDED.iterdir():
        assert not re.findall(
            r"/(?:root|home|tmp|Users|work)/|127\.0\.0\.1:\d|https?://[\w.-]*(?:pypi|npmjs)", path.read_text()
        )
