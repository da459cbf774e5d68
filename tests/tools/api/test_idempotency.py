"""The header Idempotency-Key."""

import pytest

ONCE = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}
PATH = "/api/v1/tools/execute"


async def double(api, number, headers):
    return await api.post(PATH, {"tool": "double", "payload": {"number": number}}, headers=headers)


async def test_the_same_key_gets_the_same_answer_and_says_so(api):
    first, again = await double(api, 1, ONCE), await double(api, 1, ONCE)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["result"] == again.json()["result"] == 2
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


async def test_a_bare_key_is_the_same_as_a_quoted_one(api):
    await double(api, 1, ONCE)
    bare = {"Idempotency-Key": ONCE["Idempotency-Key"].strip('"')}
    assert (await double(api, 1, bare)).headers["Idempotency-Replayed"] == "true"


async def test_a_key_with_other_arguments_is_refused(api):
    await double(api, 1, ONCE)
    answer = await double(api, 2, ONCE)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_failure_that_will_not_pass_is_given_again(api):
    for replayed in (None, "true"):
        answer = await api.post(PATH, {"tool": "refuse", "payload": {"why": "no stock"}}, headers=ONCE)
        assert (answer.status_code, answer.json()["code"]) == (422, "cannot")
        assert answer.headers.get("Idempotency-Replayed") == replayed


async def test_keys_of_two_clients_are_two_keys(api, api_as):
    await double(api, 1, ONCE)
    other = await double(api_as("sb_execute"), 1, ONCE)
    assert "Idempotency-Replayed" not in other.headers


@pytest.mark.parametrize("key", ["", '""', "x" * 256, "a\tb"], ids=["empty", "quoted empty", "long", "tab"])
async def test_a_key_that_cannot_be_kept_is_refused(api, key):
    answer = await double(api, 1, {"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")


async def test_the_openapi_document_names_the_header(api):
    document = (await api.get("/api/v1/openapi.json")).json()
    (header,) = document["paths"][PATH]["post"]["parameters"]
    assert (header["name"], header["in"], header["required"]) == ("Idempotency-Key", "header", False)


async def test_a_caller_may_grant_less_time(api):
    body = {"tool": "slow", "payload": {}, "deadline_s": 0.001}
    answer = await api.post(PATH, body)
    assert (answer.status_code, answer.json()["code"]) == (504, "deadline_exceeded")


async def test_a_key_of_several_calls_holds_for_each_in_its_place(api):
    calls = [
        {"tool": "double", "payload": {"number": 1}, "id": "one"},
        {"tool": "double", "payload": {"number": {"$ref": "one"}}},
        {"tool": "away"},
    ]
    answers = [
        (await api.post(f"{PATH}_parallel", {"calls": calls}, headers=ONCE)).json()["results"] for _ in range(2)
    ]
    assert [[answer.get("result"), answer.get("cached"), answer.get("code")] for answer in answers[1]] == [
        [2, True, None],
        [4, True, None],
        [None, None, "provider_error"],
    ]
    other = await api.post(f"{PATH}_parallel", {"calls": calls[:1]}, headers={"Idempotency-Key": "other"})
    assert not other.json()["results"][0]["cached"]
