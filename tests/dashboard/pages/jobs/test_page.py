"""The page of batch jobs: what is to come, what failed, pushed like every other page."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from dashboard.addresses.selection import Selection
from dashboard.pages.jobs.tables import outlook, row_of
from dashboard.pages.jobs.views import context
from tests.live import wait_for
from tools.jobs.models import Job, JobItem

NOW = datetime(2026, 11, 21, 14, 32, tzinfo=UTC)


def make_job(items=10, **fields):
    """A stored job that started a minute ago, of which items ended a second ago."""
    now = timezone.now()
    fields = {"name": "Prices", "state": "running", "started_at": now - timedelta(minutes=1), **fields}
    job = Job.objects.create(total=items, fingerprint="x", **fields)
    ended = now - timedelta(seconds=1)
    states = ["succeeded"] * job.succeeded + ["failed"] * job.failed
    JobItem.objects.bulk_create(
        JobItem(job=job, position=position, tool="price_calculator", payload={}, state=state, ended_at=ended,
                error_code="timeout" if state == "failed" else "")
        for position, state in enumerate(states)
    )  # fmt: skip
    return job


def unsaved(**fields):
    return Job(**{"name": "Prices", "total": 200, "state": "running", **fields})


def test_the_rest_is_told_at_the_rate_of_the_last_minute():
    began = NOW - timedelta(minutes=3)
    said = outlook(unsaved(succeeded=100, started_at=began), 2.0, NOW)
    assert said == "2 a second in the last minute, about 50\u202fs left"
    assert outlook(unsaved(), 0.0, NOW) == ""


def test_the_rate_of_a_job_that_has_just_begun_is_over_what_there_is():
    began = NOW - timedelta(seconds=20)
    said = outlook(unsaved(succeeded=100, started_at=began), 5.0, NOW)
    assert said == "5 a second in 20\u202fs (since it began), about 20\u202fs left"


def test_a_tool_that_refused_is_named_until_it_is_asked_again():
    until = (NOW + timedelta(seconds=30)).timestamp()
    holds = {"crm_integration": {"since": 0, "until": until}, "sms_outreach": {"since": 0, "until": 0}}
    assert outlook(unsaved(holds=holds), 0.0, NOW) == "crm_integration is asked again at 14:32:30"


def test_a_paused_job_says_why():
    assert outlook(unsaved(state="paused", reason="the key was revoked"), 2.0, NOW) == "the key was revoked"


@pytest.mark.parametrize(("failed", "word"), [(0, "done"), (3, "done, some failed")])
def test_a_job_that_is_done_with_failures_does_not_look_well(failed, word):
    row = row_of(unsaved(state="done", succeeded=200 - failed, failed=failed), {}, NOW)
    assert row.state.word == word
    assert sum(width for _, _, width in row.bars) == pytest.approx(100)


@pytest.mark.django_db
@pytest.mark.parametrize("many", [1, 20])
def test_the_page_asks_the_same_of_postgres_however_many_jobs_there_are(many, django_assert_num_queries):
    for _ in range(many):
        make_job(succeeded=2, failed=1)
        make_job(state="done", succeeded=10, ended_at=timezone.now())
    with django_assert_num_queries(4):
        found = context(Selection(), timezone.now())
    assert (len(found["open"]), len(found["past"]), found["letters"][0].items) == (many, many, many)


@pytest.mark.django_db
def test_the_page_is_behind_the_login(client, signed_in):
    make_job(succeeded=4, failed=1)
    page = signed_in.get("/jobs/").content.decode()
    assert "5 of 10, 1 failed" in page and "price_calculator" in page
    client.logout()
    assert client.get("/jobs/").status_code == 302


@pytest.mark.browser
@pytest.mark.timeout(180)
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_the_page_moves_by_itself_and_fits(page, width):
    job = make_job(succeeded=4, failed=1)
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/jobs/")
    assert "5 of 10, 1 failed" in page.inner_text("#open")
    wait_for(lambda: page.get_attribute("#live", "data-state") == "good", 30, "the connection")
    Job.objects.filter(pk=job.pk).update(succeeded=9, state="done", ended_at=timezone.now())
    wait_for(lambda: "10 of 10, 1 failed" in page.inner_text("#past"), 30, "a push")
    wait_for(lambda: "No job is waiting or running." in page.inner_text("#open"), 30, "the other part")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
