"""Whatever is sent to execute is answered by a result or by a problem document that keeps its promises."""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["double", "refuse", "rarely", "doubel", ""]) | st.text(max_size=20)
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "tool": NAMES | JSON,
        "payload": JSON | st.fixed_dictionaries({"number": JSON}),
        "caller_role": st.text(max_size=10) | JSON,
        "session_id": st.text(max_size=10) | JSON,
        "context": JSON,
        "extra": JSON,
    },
)
SLOW = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture
def send(api):
    """Send a body to an address and wait for the answer."""
    with asyncio.Runner() as runner:
        yield lambda address, body: runner.run(api.post(address, body))


def keeps_its_promises(response):
    if response.status_code == 200:
        return response.headers["Content-Type"] == "application/json"
    document = json.loads(response.content)
    return (
        response.headers["Content-Type"] == "application/problem+json"
        and document["status"] == response.status_code < 500
        and bool(document["detail"] and document["code"] and document["layer"])
    )


@given(body=BODIES | JSON)
@settings(max_examples=60, suppress_health_check=SLOW)
def test_any_json_is_answered_well(send, body):
    assert keeps_its_promises(send("/api/v1/tools/execute", json.dumps(body)))


@given(body=st.binary(max_size=60))
@settings(max_examples=40, suppress_health_check=SLOW)
def test_any_bytes_are_answered_well(send, body):
    assert keeps_its_promises(send("/api/v1/tools/execute", body))


@given(calls=JSON | st.lists(BODIES, max_size=4), extra=st.dictionaries(st.sampled_from(["max_concurrent"]), JSON))
@settings(max_examples=30, suppress_health_check=SLOW)
def test_any_parallel_calls_are_answered_well(send, calls, extra):
    assert keeps_its_promises(send("/api/v1/tools/execute_parallel", json.dumps({"calls": calls, **extra})))
