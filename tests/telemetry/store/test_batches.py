import pytest

from telemetry.models import Rollup, Span, SpanPayload, ToolRollup
from telemetry.store.batches import write_spans
from tests.telemetry.builders import make_row


@pytest.mark.django_db
def test_a_batch_sent_twice_counts_once():
    batch = [make_row(arguments="{}"), make_row(outcome="timeout", attempts=3)]
    assert write_spans(batch) == 2
    assert write_spans(batch + batch) == 0
    assert Span.objects.count() == 2
    assert SpanPayload.objects.count() == 1
    by_series = [Rollup.objects.at(resolution_s) for resolution_s in (10, 60, 3600, 86400)]
    for rollups in (*by_series, *(ToolRollup.objects.at(resolution_s) for resolution_s in (600, 3600, 14400))):
        [tally] = rollups.tallies("tool").values()
        assert (tally.succeeded, tally.failed, tally.attempts) == (1, 1, 4)
        assert tally.durations.count == 2
        assert tally.duration_sum_ms == 25.0


@pytest.mark.django_db
def test_a_batch_may_hold_the_same_span_twice():
    row = make_row(arguments="{}")
    assert write_spans([row, row]) == 1
