"""Jobs over REST: submit, watch, control, mend and replay, each with the rights of the key."""

import json

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client
from django.utils import timezone

from tools.decisions import live
from tools.decisions.keys import create_key, revoke_key
from tools.decisions.live import read_snapshot
from tools.jobs.models import Job, JobItem
from tools.models import ApiKey

pytestmark = pytest.mark.django_db(transaction=True)
JOBS = "/api/v1/jobs"
DEAD = "/api/v1/dead-letters"
FIVE = [{"tool": "note", "payload": {"number": number}} for number in range(5)]


class Api:
    """A client with a key of the given rights."""

    def __init__(self, plain):
        self.client = AsyncClient(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {plain}"}

    async def get(self, path, **query):
        return await self.client.get(path, query, headers=self.headers)

    async def post(self, path, body="", content_type="application/json", **headers):
        return await self.client.post(path, body, content_type=content_type, headers={**self.headers, **headers})

    async def patch(self, path, body):
        return await self.client.patch(path, body, content_type="application/json", headers=self.headers)

    async def submit(self, calls, **more):
        answer = await self.post(JOBS, {"calls": calls, **more})
        return answer.json()


@pytest.fixture
def make_api(executor, calls_made):
    """A client whose key has the given scopes and roles; the process knows the key at once."""
    pins = []

    def make(name="robot", scopes=("execute", "read"), roles=("coach",)):
        _, plain = create_key(name, scopes, roles)
        pins.append(live.pinned(read_snapshot()))
        pins[-1].__enter__()
        return Api(plain)

    yield make
    for pin in reversed(pins):
        pin.__exit__(None, None, None)


@pytest.fixture
def api(make_api):
    return make_api()


@pytest.fixture
def finish(run_turn):
    """Run a job to its end."""

    def run(job_id):
        return run_turn(Job.objects.get(pk=job_id))

    return sync_to_async(run)


async def another(make_api, *rights, **more):
    return await sync_to_async(make_api)(*rights, **more)


async def dead_letter(api, finish):
    job = await api.submit([{"tool": "send_once", "payload": {"too": "ana"}}, *FIVE])
    await finish(job["id"])
    (letter,) = (await api.get(DEAD)).json()["items"]
    return job, letter


async def test_a_job_is_accepted_run_and_watched(api, finish):
    answer = await api.post(JOBS, {"calls": FIVE, "name": "five", "priority": "high", "session_id": "s1"})
    job = answer.json()
    assert answer.status_code == 202
    assert (job["name"], job["priority"], job["state"], job["submitter"]) == (
        "five",
        "high",
        "queued",
        "key robot",
    )
    assert job["counts"] == {"total": 5, "waiting": 5, "running": 0, "succeeded": 0, "failed": 0}
    await finish(job["id"])
    after = (await api.get(f"{JOBS}/{job['id']}")).json()
    assert (after["state"], after["counts"]["succeeded"], after["eta_s"]) == ("done", 5, None)
    items = (await api.get(f"{JOBS}/{job['id']}/items", state="succeeded")).json()["items"]
    assert [item["result"] for item in items] == [0, 1, 2, 3, 4]


async def test_rate_and_eta_are_those_of_the_last_minute(api, finish):
    job = await api.submit([*FIVE, {"tool": "gated", "payload": {"number": 1}}])
    from tests.tools.jobs.conftest import GATE

    GATE.retry_after_s = 30
    await finish(job["id"])
    after = (await api.get(f"{JOBS}/{job['id']}")).json()
    assert after["state"] == "running" and 0 < after["rate_per_s"] <= 5
    assert after["eta_s"] == pytest.approx(1 / after["rate_per_s"], rel=0.1)
    assert list(after["waits_for"]) == ["gated"]


async def test_the_same_submission_twice_is_one_job(api):
    first = await api.post(JOBS, {"calls": FIVE, "idempotency_key": "monday"})
    second = await api.post(JOBS, {"calls": FIVE}, **{"Idempotency-Key": "monday"})
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.json()["id"] == second.json()["id"]
    other = await api.post(JOBS, {"calls": FIVE[:1], "idempotency_key": "monday"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert await Job.objects.acount() == 1


async def test_an_idempotency_key_is_never_cut(api):
    answer = await api.post(JOBS, {"calls": FIVE}, **{"Idempotency-Key": "k" * 201})
    assert answer.status_code == 400 and "idempotency_key is too long" in answer.json()["detail"]


async def test_a_filter_that_cannot_be_is_refused(api):
    assert (await api.get(DEAD, tool="\0")).status_code == 400


async def test_two_keys_may_use_the_same_idempotency_key(make_api):
    one, two = await another(make_api, "one"), await another(make_api, "two")
    await one.submit(FIVE, idempotency_key="k")
    await two.submit(FIVE, idempotency_key="k")
    assert await Job.objects.acount() == 2


async def test_lines_of_json_are_a_job(api):
    lines = "\n".join(json.dumps(call) for call in FIVE) + '\n\n{"payload": {"number": 9}}\n'
    answer = await api.post(f"{JOBS}?tool=note&name=lines&max_concurrent=2", lines, "application/x-ndjson")
    job = answer.json()
    assert (answer.status_code, job["counts"]["total"], job["name"], job["max_concurrent"]) == (202, 6, "lines", 2)


async def test_a_line_names_its_tool_by_either_name_and_by_one(api):
    line = '{"name": "note", "payload": {"number": 1}}'
    answer = await api.post(f"{JOBS}?tool=gated", line, "application/x-ndjson")
    assert answer.status_code == 202, answer.json()
    both = await api.post(JOBS, '{"name": "note", "tool": "gated"}', "application/x-ndjson")
    assert both.status_code == 400 and "tool and name differ" in both.json()["detail"]


async def test_lines_end_where_json_lines_end(api, finish):
    """U+2028 and U+0085 stand in JSON as they are."""
    line = '{"tool": "note", "payload": {"number": 1}, "context": {"agent": "a\u2028b\u0085c"}}'
    answer = await api.post(JOBS, f"{line}\r\n{line}\n", "application/x-ndjson")
    job = await finish(answer.json()["id"])
    assert (answer.status_code, job.succeeded) == (202, 2)
    assert {item.context["agent"] async for item in job.items.all()} == {"a\u2028b\u0085c"}


async def test_a_table_is_a_job(api, finish):
    answer = await api.post(f"{JOBS}?tool=note", "number\n1\n2\n", "text/csv")
    job = await finish(answer.json()["id"])
    assert job.succeeded == 2
    assert [item.payload async for item in job.items.order_by("position")] == [{"number": "1"}, {"number": "2"}]


@pytest.mark.parametrize(
    ("address", "body", "kind", "said"),
    [
        ("", {"calls": []}, "application/json", "calls"),
        ("", {"calls": [{"tool": "note"}], "priority": "soon"}, "application/json", "priority"),
        ("", {"calls": [{"tool": "note"}], "max_concurrent": 51}, "application/json", "max_concurrent"),
        ("", {"calls": [{"tool": "notes"}]}, "application/json", "did you mean 'note'"),
        ("", '{"tool": "note"}\n{"tool"', "application/x-ndjson", "line 2"),
        ("?tool=note", "number\n1,2\n", "text/csv", "more cells"),
        ("?tool=note", "number,number\n1,2\n", "text/csv", "'number' stands there 2 times"),
        ("?tool=note", "numbr\n1\n", "text/csv", "did you mean 'number'?"),
        ("?tool=note", "number;text\n1;x\n", "text/csv", "parted by ';': use commas"),
        ("", "number\n1\n", "text/csv", "which tool"),
        ("?tool=note&prio=high", "number\n1\n", "text/csv", "unknown argument 'prio'"),
        ("?tool=note", b"number\n\xff\n", "text/csv", "not UTF-8"),
        ("?tool=note&name=%00&session_id=%00", "number\n1\n", "text/csv", "U+0000"),
    ],
)
async def test_what_is_wrong_with_a_submission_is_said(api, address, body, kind, said):
    answer = await api.post(f"{JOBS}{address}", body, kind)
    document = answer.json()
    assert answer.status_code in (400, 404) and said.lower() in document["detail"].lower()
    assert not await Job.objects.aexists()


async def test_a_tool_that_the_role_may_not_call_is_refused_at_once(api):
    answer = await api.post(JOBS, {"calls": [*FIVE, {"tool": "only_chief"}]})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_authorized")
    assert "only_chief: role 'coach' may not call it, chief may" in answer.json()["detail"]


async def test_a_role_that_the_key_may_not_claim_is_refused(api):
    answer = await api.post(JOBS, {"calls": FIVE, "caller_role": "chief"})
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_granted")


async def test_a_job_of_a_revoked_key_stops_and_says_why(api, finish):
    job = await api.submit(FIVE)
    await sync_to_async(revoke_key)(await ApiKey.objects.aget())
    after = await finish(job["id"])
    assert (after.state, after.succeeded) == ("paused", 0)
    assert "(key robot) may not call tools any more: the API key was revoked" in after.reason


async def test_a_key_that_lost_its_scope_runs_nothing_more(api, finish):
    job = await api.submit(FIVE)
    await ApiKey.objects.aupdate(scopes=["read"])
    after = await finish(job["id"])
    assert after.state == "paused" and "lacks the scope 'execute'" in after.reason


async def test_a_job_is_paused_resumed_and_cancelled(api):
    address = f"{JOBS}/{(await api.submit(FIVE))['id']}"
    for action, state in (("pause", "paused"), ("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")):
        assert (await api.post(f"{address}/{action}")).json()["state"] == state
    answer = await api.post(f"{address}/resume")
    assert (answer.status_code, answer.json()["code"]) == (409, "job_state")


async def test_a_dead_letter_is_edited_and_replayed(api, finish):
    job, letter = await dead_letter(api, finish)
    assert letter["error"]["code"] == "invalid_arguments"
    wrong = await api.patch(f"{DEAD}/{letter['id']}", {"payload": {"two": "ana"}})
    assert wrong.status_code == 400 and "did you mean 'to'?" in wrong.json()["detail"]
    right = await api.patch(f"{DEAD}/{letter['id']}", {"payload": {"to": "ana"}})
    assert right.json()["payload"] == {"to": "ana"}
    assert (await api.post(f"{DEAD}/replay", {"items": [letter["id"]]})).json() == {"replayed": 1}
    after = await finish(job["id"])
    assert (after.state, after.succeeded, after.failed) == ("done", 6, 0)
    assert (await JobItem.objects.aget(pk=letter["id"])).result == '"sent to ana"'


async def test_all_dead_letters_of_a_job_are_replayed(api, finish):
    job = await api.submit([{"tool": "send_once", "payload": {"to": "nobody"}}] * 3)
    assert (await finish(job["id"])).failed == 3
    assert (await api.post(f"{JOBS}/{job['id']}/replay")).json() == {"replayed": 3}
    after = (await api.get(f"{JOBS}/{job['id']}")).json()
    assert (after["state"], after["counts"]["waiting"], after["ended_at"]) == ("queued", 3, None)


async def test_a_key_sees_its_own_jobs_and_a_reader_sees_all(make_api):
    one, other = await another(make_api, "one", ["execute"]), await another(make_api, "other", ["execute"])
    reader = await another(make_api, "reader", ["read"])
    job = await one.submit(FIVE)
    assert (await other.get(f"{JOBS}/{job['id']}")).status_code == 404
    assert (await other.get(JOBS)).json()["jobs"] == []
    assert [found["id"] for found in (await reader.get(JOBS)).json()["jobs"]] == [job["id"]]
    assert (await reader.post(f"{JOBS}/{job['id']}/pause")).status_code == 403


async def test_nobody_makes_calls_with_the_rights_of_another_key(make_api, finish):
    chief = await another(make_api, "chief", roles=["chief"])
    coach = await another(make_api, "coach", ["execute", "read", "manage"])
    job = await chief.submit([{"tool": "send_once", "payload": {"too": "x"}}], caller_role="chief")
    await finish(job["id"])
    (letter,) = (await coach.get(DEAD)).json()["items"]
    for answer in (
        await coach.patch(f"{DEAD}/{letter['id']}", {"payload": {"to": "me"}}),
        await coach.post(f"{DEAD}/replay", {"items": [letter["id"]]}),
        await coach.post(f"{JOBS}/{job['id']}/replay"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "role_not_granted")


async def test_lists_are_read_page_by_page(api, finish):
    ids = [(await api.submit([{"tool": "send_once", "payload": {}}] * 3))["id"] for _ in range(3)]
    for job_id in ids:
        await finish(job_id)
    assert await read_all(api, JOBS, "jobs", limit=2) == ids[::-1]
    assert len(await read_all(api, DEAD, "items", limit=2)) == 9
    assert len(set(await read_all(api, f"{JOBS}/{ids[0]}/items", "items", limit=1))) == 3


async def read_all(api, address, name, limit):
    found, after = [], ""
    while after is not None:
        page = (await api.get(address, limit=limit, **({"after": after} if after else {}))).json()
        assert len(page[name]) <= limit
        found += [row["id"] for row in page[name]]
        after = page["next"]
    return found


@pytest.mark.parametrize("mark", ["x", "2026-01-01_x", "_", "99999999999", "2026-01-01T00:00:00+00:00_"])
async def test_a_mark_that_is_none_is_refused(api, mark):
    job = await api.submit(FIVE)
    for address in (JOBS, f"{JOBS}/{job['id']}/items"):
        answer = await api.get(address, after=mark)
        assert answer.status_code == 400 and "no mark of this list" in answer.json()["detail"]


async def test_the_items_of_a_job_that_is_not_there_are_none_at_any_mark(api):
    nobody = "00000000-0000-0000-0000-000000000001"
    for mark in ("", "1"):
        assert (await api.get(f"{JOBS}/{nobody}/items", after=mark)).status_code == 404


async def test_what_holds_for_the_calls_of_a_table_is_given_once(api):
    answer = await api.post(f"{JOBS}?tool=note&tool=gated", "number\n1", "text/csv")
    assert (answer.status_code, answer.json()["code"]) == (400, "repeated_parameter")


@pytest.mark.parametrize("many", [1, 30])
def test_lists_ask_the_same_of_postgres_however_long_they_are(api, make_job, many, django_assert_num_queries):
    for _ in range(many):
        make_job()
    JobItem.objects.update(state="failed", ended_at=timezone.now())
    for address in (JOBS, DEAD):
        with django_assert_num_queries(1):
            rows = next(iter(Client().get(address, headers=api.headers).json().values()))
        assert len(rows) >= many


async def test_who_only_watches_sees_no_secrets(make_api, finish):
    owner = await another(make_api, "owner")
    watcher = await another(make_api, "watcher", ["read"])
    job = await owner.submit([{"tool": "send_once", "payload": {"to": "ana@example.com"}}, {"tool": "send_once"}])
    await finish(job["id"])
    address = f"{JOBS}/{job['id']}/items"
    assert (await owner.get(address)).json()["items"][0]["result"] == "sent to ana@example.com"
    assert b"ana@example" not in (await watcher.get(address)).content
