import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from telemetry import semconv
from telemetry.errors import deciding
from telemetry.errors.models import ErrorCount, ErrorGroup, State, Violation
from telemetry.models import Span
from telemetry.semconv import Outcome
from telemetry.store.batches import write_spans
from tests.telemetry.builders import NOON, make_row

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def failure(at=NOON, message="crm did not answer within 5 s.", **changes):
    values = {"outcome": "timeout", "error_type": "timeout", "status": 2, "error_message": message}
    return make_row(start_time=at, **values | changes)


def user(name="ana"):
    return get_user_model().objects.get_or_create(username=name)[0]


def the_group():
    return ErrorGroup.objects.get()


@pytest.mark.django_db
def test_failures_that_differ_in_numbers_only_are_one_group():
    write_spans([failure(message=f"crm did not answer within {seconds} s.") for seconds in (5, 30, 60)])
    group = the_group()
    assert (group.count, group.tool, group.layer, group.error_type) == (3, "crm", "timeout", "timeout")
    assert group.message == "crm did not answer within <n> s."
    assert group.sample == "crm did not answer within 5 s."
    assert set(Span.objects.values_list("fingerprint", flat=True)) == {group.fingerprint}


@pytest.mark.django_db
def test_a_batch_sent_twice_counts_once():
    batch = [failure(), failure(), failure(message="no route to host")]
    write_spans(batch)
    write_spans([*batch, batch[0]])
    assert sorted(ErrorGroup.objects.values_list("count", flat=True)) == [1, 2]
    assert sum(ErrorCount.objects.at(3600).sums("fingerprint").values()) == 3


@pytest.mark.django_db
def test_late_spans_move_the_first_sight_back_and_count_in_their_own_minute_and_hour():
    write_spans([failure(NOON + HOUR)])
    write_spans([failure(NOON), failure(NOON + MINUTE)])
    group = the_group()
    assert (group.first_seen, group.last_seen, group.count) == (NOON, NOON + HOUR, 3)
    assert ErrorCount.objects.at(60).sums("bucket") == {(NOON,): 1, (NOON + MINUTE,): 1, (NOON + HOUR,): 1}
    assert ErrorCount.objects.at(3600).sums("bucket") == {(NOON,): 2, (NOON + HOUR,): 1}


@pytest.mark.django_db
def test_counts_are_kept_by_series_so_that_they_break_down_by_model():
    write_spans([failure(model="gpt-5"), failure(model="gpt-5"), failure(model="llama")])
    assert ErrorCount.objects.at(60).sums("model") == {("gpt-5",): 2, ("llama",): 1}


@pytest.mark.django_db
def test_good_calls_and_refusals_are_no_errors():
    write_spans([make_row(), make_row(outcome="rate_limit", status=2, error_type="rate_limited")])
    assert not ErrorGroup.objects.exists()
    assert not ErrorCount.objects.exists()


@pytest.mark.django_db
def test_a_failed_span_that_is_no_tool_call_is_grouped_by_its_name():
    chat = {"tool": "", "outcome": "", "operation": "chat", "error_type": "APIError"}
    write_spans([failure(model="gpt-4o", **chat), failure(model="gpt-5", **chat)])
    assert (the_group().tool, the_group().name, the_group().count) == ("", "chat <id>", 2)


@pytest.mark.django_db
def test_a_resolved_group_that_occurs_again_is_open_again():
    write_spans([failure(NOON)])
    assert deciding.resolve(the_group().pk, user(), NOON + HOUR)
    write_spans([failure(NOON + HOUR + SECOND)])
    group = the_group()
    assert (group.state, group.reopened, group.reopened_at) == (State.OPEN, 1, NOON + HOUR + SECOND)
    assert group.resolved_by == user()


@pytest.mark.django_db
def test_an_occurrence_that_began_before_it_was_resolved_opens_nothing():
    write_spans([failure(NOON)])
    deciding.resolve(the_group().pk, user(), NOON + HOUR)
    write_spans([failure(NOON + MINUTE), failure(NOON + HOUR)])
    group = the_group()
    assert (group.state, group.reopened, group.count) == (State.RESOLVED, 0, 3)


@pytest.mark.django_db
def test_an_ignored_group_stays_ignored():
    write_spans([failure(NOON)])
    deciding.ignore(the_group().pk, user(), NOON)
    write_spans([failure(NOON + HOUR)])
    assert (the_group().state, the_group().count) == (State.IGNORED, 2)


@pytest.mark.django_db
def test_a_group_ignored_until_a_moment_is_open_after_it():
    write_spans([failure(NOON)])
    deciding.ignore(the_group().pk, user(), NOON, until=NOON + HOUR)
    write_spans([failure(NOON + HOUR)])
    assert the_group().state == State.IGNORED
    write_spans([failure(NOON + HOUR + SECOND)])
    assert the_group().state == State.OPEN


@pytest.mark.django_db
def test_a_group_ignored_until_some_more_is_open_after_them():
    write_spans([failure(NOON)])
    deciding.ignore(the_group().pk, user(), NOON, more=2)
    write_spans([failure(NOON + SECOND), failure(NOON + SECOND * 2)])
    assert the_group().state == State.IGNORED
    write_spans([failure(NOON + SECOND * 3)])
    assert the_group().state == State.OPEN


@pytest.mark.django_db
def test_of_two_who_decide_the_same_one_counts():
    write_spans([failure()])
    assert deciding.resolve(the_group().pk, user("ana"), NOON)
    assert not deciding.resolve(the_group().pk, user("bo"), NOON + HOUR)
    assert (the_group().resolved_by.username, the_group().resolved_at) == ("ana", NOON)


@pytest.mark.django_db
def test_a_person_opens_it_again_and_is_kept():
    write_spans([failure()])
    deciding.ignore(the_group().pk, user(), NOON)
    assert deciding.reopen(the_group().pk, user("bo"), NOON + HOUR)
    assert (the_group().state, the_group().reopened_by.username) == (State.OPEN, "bo")


@pytest.mark.django_db
def test_violations_are_counted_by_path_and_kind_once_a_call():
    missing = failure(outcome=Outcome.ARGUMENTS, attributes={semconv.VIOLATIONS: ["id: missing", "limit: type"]})
    write_spans(
        [missing, missing, failure(outcome=Outcome.ARGUMENTS, attributes={semconv.VIOLATIONS: ["id: missing"]})]
    )
    assert Violation.objects.at(60).sums("path", "kind") == {("id", "missing"): 2, ("limit", "type"): 1}
    assert Violation.objects.at(3600).where(tool="crm").sums("tool") == {("crm",): 3}


@pytest.mark.django_db
def test_violations_count_also_where_spans_share_their_attributes():
    shared = json.dumps({semconv.VIOLATIONS: ["id: missing"]})
    write_spans([failure(outcome=Outcome.ARGUMENTS, attribute_set=shared) for _ in range(3)])
    assert Violation.objects.at(60).sums("path", "kind") == {("id", "missing"): 3}


@pytest.mark.django_db
@pytest.mark.parametrize("said", [None, "id: missing", {"id": "missing"}, ["nonsense", 5, "a: b: c d"]])
def test_what_is_no_list_of_violations_counts_nothing(said):
    write_spans([failure(outcome=Outcome.ARGUMENTS, attributes={semconv.VIOLATIONS: said})])
    assert not Violation.objects.exists()
    assert the_group().count == 1


@pytest.mark.django_db(transaction=True)
def test_two_writers_of_the_same_groups_count_every_failure():
    messages = ["timed out", "no route to host", "bad gateway", "quota is used up"]
    start = Barrier(2)

    def write(order):
        try:
            start.wait()
            for _ in range(10):
                write_spans([failure(message=message) for message in order])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(write, (messages, messages[::-1])))
    assert list(ErrorGroup.objects.values_list("count", flat=True)) == [20] * 4
    assert sum(ErrorCount.objects.at(60).sums("fingerprint").values()) == 80


@pytest.mark.django_db(transaction=True)
def test_a_resolved_group_is_reopened_once_by_two_writers():
    write_spans([failure(NOON)])
    deciding.resolve(the_group().pk, user(), NOON + HOUR)
    start = Barrier(2)

    def write(seconds):
        try:
            start.wait()
            write_spans([failure(NOON + HOUR + SECOND * seconds)])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(write, (1, 2)))
    assert (the_group().state, the_group().reopened, the_group().count) == (State.OPEN, 1, 3)


failures = st.builds(
    lambda second, number, tool, message: failure(
        NOON + timedelta(seconds=second),
        message=message,
        trace_id=uuid.UUID(int=number),
        tool=tool,
        outcome="arguments",
        attributes={semconv.VIOLATIONS: [f"{message}: missing"]},
    ),
    st.integers(0, 7200),
    st.integers(1, 5),
    st.sampled_from(["crm", "sms"]),
    st.sampled_from(["a", "b", "c"]),
)


class GroupsEqualTheSpans(TestCase):
    @settings(max_examples=20)
    @given(st.lists(st.lists(failures, max_size=10), max_size=5), st.data())
    def test_groups_and_counts_equal_a_recount_after_any_batches_with_duplicates(self, batches, data):
        for batch in batches:
            write_spans(batch)
            write_spans(data.draw(st.permutations(batch)))
        spans = list(Span.objects.all())
        recount = {group: [s for s in spans if s.fingerprint == group] for group in {s.fingerprint for s in spans}}
        groups = {group.pk: group for group in ErrorGroup.objects.all()}
        assert groups.keys() == recount.keys()
        for group, occurrences in recount.items():
            times = [span.start_time for span in occurrences]
            found = groups[group]
            assert (found.count, found.first_seen, found.last_seen) == (len(times), min(times), max(times))
        for resolution_s in (60, 3600):
            assert ErrorCount.objects.at(resolution_s).sums("fingerprint") == {
                (group,): len(occurrences) for group, occurrences in recount.items()
            }
            assert sum(Violation.objects.at(resolution_s).sums("path").values()) == len(spans)
