"""Which spans tell of one call, and who is believed: by the set alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.semconv import Outcome
from telemetry.witnesses.deciding import Witness, believed, calls_of
from tests.telemetry.builders import NOON
from tests.telemetry.witnesses.builders import client, outer, server, witness


def as_witness(row):
    names = set(Witness.__dataclass_fields__) - {
        "stored_at",
        "told",
        "counted",
        "known",
        "is_new",
        "steps",
        "moved",
    }
    said = {name: getattr(row, name) for name in names}
    return Witness(**said, stored_at=NOON, told=bool(row.error_message), counted=True)


@pytest.mark.parametrize("outcome", Outcome)
def test_there_is_no_order_in_which_two_of_one_call_are_told_apart_otherwise(outcome):
    for rows in ([client(2, None, outcome=outcome), server()], [outer(outcome=outcome), client(), server()]):
        chosen = {
            believed(call).span_id
            for order in (rows, rows[::-1])
            for call in calls_of([as_witness(row) for row in order])
        }
        assert len(chosen) == 1


spans = st.lists(
    st.builds(
        lambda span_id, parent, ms, mcp, tool, outcome: witness(
            span_id, parent, after_ms=ms, mcp=mcp, tool=tool, outcome=outcome
        ),
        st.integers(1, 8),
        st.none() | st.integers(1, 8),
        st.integers(0, 3),
        st.booleans(),
        st.sampled_from(["a", "x_a", "b"]),
        st.sampled_from([*map(str, Outcome)]),
    ),
    max_size=10,
    unique_by=lambda row: (row.start_time, row.span_id),
)


@given(spans, st.randoms(use_true_random=False))
def test_every_span_tells_of_one_call_and_the_order_changes_nothing(rows, random):
    def found(given):
        calls = calls_of([as_witness(row) for row in given])
        return {frozenset(each.key for each in call): believed(call).key for call in calls}

    first = found(rows)
    assert sum(map(len, first)) == len(rows)
    assert all(chosen in call for call, chosen in first.items())
    shuffled = [*rows]
    random.shuffle(shuffled)
    assert found(shuffled) == first


def test_a_chain_without_end_is_read_in_no_time():
    chain = [as_witness(client(number, number - 1, after_ms=number)) for number in range(1, 3_000)]
    assert sum(map(len, calls_of(chain))) == len(chain)
