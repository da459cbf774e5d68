from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.utils import timezone

from telemetry import semconv
from telemetry.counts import resolutions
from telemetry.errors import deciding, rebuild
from telemetry.errors.models import ErrorCount, ErrorGroup, State, Violation
from telemetry.store import retention
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row

pytestmark = pytest.mark.django_db
DAY = (NOON - timedelta(hours=12), NOON + timedelta(hours=12))


def failures(at=NOON, count=3):
    return [
        make_row(
            start_time=at + timedelta(minutes=number),
            outcome="arguments",
            status=2,
            error_type="invalid_arguments",
            error_message="argument 'id' is missing.",
            attributes={semconv.VIOLATIONS: ["id: missing"]},
        )
        for number in range(count)
    ]


def test_what_the_store_wrote_is_what_the_spans_say():
    write_spans([*failures(), make_row(), make_row(outcome="", status=2, error_message="boom")])
    assert rebuild.differences(*DAY) == []


def test_changed_counts_are_found_and_made_right_again():
    write_spans(failures())
    ErrorCount.objects.at(3600).update(count=7)
    Violation.objects.at(60).delete()
    found = rebuild.differences(*DAY)
    assert {(each.table, each.stored, each.counted) for each in found} == {
        ("telemetry_error_count", 7, 3),
        ("telemetry_violation", None, 1),
        ("telemetry_error_group", 3, 7),
    }
    ErrorGroup.objects.update(count=7)
    assert rebuild.recompute(*DAY) == 8
    assert rebuild.differences(*DAY) == []


def test_a_lost_group_comes_back_with_its_words():
    write_spans(failures())
    before = ErrorGroup.objects.values().get()
    ErrorGroup.objects.all().delete()
    ErrorCount.objects.all().delete()
    rebuild.recompute(*DAY)
    assert ErrorGroup.objects.values().get() == before


def test_what_people_decided_outlives_a_rebuild():
    write_spans(failures())
    ana = get_user_model().objects.create_user("ana")
    deciding.resolve(ErrorGroup.objects.get().pk, ana, timezone.now())
    rebuild.recompute(*DAY)
    assert ErrorGroup.objects.values_list("state", "count").get() == (State.RESOLVED, 3)


def test_the_command_checks_and_rebuilds():
    write_spans(failures())
    ErrorCount.objects.at(60).update(count=9)
    period = [f"--since={DAY[0]:%F}", f"--until={DAY[1]:%FT%TZ}"]
    with pytest.raises(CommandError, match="3 counts differ"):
        call_command("rebuild_errors", *period, "--check", stdout=StringIO())
    call_command("rebuild_errors", *period, stdout=StringIO())
    said = StringIO()
    call_command("rebuild_errors", *period, "--check", stdout=said)
    assert said.getvalue().strip() == "No difference."


def test_minutes_are_dropped_before_hours_and_groups_last(settings):
    now = timezone.now()
    write_spans(failures())
    later = NOON + timedelta(days=resolutions.kept_days(60) + 2)
    assert later > now
    retention.apply(later)
    assert set(ErrorCount.objects.values_list("resolution_s", flat=True)) == {3600}
    assert set(Violation.objects.values_list("resolution_s", flat=True)) == {3600}
    retention.apply(NOON + timedelta(days=settings.ROLLUP_RETENTION_DAYS + 2))
    assert not ErrorCount.objects.exists()
    assert not ErrorGroup.objects.exists()
