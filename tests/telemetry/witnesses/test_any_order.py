"""However the spans of calls are split into requests, and in whatever order these come: the same is stored."""

from datetime import timedelta

from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from telemetry.semconv import Outcome
from telemetry.spans.tool_names import Named
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON
from tests.telemetry.witnesses.builders import copy_of, everything, nothing_differs, step, witness

ENDINGS = st.sampled_from(
    [
        {"outcome": "first_try"},
        {"outcome": "first_try", "input_tokens": 5},
        {"outcome": "after_retry", "attempts": 2},
        *(
            {"outcome": str(outcome), "status": 2, "error_type": "E", "error_message": message}
            for outcome in (Outcome.TIMEOUT, Outcome.RETURNED_FAILURE, Outcome.ARGUMENTS, Outcome.AUTHORIZATION)
            for message in ("", "argument 'id' is missing.")
        ),
    ]
)


@st.composite
def spans_of_calls(draw):
    """Some spans of one trace, each below an earlier one or below none; most of them by MCP."""
    rows = []
    for number in range(1, draw(st.integers(2, 7)) + 1):
        parent = draw(st.none() | st.integers(1, number - 1)) if number > 1 else None
        if draw(st.integers(0, 2)) == 0:
            rows.append(step(number, parent, after_ms=number, operation=draw(st.sampled_from(["", "", "chat"]))))
            continue
        mcp = draw(st.sampled_from([True, True, False]))
        rows.append(
            witness(
                number,
                parent,
                after_ms=draw(st.integers(number, number + 4_000)),
                duration_ms=float(draw(st.integers(1, 20_000))),
                mcp=mcp,
                named=draw(st.sampled_from(Named)) if mcp else Named.SAID,
                tool=draw(st.sampled_from(["explode", "bombs_explode", "defuse"])),
                kind=draw(st.sampled_from([2, 3])),
                server=draw(st.sampled_from(["", "bombs"])) if mcp else "",
                **draw(ENDINGS),
            )
        )
    return rows


class TheSameInTheEnd(TestCase):
    @settings(max_examples=12)
    @given(spans_of_calls(), st.data())
    def test_any_split_into_requests_in_any_order_is_stored_and_counted_alike(self, rows, data):
        at_once = self.after([rows])
        order = data.draw(st.permutations(rows))
        cuts = sorted(data.draw(st.sets(st.integers(1, len(rows) - 1))))
        requests = [order[first:last] for first, last in zip([0, *cuts], [*cuts, len(rows)], strict=True)]
        again = data.draw(st.lists(st.sampled_from(requests), max_size=2))
        assert self.after([*requests, *again]) == at_once

    def after(self, requests):
        """What is stored after *requests*, which is taken back."""
        with transaction.atomic():
            for number, request in enumerate(requests):
                write_spans(
                    [copy_of(row) for row in request], now=NOON + timedelta(seconds=30, minutes=7 * number)
                )
            assert nothing_differs()
            found = everything()
            transaction.set_rollback(True)
        return found
