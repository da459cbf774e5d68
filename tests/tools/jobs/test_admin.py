"""Operators steer jobs in the admin, and mend and replay what failed."""

import json
import re

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from tools.jobs.models import Job, JobItem

pytestmark = pytest.mark.django_db(transaction=True)
JOBS = reverse("admin:jobs_job_changelist")
LETTERS = reverse("admin:jobs_deadletter_changelist")
ITEMS = reverse("admin:jobs_jobitem_changelist")


@pytest.fixture
def boss(client):
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def letter(make_job, run_turn):
    """A dead letter: its payload has a name that is wrong."""
    job = run_turn(make_job("send_once", [{"too": "ana"}, {"to": "ben"}], name="post"))
    return job.items.get(state="failed")


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode())).replace("&#x27;", "'")


def act(client, address, action, *rows):
    answer = client.post(address, {"action": action, "_selected_action": [row.pk for row in rows]}, follow=True)
    return text_of(answer)


def edit(client, letter, payload, **buttons):
    address = reverse("admin:jobs_deadletter_change", args=[letter.pk])
    return client.post(address, {"payload": payload, **(buttons or {"_save": "1"})}, follow=True)


def test_the_list_shows_how_far_each_job_is(boss, letter):
    page = boss.get(JOBS)
    assert "2 of 2, 1 failed" in text_of(page)
    assert "width:50.00%" in page.content.decode()


def test_jobs_are_paused_resumed_and_cancelled_by_actions(boss, make_job):
    job = make_job(name="post")
    for action, state in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")):
        act(boss, JOBS, action, job)
        job.refresh_from_db()
        assert job.state == state
    assert job.reason == "cancelled by boss"
    assert "post: The job is cancelled: only one that is paused can be made queued" in act(
        boss, JOBS, "resume", job
    )


def test_who_may_only_look_steers_nothing(client, make_job):
    watcher = User.objects.create_user("watcher", is_staff=True)
    watcher.user_permissions.add(Permission.objects.get(codename="view_job"))
    client.force_login(watcher)
    job = make_job()
    act(client, JOBS, "pause", job)
    assert Job.objects.get().state == "queued"
    assert 'value="pause"' not in client.get(JOBS).content.decode()


def test_the_page_of_a_job_leads_to_its_items(boss, letter):
    page = boss.get(reverse("admin:jobs_job_change", args=[letter.job_id]))
    address = f"{ITEMS}?job__id__exact={letter.job_id}"
    assert address in page.content.decode()
    listed = text_of(boss.get(address))
    assert '{"to": "ben"}' in listed.replace("&quot;", '"') and "2 items" in listed


def test_the_page_of_an_item_shows_its_result_and_lets_nobody_change_it(boss, letter):
    item = JobItem.objects.get(state="succeeded")
    address = reverse("admin:jobs_jobitem_change", args=[item.pk])
    assert "sent to ben" in text_of(boss.get(address))
    assert boss.post(address, {"payload": "{}"}).status_code == 403


def test_dead_letters_are_filtered_by_tool_and_code(boss, letter, make_job, run_turn):
    run_turn(make_job("send_once", [{"to": "nobody"}]))
    assert "2 dead letters" in text_of(boss.get(LETTERS))
    filtered = text_of(boss.get(LETTERS, {"error_code__exact": "nobody"}))
    assert "1 dead letter" in filtered and "there is nobody of that name" in filtered
    assert "0 dead letters" in text_of(boss.get(LETTERS, {"tool__exact": "note"}))
    assert "1 dead letter" in text_of(boss.get(LETTERS, {"q": letter.tool_call_ids[0]}))


def test_a_payload_that_does_not_fit_is_refused_in_the_engines_words(boss, letter):
    page = text_of(edit(boss, letter, '{"two": "ana"}'))
    assert "unknown argument 'two': did you mean 'to'?" in page
    assert "Enter a valid JSON" in text_of(edit(boss, letter, "{"))
    letter.refresh_from_db()
    assert letter.payload == {"too": "ana"}


def test_an_edit_keeps_who_what_was_and_what_is(boss, letter):
    edit(boss, letter, '{"to": "ana"}')
    assert [(row.payload, row.history_change_reason) for row in letter.history.all()] == [
        ({"to": "ana"}, "edited by boss"),
        ({"too": "ana"}, "as submitted"),
    ]
    assert letter.history.first().history_user.username == "boss"
    page = text_of(boss.get(reverse("admin:jobs_deadletter_change", args=[letter.pk])))
    assert "edited by boss" in page and "as submitted" in page


def test_an_edit_and_its_replay_are_one_click(boss, letter, run_turn, calls_made):
    page = text_of(edit(boss, letter, json.dumps({"to": "ana"}), jobs_deadletter_save_and_replay="1"))
    assert "1 dead letter will run again." in page
    assert calls_made[-1]["args"] == (str(letter.job_id), 1)
    job = run_turn(Job.objects.get())
    assert (job.state, job.succeeded, job.failed) == ("done", 2, 0)


def test_dead_letters_are_replayed_by_selection_and_by_job(boss, letter, run_turn):
    assert "1 dead letter will run again." in act(boss, LETTERS, "replay", letter)
    assert run_turn(Job.objects.get()).failed == 1
    act(boss, JOBS, "replay", Job.objects.get())
    job = Job.objects.get()
    assert (job.state, job.waiting, job.failed) == ("queued", 1, 0)


def test_secrets_are_not_shown_in_lists(boss, make_job, run_turn):
    run_turn(make_job("send_once", [{"too": "sk-proj-Ab3dEf6hIj9kLm2nOp5qRs8tUv1w"}]))
    for address in (LETTERS, ITEMS):
        assert "sk-proj-Ab3d" not in boss.get(address).content.decode()


@pytest.mark.parametrize("address", [JOBS, ITEMS, LETTERS])
def test_lists_ask_no_more_for_many_rows_than_for_one(
    boss, make_job, run_turn, address, django_assert_max_num_queries
):
    run_turn(make_job("send_once", [{}]))
    with django_assert_max_num_queries(12) as few:
        boss.get(address)
    for _ in range(10):
        run_turn(make_job("send_once", [{}, {}]))
    with django_assert_max_num_queries(12) as many:
        boss.get(address)
    assert len(many) == len(few)
