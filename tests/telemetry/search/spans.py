"""Spans for tests of searches: a few of every sort, from a seed, with few values so that many are alike."""

import json
import random
import uuid
from datetime import timedelta
from decimal import Decimal

from telemetry import semconv as sc
from telemetry.spans.rows import STATUS_ERROR
from tests.telemetry.builders import NOON, make_row

OPERATIONS = ("execute_tool", "chat", "invoke_agent", "embeddings", "GET /a")
TEXTS = ("", "a", "b", "ab", "A", "a_b", "a%b", "a.b", "Z", "b a", "a\\b", 'a"b')
MESSAGES = ("", "a", "a b", "A b-a", "Z_a (b)", "ab a.b", "b%\\a", "aa Zb\nb")
ATTRIBUTES = (
    {"customer_id": "a"},
    {"customer_id": "A b", "retries": 3},
    {"customer_id": ["a", "b"], "retries": 2.5, "flag": True},
    {"retries": "3", "http.route": "a%b", sc.CACHE: "hit"},
    {"retries": 4000, "flag": False, sc.CACHE: "miss"},
)


def some_rows(count: int, seed: int = 7):
    """*count* rows within two days around noon of yesterday."""
    pick = random.Random(seed)
    return [a_row(pick, number) for number in range(count)]


def a_row(pick, number):
    operation = pick.choice(OPERATIONS)
    is_tool = operation == "execute_tool"
    status = pick.choice((0, 1, 2))
    failed = status == STATUS_ERROR
    return make_row(
        start_time=NOON + timedelta(minutes=pick.randrange(-1440, 700)),
        trace_id=uuid.UUID(int=1 + number // 3),
        span_id=number - 50 or -(1 << 63),
        parent_span_id=None if number % 3 == 0 else 1,
        duration_ms=pick.choice((0.0, 0.5, 3.0, 499.0, 500.0, 2500.0)),
        operation=operation,
        kind=pick.randrange(6),
        tool=pick.choice(TEXTS) if is_tool else "",
        outcome=pick.choice([str(outcome) for outcome in sc.Outcome]) if is_tool else "",
        own_name=pick.choice((None, None, *TEXTS)),
        status=status,
        error_type=pick.choice(TEXTS) if failed else "",
        error_message=pick.choice(MESSAGES) if failed else "",
        fingerprint=pick.choice((None, -1, 5)),
        attempts=pick.randrange(1, 5),
        input_tokens=pick.choice((None, 0, 2, 3000)),
        output_tokens=pick.choice((None, 0, 3, 2**31 - 1)),
        cost_usd=pick.choice((None, Decimal("0.5"), Decimal("3"))),
        session_id=pick.choice(TEXTS),
        tool_call_id=pick.choice(TEXTS),
        attributes=pick.choice(({}, *ATTRIBUTES)),
        attribute_set=pick.choice(("", json.dumps({"shared": "a", "retries2": 1}, sort_keys=True))),
        **{word: pick.choice(TEXTS) for word in ("provider", "model", "prompt_version", "caller_role")},
        **{word: pick.choice(TEXTS[:4]) for word in ("agent", "service", "api_key")},
        origin=pick.choice(("own", "reported")),
    )
