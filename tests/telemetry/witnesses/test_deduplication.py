"""One call of which several spans tell counts once, whenever they come."""

import random
from datetime import timedelta

import pytest

from telemetry.errors import deciding
from telemetry.errors.models import ErrorGroup, State, Violation
from telemetry.models import EndedCalls, Rollup, Span, Witness
from telemetry.sampling import thinning
from telemetry.sampling.models import SamplingRule
from telemetry.spans.tool_names import Named
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON
from tests.telemetry.errors.test_groups import user
from tests.telemetry.witnesses.builders import (
    BAD_ARGUMENTS,
    FAILED,
    TRACE,
    client,
    copy_of,
    counted,
    nothing_differs,
    outer,
    server,
    step,
    stored,
    witness,
)

pytestmark = pytest.mark.django_db
COUNTS, ASIDE = "execute_tool", ("tools/call", "")
HOUR = timedelta(hours=1)
ORDERS = pytest.mark.parametrize(
    "batches",
    [[(0, 1)], [(1, 0)], [(0,), (1,)], [(1,), (0,)]],
    ids=["together", "together, the server's first", "the client's first", "the server's first"],
)


def send(rows, batches, *, minutes=0):
    """Store *rows* in *batches* of their numbers, each sent twice."""
    for number, batch in enumerate(batches):
        for _ in range(2):
            write_spans(
                [copy_of(rows[at]) for at in batch], now=NOON + timedelta(seconds=5, minutes=number * minutes)
            )


@ORDERS
@pytest.mark.parametrize("minutes", [0, 61], ids=["at once", "an hour later"])
def test_the_servers_failure_wins_over_the_clients_silence(batches, minutes):
    send([client(parent=None), server(**FAILED)], batches, minutes=minutes)
    assert stored() == {2: ASIDE, 3: (COUNTS, "returned_failure")}
    assert counted() == {("explode", "returned_failure"): 1}
    assert nothing_differs()


@ORDERS
def test_a_failure_that_only_the_client_saw_wins(batches):
    timed_out = client(parent=None, outcome="timeout", status=2, error_type="TimeoutError")
    send([timed_out, server()], batches)
    assert stored() == {2: (COUNTS, "timeout"), 3: ASIDE}
    assert counted() == {("explode", "timeout"): 1}
    assert nothing_differs()


@ORDERS
def test_of_two_that_agree_the_one_that_names_the_tool_wins(batches):
    send([client(parent=None), server()], batches)
    assert stored() == {2: ASIDE, 3: (COUNTS, "first_try")}
    assert counted() == {("explode", "first_try"): 1}


@pytest.mark.parametrize("batches", [[(0, 1, 2)], [(2,), (0,), (1,)], [(2,), (1,), (0,)], [(0, 2), (1,)]])
def test_a_framework_above_a_client_above_a_server_is_one_call(batches):
    send([outer(), client(), server(**FAILED)], batches)
    assert stored() == {1: ASIDE, 2: ASIDE, 3: (COUNTS, "returned_failure")}
    assert counted() == {("explode", "returned_failure"): 1}
    assert nothing_differs()


@pytest.mark.parametrize("batches", [[(0, 1, 2)], [(2,), (0,), (1,)], [(1,), (2,), (0,)]])
def test_where_all_went_well_the_outermost_counts(batches):
    send([outer(), client(), server()], batches)
    assert stored() == {1: (COUNTS, "first_try"), 2: ASIDE, 3: ASIDE}
    [rollup] = Rollup.objects.filter(resolution_s=3600, series__operation="execute_tool")
    assert (rollup.spans, rollup.duration_sum_us) == (1, 12_500)
    assert nothing_differs()


@pytest.mark.parametrize("batches", [[(0, 1, 2)], [(2,), (1,), (0,)], [(1,), (0,), (2,)]])
def test_fastmcps_client_the_sdks_and_the_server_are_one_call(batches):
    named = {"named": Named.SAID, "own_name": "tools/call explode"}
    rows = [client(2, None, **named), client(3, 2, after_ms=2), server(4, 3, after_ms=3, **FAILED)]
    send(rows, batches)
    assert stored() == {2: ASIDE, 3: ASIDE, 4: (COUNTS, "returned_failure")}
    assert counted() == {("explode", "returned_failure"): 1}


@pytest.mark.parametrize("batches", [[(0, 1)], [(0,), (1,)], [(1,), (0,)]])
def test_a_mounted_tool_has_the_name_of_its_server_before_its_own(batches):
    mounted = witness(3, 2, mcp=True, tool="explode", server="bombs", after_ms=3)
    send([server(2, None, tool="bombs_explode"), mounted], batches)
    assert stored() == {2: (COUNTS, "first_try"), 3: ASIDE}


PREFIXED = {
    "the server's span names it": [outer(tool="bombs_explode"), client(), server(server="bombs")],
    "the server's service does": [outer(tool="bombs_explode"), client(), server(service="bombs")],
    "in other letters": [outer(tool="my-bombs.explode"), client(), server(server="My Bombs")],
    "the client's span does": [outer(tool="bombs_explode"), client(server="bombs"), server()],
    "its form does": [outer(tool="mcp__bombs__explode"), client(), server()],
    "the ends of one request": [outer(), client(), server(tool="bombs_explode")],
}


@pytest.mark.parametrize("rows", PREFIXED.values(), ids=PREFIXED)
@pytest.mark.parametrize(
    "batches", [[(0, 1, 2)], [(0,), (1,), (2,)], [(2,), (1,), (0,)], [(1,), (0,), (2,)], [(0, 2), (1,)]]
)
def test_a_prefix_that_names_the_server_is_none_of_the_tools(rows, batches):
    send(rows, batches)
    assert sum(counted().values()) == 1
    assert nothing_differs()


BETWEEN = {
    "HTTP's two ends": [client(2, None), step(10, 2), step(11, 10), server(3, 11, **FAILED)],
    "one step": [client(2, None), step(10, 2), server(3, 10, **FAILED)],
    "below a framework's span": [outer(2), step(10, 2), server(3, 10, **FAILED)],
    "four steps": [
        client(2, None),
        *(step(10 + at, 9 + at if at else 2) for at in range(4)),
        server(3, 13, **FAILED),
    ],
    "above our own span": [server(2, None), step(10, 2), step(11, 10), outer(3, 11, **FAILED)],
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("rows", BETWEEN.values(), ids=BETWEEN)
def test_spans_that_are_no_calls_may_lie_between(rows, seed):
    order = random.Random(seed).sample(range(len(rows)), len(rows))
    send(rows, [(at,) for at in order])
    assert counted() == {("explode", "returned_failure"): 1}
    assert stored()[3] == (COUNTS, "returned_failure")
    assert nothing_differs()


@pytest.mark.parametrize("rows", BETWEEN.values(), ids=BETWEEN)
@pytest.mark.parametrize("first", ["calls", "steps"])
def test_so_they_may_where_they_come_in_a_request_of_their_own(rows, first):
    calls = [at for at, row in enumerate(rows) if row.outcome]
    steps = [at for at, row in enumerate(rows) if not row.outcome]
    send(rows, [calls, steps] if first == "calls" else [steps, calls])
    assert counted() == {("explode", "returned_failure"): 1}
    assert nothing_differs()


def test_spans_between_that_sampling_deleted_are_remembered():
    rows = [client(2, None), step(10, 2), server(3, 10), outer(4, 3, **FAILED)]
    send(rows, [(0, 1, 2)])
    Span.objects.filter(span_id=10).delete()
    send(rows, [(3,)])
    assert counted() == {("explode", "returned_failure"): 1}


@pytest.mark.parametrize("last", [0, 1, 2])
@pytest.mark.parametrize(
    "rows",
    [
        [client(2, None), step(10, 2, operation="chat"), server(3, 10)],
        [client(2, None), step(10, 2, operation="invoke_agent"), server(3, 10)],
        [client(2, None), step(10, 2, api_key="other"), server(3, 10)],
        [client(2, None), step(10, 2), server(3, 10, tool="defuse")],
        [client(2, None), *(step(10 + at, 9 + at if at else 2) for at in range(5)), server(3, 14)],
    ],
    ids=["a chat", "an agent", "another's", "another tool", "five"],
)
def test_what_is_more_than_a_step_lies_between_two_calls(rows, last):
    send(rows, [[at for at in range(len(rows)) if at != last], (last,)])
    assert sum(counted().values()) == 2
    assert nothing_differs()


@pytest.mark.parametrize("batches", [[(0, 1, 2, 3, 4)], [(2,), (1,), (0,), (4, 3)], [(4, 3), (2,), (1,), (0,)]])
def test_of_two_tries_the_last_tells_how_the_call_ended(batches):
    rows = [outer(), client(2), server(3, **FAILED), client(4, after_ms=20), server(5, 4, after_ms=21)]
    send(rows, batches)
    assert {span_id for span_id, (_, outcome) in stored().items() if outcome} == {1}
    assert counted() == {("explode", "first_try"): 1}
    assert nothing_differs()


@pytest.mark.parametrize("batches", [[(0, 1)], [(0,), (1,)], [(1,), (0,)]])
def test_a_call_that_tells_of_retries_or_that_we_made_ourselves_saw_all(batches):
    send([outer(outcome="after_retry", attempts=3), client(**FAILED)], batches)
    assert counted() == {("explode", "after_retry"): 1}
    ours = {"origin": "own", "api_key": "", "trace_id": TRACE.__class__(int=5)}
    send([outer(**ours), client(**FAILED, **ours)], batches)
    assert counted() == {("explode", "after_retry"): 1, ("explode", "first_try"): 1}


INNOCENT = {
    "a tool that calls another": [server(2, None, tool="summarise"), client(3, 2, tool="search")],
    "a framework's tool that calls another": [outer(tool="research"), client(2, 1, tool="search")],
    "tools without MCP": [outer(), outer(2, 1, after_ms=1)],
    "a tool that ends alike, by MCP below": [outer(tool="search"), client(2, 1, tool="web_search")],
    "one that ends alike above": [outer(tool="web_search"), client(2, 1, tool="search")],
    "a server's that asks another": [
        server(2, None, tool="web_search", server="web"),
        client(3, 2, tool="search"),
    ],
    "a prefix of another server": [outer(tool="web_search"), client(2, 1, tool="search", server="crm")],
    "two calls beside each other": [client(2, 1), client(3, 1, after_ms=3)],
    "what comes with another key": [client(2, None), server(3, 2, api_key="somebody", **FAILED)],
    "what is told of a call of ours": [outer(origin="own", api_key=""), server(3, 1, **FAILED)],
    "another trace": [client(2, None), server(3, 2, trace_id=TRACE.__class__(int=9))],
}


@pytest.mark.parametrize("rows", INNOCENT.values(), ids=INNOCENT)
@pytest.mark.parametrize("batches", [[(0, 1)], [(0,), (1,)], [(1,), (0,)]])
def test_what_is_two_calls_counts_as_two(rows, batches):
    send(rows, batches)
    assert Span.objects.exclude(outcome="").count() == 2
    assert sum(counted().values()) == 2
    assert nothing_differs()


def test_spans_that_are_each_others_parents_are_stored_and_count():
    write_spans([client(2, 3), server(3, 2), client(4, 4)])
    assert Span.objects.count() == 3
    assert nothing_differs()


def test_what_sampling_deleted_is_corrected_all_the_same():
    some = {"keep_one_in": 1_000, "keep_payloads_of_one_in": 1_000, "slow_ms": 1_000}
    SamplingRule.objects.create(name="r", tool="explode", **some)
    SamplingRule.objects.update(edited_at=NOON - HOUR)
    write_spans([client(parent=None)], now=NOON + timedelta(seconds=5))
    thinning.thin_due(NOON + 3 * HOUR)
    assert not Span.objects.exists()
    write_spans([server(**FAILED)], now=NOON + 4 * HOUR)
    assert counted() == {("explode", "returned_failure"): 1}
    write_spans([client(parent=None)], now=NOON + 4 * HOUR)
    write_spans([server(**FAILED)], now=NOON + 4 * HOUR)
    assert counted() == {("explode", "returned_failure"): 1}
    assert Witness.objects.count() == 2
    assert nothing_differs()


def test_the_call_stays_in_the_time_in_which_it_was_first_known():
    write_spans([client(parent=None)], now=NOON + timedelta(seconds=7))
    write_spans([server(**FAILED)], now=NOON + HOUR)
    [row] = EndedCalls.objects.filter(resolution_s=5)
    assert (row.stored_at, row.ended_at) == (NOON + timedelta(seconds=5), NOON)
    assert (row.first_try, row.returned_failure) == (0, 1)


def test_a_group_of_errors_that_was_resolved_is_not_opened_by_what_is_taken_out_of_it():
    late = {"outcome": "timeout", "status": 2, "error_type": "TimeoutError", "error_message": ""}
    write_spans([client(parent=None, **late)])
    group = ErrorGroup.objects.get()
    deciding.resolve(group.pk, user(), NOON - HOUR)
    write_spans([server(**FAILED | {"error_message": "boom"})])
    group.refresh_from_db()
    assert (group.state, group.count) == (State.RESOLVED, 0)
    assert ErrorGroup.objects.get(layer="returned_failure").count == 1
    assert nothing_differs()


def test_a_group_that_nobody_touched_goes_with_its_last_occurrence():
    write_spans([client(parent=None, outcome="timeout", status=2, error_type="TimeoutError")])
    write_spans([server(**FAILED | {"error_message": "boom"})])
    assert [group.layer for group in ErrorGroup.objects.all()] == ["returned_failure"]


@ORDERS
def test_what_broke_the_schema_is_counted_once(batches):
    refused = BAD_ARGUMENTS | {"error_message": ""}
    send([client(parent=None, **refused), server(**BAD_ARGUMENTS)], batches)
    assert sum(Violation.objects.at(60).sums("path").values()) == 1
    assert nothing_differs()


def test_a_call_stored_before_it_was_known_when_calls_are_stored_is_corrected_too():
    write_spans([outer()])
    Span.objects.update(stored_at=None)
    write_spans([server(3, 1, **FAILED)])
    assert stored() == {1: ASIDE, 3: (COUNTS, "returned_failure")}
