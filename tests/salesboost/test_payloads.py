"""What went in and came out of calls is on no page, push, export or answer for those who may not see it."""

import gzip
import json
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.addresses.selection import Selection
from dashboard.live import pages
from dashboard.live.pages import Watch
from telemetry.errors.models import ErrorGroup
from telemetry.exports import control, files
from telemetry.exports.models import Export, State
from telemetry.exports.request import new_export
from telemetry.exports.runner import Runner
from telemetry.semconv import Outcome
from telemetry.store.batches import write_spans
from tests.dashboard.error_calls import bad_arguments
from tests.telemetry.builders import make_row
from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.jobs.models import ItemState, Job, JobItem, JobState
from tools.models import Scope

pytestmark = pytest.mark.django_db
TRACE = "0" * 31 + "a"
MARKS = ("quokka-argument", "quokka-result", "quokka-message", "quokka-event", "quokka-wrong")
MESSAGES = {"input": [{"role": "user", "content": "quokka-message"}]}


@pytest.fixture
def stored():
    """A call, a model's span and a call with bad arguments, each with payloads, of a moment ago."""
    now = timezone.now() - timedelta(seconds=20)
    common = {"trace_id": uuid.UUID(TRACE), "start_time": now, "session_id": "s1"}
    said = {"arguments": '{"q": "quokka-argument"}', "result": '"quokka-result"'}
    event = {"name": "gen_ai.user.message", "time_ns": 0, "attributes": {"content": "quokka-event"}}
    write_spans([
        make_row(**common, span_id=1, events=[event], **said),
        make_row(**common, span_id=2, operation="chat", tool="", outcome="", messages=json.dumps(MESSAGES)),
        replace(bad_arguments("q: type", **common, span_id=3), arguments='{"q": "quokka-wrong"}'),
    ])  # fmt: skip
    return now


def addresses():
    group = ErrorGroup.objects.get(layer=Outcome.ARGUMENTS)
    spans = [f"/traces/{TRACE}/{number:016x}/" for number in (1, 2, 3)]
    return [
        "/", "/traces/?q=&period=90m&whole=1", "/traces/chart/?q=", "/traces/facets/?q=", "/providers/", "/costs/",
        "/traces/complete/?q=attr.&at=5", "/traces/complete/?q=text:quokka&at=11", "/traces/?q=quokka*&whole=1",
        *(f"/traces/{TRACE}/?span={number:016x}" for number in (1, 2, 3)), *spans,
        f"/traces/{TRACE}/otlp.json", f"/traces/compare/?a={TRACE}&b={TRACE}", "/sessions/?id=s1",
        "/errors/?state=any", f"/errors/{group.hex}/", f"/errors/arguments/?tool={group.tool}&period=24h",
        f"/api/v1/spans/{TRACE}/{1:016x}", f"/api/v1/spans/{TRACE}/{2:016x}", f"/api/v1/spans/{TRACE}/{3:016x}",
        f"/api/v1/traces/{TRACE}", f"/api/v1/traces/{TRACE}?format=otlp", "/api/v1/spans", "/api/v1/traces",
    ]  # fmt: skip


def seen(browser, **headers):
    """Which marks are to be found, and where."""
    found = {}
    for address in addresses():
        answer = browser.get(address, headers={"HX-Request": "true", **headers})
        assert answer.status_code == 200, (address, answer.status_code)
        # A query is repeated by the page that answers it.
        text = answer.text.replace("text:quokka", "")
        for mark in MARKS:
            if mark in text:
                found.setdefault(mark, []).append(address)
    return found


def test_a_viewer_sees_the_calls_and_none_of_their_payloads(person, client, stored):
    client.force_login(person("vera", "viewer"))
    assert seen(client) == {}
    page = client.get(f"/traces/{TRACE}/?span={1:016x}").text
    assert page.count("Only for who has the permission telemetry.view_spanpayload.") == 2
    assert "execute_tool" in page and "crm" in page


def test_an_operator_sees_each_of_them(person, client, stored):
    client.force_login(person("otto", "operator"))
    found = seen(client)
    assert set(found) == set(MARKS)
    assert f"/traces/{TRACE}/otlp.json" in found["quokka-result"]
    assert "/sessions/?id=s1" in found["quokka-message"]
    assert any("/errors/arguments/" in address for address in found["quokka-wrong"])


@pytest.mark.parametrize(("scopes", "sees"), [({Scope.READ}, False), ({Scope.READ, Scope.PAYLOADS}, True)])
def test_a_key_reads_payloads_with_their_scope_alone(stored, scopes, sees):
    key = KeyInfo("robot", "sb_", frozenset(scopes))
    ask = {"Authorization": "Bearer sb_robot"}
    with live.pinned(Snapshot(keys={digest("sb_robot"): key})):
        browser = Client()
        one = browser.get(f"/api/v1/spans/{TRACE}/{1:016x}", headers=ask)
        whole = browser.get(f"/api/v1/traces/{TRACE}?format=otlp&payloads=true", headers=ask)
    assert one.status_code == 200 and (one.json()["payload"] is not None) == sees
    assert whole.status_code == (200 if sees else 403)
    assert any(mark in one.text + whole.text for mark in MARKS) == sees
    if not sees:
        assert (whole.json()["code"], "'payloads'" in whole.json()["hint"]) == ("missing_scope", True)


@pytest.mark.parametrize("page", pages.PAGES)
def test_no_push_has_a_payload(stored, page):
    drawn = pages.render(Watch(page, Selection()))
    assert drawn and not [mark for mark in MARKS if mark in "".join(drawn.values())]


@pytest.fixture
def exported(person, settings, tmp_path, monkeypatch, stored):
    """``exported(person, …)``: the text of an export of theirs, or why there is none."""
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(control, "call_runner", lambda: True)

    def run(user, before_it_runs=lambda: None, **asked):
        now = timezone.now()
        asked = {"format": "csv", "with_payloads": True} | asked
        export = new_export(query="", period=(now - timedelta(hours=1), now), now=now, **asked)
        control.submit(export, user, now)
        before_it_runs()
        Runner(sleep=lambda seconds: None).run_next()
        export = Export.objects.get(pk=export.pk)
        return gzip.open(files.final(export)).read().decode() if export.state == State.DONE else export.note

    return run


@pytest.mark.parametrize("format", ["csv", "otlp"])
def test_an_export_has_payloads_where_asked_for_by_who_may_see_them(person, exported, format):
    otto = person("otto", "operator")
    bare = exported(otto, format=format, with_payloads=False)
    assert TRACE in bare and not [mark for mark in MARKS if mark in bare]
    assert {"quokka-argument", "quokka-message"} <= {
        mark for mark in MARKS if mark in exported(otto, format=format)
    }


def test_an_export_of_who_lost_the_right_is_not_written(person, exported):
    otto = person("otto", "exports.add_export", "telemetry.view_spanpayload")
    said = exported(otto, before_it_runs=otto.user_permissions.clear)
    assert said == "otto may not see arguments, results and messages any more."


def test_who_may_not_see_payloads_asks_for_none_and_downloads_none(person, client, exported):
    otto = person("otto", "exports.add_export", "telemetry.view_spanpayload")
    exported(otto)
    client.force_login(otto)
    download = f"/exports/{Export.objects.get().pk}/download/"
    assert client.get(download).status_code == 200
    otto.user_permissions.clear()
    otto.user_permissions.set(person("emil", "exports.add_export").user_permissions.all())
    assert client.get(download).status_code == 403
    assert 'name="payloads"' not in client.get("/exports/").text
    refused = client.post("/exports/start/", {"format": "csv", "period": "24h", "payloads": "on"})
    assert refused.status_code == 400 and "telemetry.view_spanpayload" in refused.text
    assert client.post("/exports/start/", {"format": "csv", "period": "24h"}).status_code == 302


@pytest.fixture
def letter():
    job = Job.objects.create(
        state=JobState.DONE, submitter="user somebody", caller_role="coach", total=1, failed=1
    )
    return JobItem.objects.create(
        job=job, position=0, tool="crm_integration", payload={"q": "quokka-argument"}, state=ItemState.FAILED,
        result='"quokka-result"', error_code="timeout", ended_at=timezone.now(),
    )  # fmt: skip


@pytest.mark.parametrize(("rights", "sees"), [(("viewer",), False), (("operator",), True)])
def test_the_items_of_others_jobs_over_rest(person, client, letter, rights, sees):
    client.force_login(person("ana", *rights))
    for address in (f"/api/v1/jobs/{letter.job_id}/items", "/api/v1/dead-letters"):
        answer = client.get(address)
        assert ("quokka-argument" in answer.text, "quokka-result" in answer.text) == (sees, sees)
        assert answer.json()["items"][0]["tool"] == "crm_integration"


@pytest.mark.parametrize("sees", [False, True])
def test_the_items_of_jobs_in_the_admin(person, client, letter, sees):
    rights = ["jobs.view_jobitem", "jobs.view_deadletter", "jobs.change_deadletter"]
    client.force_login(person("ana", *rights, *["telemetry.view_spanpayload"] * sees, is_staff=True))
    for model in ("jobitem", "deadletter"):
        listed = client.get(f"/admin/jobs/{model}/").text
        shown = client.get(f"/admin/jobs/{model}/{letter.pk}/change/").text
        assert "crm_integration" in shown
        assert ("quokka-argument" in listed + shown) == sees
    mended = client.post(f"/admin/jobs/deadletter/{letter.pk}/change/", {"payload": "{}"})
    assert (mended.status_code == 403) != sees
