"""What tests of exports share: a folder of their own, exports in the database, and a runner over given chunks."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from telemetry.exports.chunks import Chunk
from telemetry.exports.models import Export
from telemetry.exports.runner import Runner

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return tmp_path / "exports"


@pytest.fixture
def no_messages(monkeypatch):
    """The messages that would have been sent."""
    sent = []
    monkeypatch.setattr(
        "telemetry.exports.control.current_app.send_task", lambda name, **message: sent.append(message)
    )
    return sent


@pytest.fixture
def ana(person):
    return person("ana", "operator")


@pytest.fixture
def make_export(ana, folder, no_messages):
    def make(**fields):
        values = {
            "created_by": ana,
            "format": "csv",
            "start": NOON - timedelta(hours=4),
            "end": NOON,
            "created_at": NOON,
        }
        return Export.objects.create(**{**values, **fields})

    return make


@pytest.fixture
def make_span():
    """Something with all that a span has."""

    def make(**fields):
        values = {
            "trace_id": uuid.UUID(int=0xABC),
            "span_id": -1,
            "parent_span_id": None,
            "start_time": NOON + timedelta(microseconds=7),
            "start_ns": 89,
            "duration_ms": 12.5,
            "kind": 3,
            "status": 2,
            "attempts": 2,
            "weight": 1,
            "input_tokens": 12,
            "output_tokens": None,
            "cost_usd": Decimal("0.000123"),
            "attributes": {"customer": "CUST001"},
            "events": None,
            "links": None,
            **dict.fromkeys(("operation", "outcome", "tool", "provider", "model", "prompt_version"), "word"),
            **dict.fromkeys(("name", "caller_role", "agent", "service", "api_key", "session_id"), "word"),
            **dict.fromkeys(("origin", "tool_call_id", "error_type", "error_message"), "word"),
        }
        return SimpleNamespace(**{**values, **fields})

    return make


@pytest.fixture
def run(make_span, no_messages):
    """Run the next export here, over *chunks* of so many rows each; ``between`` is done after each chunk."""

    def run(*chunks, now=NOON, between=None, **parts):
        def read(export):
            for number, rows in enumerate(chunks, start=1):
                yield Chunk([(make_span(), None)] * rows, export.end - timedelta(hours=number))

        outside = {"clock": lambda: 0.0, "sleep": lambda seconds: between and between(), **parts}
        runner = Runner(chunks=read, now=lambda: now, **outside)
        return runner.run_next()

    return run
