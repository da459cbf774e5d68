"""Who may read, and what is told to those who ask wrongly."""

import json

import pytest

from telemetry.read_api import router
from telemetry.search import SearchTooExpensive

ADDRESSES = ("spans", "traces", "rollups", f"traces/{'0' * 31}1", f"spans/{'0' * 31}1/{'0' * 15}1")


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize(
    ("key", "status"), [("", 401), ("sb_wrong", 401), ("sb_execute", 403), ("sb_ingest", 403)]
)
def test_only_a_key_with_the_scope_read_may_read(api, path, key, status):
    answer = api(path, key=key)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")


def test_people_who_may_see_calls_may_read(api, person):
    api.client.force_login(person("ana", "telemetry.view_span"))
    assert api("spans", key="").status_code == 200


@pytest.mark.parametrize("path", ["spans", "traces", "rollups"])
def test_a_wrong_query_is_told_with_its_place(api, path):
    problem = api.problem(path, q="provider:groq tol:crm")
    assert (problem["status"], problem["code"], problem["parameter"]) == (400, "bad_query", "q")
    assert "provider:groq tol:crm"[problem["position"] :][: problem["length"]] == "tol"
    assert problem["suggestion"].startswith("tool") and problem["detail"] and "tool_call_id" in problem


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"since": "whenever"}, "since"),
        ({"until": "25 o'clock"}, "until"),
        ({"since": "1h", "until": "2h"}, "since"),
        ({"cursor": "o.1.2.3"}, "cursor"),
    ],
)
@pytest.mark.parametrize("path", ["spans", "traces"])
def test_a_wrong_parameter_is_named_and_told_what_to_write(api, path, query, parameter):
    problem = api.problem(path, **query)
    assert (problem["status"], problem["code"], problem["parameter"]) == (400, "bad_parameter", parameter)
    assert problem["hint"]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 501}, {"limit": "x"}, {"q": "x" * 2001}])
def test_limits_are_checked(api, query):
    problem = api.problem("spans", **query)
    assert problem["status"] in (400, 422) and next(iter(query)) in problem["detail"]


@pytest.mark.parametrize(
    "query", [{"resolution_s": 7}, {"by": "colour"}, {"q": "duration:>5s"}, {"q": "outcome:timeout"}]
)
def test_what_rollups_do_not_know_is_refused(api, query):
    problem = api.problem("rollups", **query)
    assert problem["status"] in (400, 422)
    name = next(iter(query))
    assert problem.get("parameter") == name or f"{name}:" in problem["detail"]


@pytest.mark.parametrize("path", ADDRESSES[3:])
def test_what_is_not_there_is_a_404(api, path):
    assert api.problem(path)["status"] == 404


@pytest.mark.parametrize("cursor", ["1000_1", "1777645800123456789_-5"])
@pytest.mark.parametrize("limit", [{}, {"limit": 1}])
def test_a_trace_that_is_not_there_is_a_404_at_every_place_of_it(api, cursor, limit):
    assert api.problem(f"traces/{'0' * 31}1", cursor=cursor, **limit)["code"] == "not_found"


@pytest.mark.parametrize("path", ["traces/xyz", "spans/xyz/1", f"traces/{'A' * 32}"])
def test_what_is_no_id_is_refused(api, path):
    assert api.problem(path)["status"] in (400, 404, 422)


def test_a_search_that_takes_too_long_is_refused(api, monkeypatch):
    def refuse(*args, **options):
        raise SearchTooExpensive("This search takes too long: shorten the period.")

    monkeypatch.setattr(router.search, "page", refuse)
    problem = api.problem("spans")
    assert (problem["status"], problem["code"]) == (422, "too_expensive")


def test_the_document_describes_every_address_with_an_example(api):
    document = api.json("openapi.json")
    for path in ("/api/v1/spans", "/api/v1/traces", "/api/v1/rollups", "/api/v1/traces/{trace_id}"):
        described = document["paths"][path]["get"]
        assert described["tags"] == ["spans"] and described["description"]
        assert {"200", "400", "401", "403", "422"} <= set(described["responses"])
    q = next(each for each in document["paths"]["/api/v1/spans"]["get"]["parameters"] if each["name"] == "q")
    assert "status:error" in json.dumps(q) and document["components"]["schemas"]["ReadProblem"]["example"]
