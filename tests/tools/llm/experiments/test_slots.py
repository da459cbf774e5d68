"""Which looks are kept."""

from datetime import UTC, datetime, timedelta

import pytest

from tools.llm.experiments.slots import slot_of

START = datetime(2026, 12, 1, 16, 31, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    ("after", "slot"),
    [
        (timedelta(minutes=4), "16:35:40"),
        (timedelta(minutes=20), "16:51:00"),
        (timedelta(hours=3), "19:30:00"),
        (timedelta(days=2), "16:00:00"),
    ],
)
def test_slots_are_short_at_first(after, slot):
    assert slot_of(START + after, START).strftime("%H:%M:%S") == slot


def test_a_run_of_a_month_has_no_more_than_a_chart_can_draw():
    looks = [START + timedelta(seconds=10 * n) for n in range(30 * 24 * 360)]
    assert len({slot_of(look, START) for look in looks}) < 1_000
