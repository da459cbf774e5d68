"""Running tools over REST."""

import pytest

from telemetry import semconv


async def test_a_call_is_answered_in_the_documented_shape(api):
    response = await api.execute("double", {"number": 21})
    assert response.status_code == 200
    answer = response.json()
    assert answer == {
        "tool": "double",
        "tool_call_id": answer["tool_call_id"],
        "status": "success",
        "result": 42,
        "latency_ms": answer["latency_ms"],
        "cached": False,
        "retry_count": 0,
    }


async def test_a_call_runs_without_a_query(api, monkeypatch):
    def refuse(*args):
        raise AssertionError("a query")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", refuse)
    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.ensure_connection", refuse)
    assert (await api.execute("double", {"number": 1})).status_code == 200


async def test_a_call_that_names_no_role_has_the_default_role_of_its_key(api, spans):
    await api.execute("double", {"number": 2})
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.CALLER_ROLE] == "coach"
    assert span.attributes[semconv.API_KEY_NAME] == "full"


async def test_session_and_context_reach_the_span(api, spans):
    context = {"provider": "openai", "model": "gpt-5", "temperature": 0.2}
    await api.execute("double", {"number": 2}, session_id="s1", context=context)
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.CONVERSATION_ID] == "s1"
    assert span.attributes[semconv.PROVIDER_NAME] == "openai"
    assert span.attributes["salesboost.context.temperature"] == "0.2"


async def test_a_key_may_claim_only_its_roles(api_as):
    allowed = await api_as("sb_execute").execute("rarely", caller_role="rag")
    refused = await api_as("sb_execute").execute("double", {"number": 1}, caller_role="admin")
    assert (allowed.status_code, refused.status_code) == (200, 403)
    assert refused.json()["code"] == "role_not_granted"
    assert "coach, rag" in refused.json()["hint"]


async def test_a_key_without_the_scope_may_not_execute(api_as):
    refused = await api_as("sb_reader").execute("double", {"number": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "missing_scope")


async def test_parallel_calls_are_answered_in_their_order_with_problems_in_their_place(api):
    calls = [{"tool": "double", "payload": {"number": n}} for n in (1, 2)]
    calls.insert(1, {"tool": "refuse", "payload": {"why": "no"}})
    response = await api.post("/api/v1/tools/execute_parallel", {"calls": calls, "max_concurrent": 2})
    first, second, third = response.json()["results"]
    assert (first["result"], third["result"]) == (2, 4)
    assert (second["code"], second["status"]) == ("cannot", 422)
    assert second["tool_call_id"]


@pytest.mark.parametrize(
    ("path", "within", "said"),
    [
        ("execute", lambda call: call, "tool and name differ: give one of them"),
        ("stream", lambda call: call, "tool and name differ: give one of them"),
        ("execute_parallel", lambda call: {"calls": [call]}, "argument 'calls.0': tool and name differ: give"),
    ],
)
async def test_a_call_names_one_tool(api, path, within, said):
    one = {"tool": "double", "payload": {"number": 2}}
    refused = await api.post(f"/api/v1/tools/{path}", within({**one, "name": "refuse"}))
    assert refused.status_code == 400 and refused.json()["detail"].startswith(said)
    assert (await api.post(f"/api/v1/tools/{path}", within({**one, "name": "double"}))).status_code == 200


async def test_a_parallel_call_may_use_the_result_of_another(api):
    calls = [
        {"tool": "double", "payload": {"number": {"$ref": "first"}}},
        {"id": "first", "tool": "double", "payload": {"number": 4}},
        {"id": 3, "tool": "refuse", "payload": {"why": "no"}},
        {"tool": "double", "payload": {"number": {"$ref": "3.number"}}},
    ]
    response = await api.post("/api/v1/tools/execute_parallel", {"calls": calls})
    second, first, _, lost = response.json()["results"]
    assert (first["result"], second["result"]) == (8, 16)
    assert (lost["code"], lost["status"], lost["layer"]) == ("dependency_failed", 424, "arguments")


async def test_parallel_calls_that_do_not_fit_together_are_refused_as_a_whole(api, spans):
    calls = [{"id": "a", "tool": "double", "payload": {"number": {"$ref": "b"}}}]
    response = await api.post("/api/v1/tools/execute_parallel", {"calls": calls})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_plan")
    assert "unknown step 'b'" in response.json()["detail"]
    (span,) = spans.get_finished_spans()
    assert span.attributes[semconv.TOOL_CALL_ID] == response.json()["tool_call_id"]


async def test_a_second_call_comes_from_the_cache(api, executor):
    await api.execute("double", {"number": 8})
    await executor.flush()
    assert (await api.execute("double", {"number": "8"})).json()["cached"] is True
    await executor.flush()
    statistics = (await api.get("/api/v1/cache/statistics")).json()
    assert (statistics["hits"], statistics["misses"], statistics["by_tool"]["double"]["hits"]) == (1, 1, 1)


async def test_the_cache_can_be_read_and_cleared(api, executor):
    await api.execute("double", {"number": 9})
    await executor.flush()
    assert [entry["tool"] for entry in (await api.get("/api/v1/cache/top?limit=5")).json()["entries"]] == [
        "double"
    ]
    assert (await api.delete("/api/v1/cache/tags/customer:CUST001")).json() == {"cleared": 0}
    assert (await api.delete("/api/v1/cache/double")).json() == {"cleared": 1}
    assert (await api.delete("/api/v1/cache")).json() == {"cleared": 0}


async def test_tools_are_listed_with_schema_and_policy(api):
    listed = (await api.get("/api/v1/tools")).json()["tools"]
    assert [tool["name"] for tool in listed] == ["away", "broken", "double", "rarely", "refuse", "slow"]
    one = (await api.get("/api/v1/tools/double")).json()
    assert one["parameters"]["properties"]["number"]["type"] == "integer"
    assert one["policy"] == {
        "enabled": True,
        "roles": ["coach"],
        "timeout_s": 30.0,
        "deadline_s": 60.0,
        "retries": 0,
        "rate": None,
        "caller_rate": None,
        "quota_day": None,
        "quota_month": None,
        "max_concurrent": None,
        "cache_ttl_s": 60,
        "cache_stale_s": 0.0,
    }


async def test_the_openapi_document_describes_bodies_and_problems(api):
    document = (await api.get("/api/v1/openapi.json")).json()
    execute = document["paths"]["/api/v1/tools/execute"]["post"]
    schema = execute["requestBody"]["content"]["application/json"]["schema"]
    options = {"caller_role", "caller_id", "session_id", "context", "deadline_s", "dialect"}
    assert {"tool", "payload", *options} == set(schema["properties"])
    assert execute["responses"]["429"]["content"]["application/json"]["schema"]["$ref"].endswith("/Problem")
