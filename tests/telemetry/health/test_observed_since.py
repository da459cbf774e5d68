"""Since when the store has observed anything, whatever spans say of themselves."""

from datetime import timedelta

import pytest

from telemetry.health.observed_since import Beginning, decided
from telemetry.models import IngestMinute
from telemetry.store import retention
from tests.telemetry.builders import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("stored", "bucket", "set_up", "wanted"),
    [
        # What is stored first says it, not what says that it is older.
        (NOON - timedelta(minutes=4), NOON - 2 * HOUR, NOON - DAY, (NOON - timedelta(minutes=4), 60, True)),
        (NOON - 3 * DAY, NOON - 29 * DAY, NOON - 9 * DAY, (NOON - 3 * DAY, 60, True)),
        # A record of the very first minutes says it more exactly.
        (NOON - 3 * HOUR, NOON - 2 * HOUR, NOON - DAY, (NOON - 2 * HOUR, 3600, False)),
        # Older than minutes are kept: not before it was set up.
        (NOON - 15 * DAY, NOON - 29 * DAY, NOON - 20 * DAY, (NOON - 20 * DAY, 60, True)),
        (NOON - 15 * DAY, NOON - 29 * DAY, NOON - 90 * DAY, (NOON - 29 * DAY, 3600, False)),
        # Brought into a database of today's with all that it knows.
        (NOON - 15 * DAY, NOON - 29 * DAY, NOON, (NOON - 15 * DAY, 60, True)),
        (None, NOON - 29 * DAY, NOON, (NOON - 29 * DAY, 3600, False)),  # nobody counted minutes
    ],
)
def test_it_began_when_the_first_span_was_stored(stored, bucket, set_up, wanted):
    assert decided(3600, NOON, stored, bucket, set_up) == Beginning(*wanted)


def test_without_a_record_it_has_not_begun():
    assert decided(3600, NOON, NOON, None, NOON) is None


@pytest.mark.django_db
def test_one_minute_stays_that_says_that_the_store_is_older_than_they_are_kept():
    for days in (1, 13, 15, 16, 30):
        IngestMinute.objects.create(minute=NOON - days * DAY, stored=1)
    for _ in range(2):
        retention.apply(NOON)
        kept = [(NOON - minute).days for minute in IngestMinute.objects.values_list("minute", flat=True)]
        assert sorted(kept) == [1, 13, 15]
