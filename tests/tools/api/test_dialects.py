"""Definitions in a provider's dialect over REST, and calls in its words."""

import os

import pytest

from tools import tool_from_schema
from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import Snapshot
from tools.running import runtime

SCORE = {
    "type": "object",
    "properties": {
        "card-number": {"type": "integer"},
        "note": {"type": "string"},
        "tags": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
    "required": ["card-number"],
    "additionalProperties": False,
}


def make(name):
    return tool_from_schema(name=name, description="Score.", parameters=SCORE, function=lambda **given: given)


@pytest.fixture
def scores(make_executor, monkeypatch):
    """The process's executor, over two tools whose names and properties providers refuse."""
    executor = make_executor(make("cards.score"), make("cards/score"))
    monkeypatch.setitem(runtime._executors, os.getpid(), executor)
    return executor


async def test_definitions_come_in_a_dialect_with_warnings_and_names(api):
    answer = (await api.get("/api/v1/tools?dialect=openai")).json()
    assert answer["dialect"] == "openai"
    assert answer["names"]["double"] == "double"
    [double] = [one for one in answer["tools"] if one["function"]["name"] == "double"]
    assert double["function"]["parameters"]["required"] == ["number"]
    assert answer["warnings"] == []


async def test_one_definition_comes_in_a_dialect(api):
    answer = (await api.get("/api/v1/tools/double?dialect=gemini")).json()
    assert [one["parameters"]["properties"] for one in answer["tools"]] == [{"number": {"type": "INTEGER"}}]


async def test_without_a_dialect_a_definition_says_its_result_too(api):
    assert (await api.get("/api/v1/tools/double")).json()["output"] == {"type": "integer"}


@pytest.mark.parametrize("path", ["/api/v1/tools?dialect=opnai", "/api/v1/tools/double?dialect=opnai"])
async def test_an_unknown_dialect_is_told_the_known_ones(api, path):
    response = await api.get(path)
    problem = response.json()
    assert response.status_code == 400
    assert problem["detail"] == "There is no dialect 'opnai': use one of 'openai', 'anthropic', 'gemini', 'mcp'."
    assert problem["hint"] == "did you mean 'openai'?"


async def test_a_call_in_an_unknown_dialect_is_refused(api):
    response = await api.execute("double", {"number": 1}, dialect="latin")
    assert response.status_code == 400 and "no dialect 'latin'" in response.json()["detail"]


async def test_an_admins_words_stand_in_the_export_and_a_tool_switched_off_does_not(api, known_keys):
    edits = {"double": {"description": "Edited."}, "slow": {"enabled": False}}
    with live.pinned(Snapshot(edits=edits, keys={digest(plain): key for plain, key in known_keys.items()})):
        tools = (await api.get("/api/v1/tools?dialect=anthropic")).json()["tools"]
    assert {one["name"]: one["description"] for one in tools}["double"] == "Edited."
    assert "slow" not in [one["name"] for one in tools]


@pytest.mark.parametrize("ours", ["cards.score", "cards/score"])
async def test_a_call_in_geminis_words_is_made_in_ours(api, scores, ours):
    exported = (await api.get(f"/api/v1/tools/{ours}?dialect=gemini")).json()
    [definition] = exported["tools"]
    [number] = definition["parameters"]["required"]
    payload = {number: 7, "tags": '{"a": 1}'}
    answer = (await api.execute(definition["name"], payload, dialect="gemini")).json()
    assert (answer["tool"], answer["result"]) == (ours, {"card-number": 7, "tags": {"a": 1}})


async def test_a_tool_whose_name_has_a_slash_has_addresses(api, scores):
    assert (await api.get("/api/v1/tools/cards/score")).json()["name"] == "cards/score"
    assert (await api.get("/health/tools/cards/score")).status_code == 200


def in_gemini(number, card):
    """A call of tool *number* of two, in the words that Gemini was given."""
    return {"tool": card["name"], "payload": {card["parameters"]["required"][0]: number, "tags": '{"a": 1}'}}


@pytest.fixture
async def cards(api, scores):
    """Both tools as Gemini was given them."""
    return (await api.get("/api/v1/tools?dialect=gemini")).json()["tools"]


async def test_calls_side_by_side_in_geminis_words_are_made_in_ours(api, cards):
    calls = [in_gemini(number, card) for number, card in enumerate(cards)]
    answer = await api.post("/api/v1/tools/execute_parallel", {"dialect": "gemini", "calls": calls})
    results = answer.json()["results"]
    assert [one["tool"] for one in results] == ["cards.score", "cards/score"]
    assert [one["result"] for one in results] == [{"card-number": number, "tags": {"a": 1}} for number in (0, 1)]


async def test_a_reference_is_filled_in_in_another_dialect_too(api, cards):
    first, second = in_gemini(7, cards[0]), in_gemini(0, cards[1])
    [number] = cards[1]["parameters"]["required"]
    second["payload"][number] = {"$ref": "first.card-number"}
    calls = [{"id": "first", **first}, second]
    answer = await api.post("/api/v1/tools/execute_parallel", {"dialect": "gemini", "calls": calls})
    assert answer.json()["results"][1]["result"]["card-number"] == 7


async def test_a_text_in_geminis_words_is_run_in_ours(api, cards):
    calls = [in_gemini(number, card) for number, card in enumerate(cards)]
    parts = [{"functionCall": {"name": call["tool"], "args": call["payload"]}} for call in calls]
    text = {"candidates": [{"content": {"role": "model", "parts": parts}}]}
    answer = (await api.post("/api/v1/tools/execute_text", {"dialect": "gemini", "text": text})).json()
    assert [one["result"]["card-number"] for one in answer["results"]] == [0, 1]
    assert [one["tool"] for one in answer["results"]] == ["cards.score", "cards/score"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("execute_parallel", {"calls": [{"tool": "double", "payload": {"number": 1}}]}),
        ("execute_text", {"text": "x"}),
    ],
)
async def test_an_unknown_dialect_is_refused_wherever_one_is_taken(api, path, body):
    response = await api.post(f"/api/v1/tools/{path}", {"dialect": "latin", **body})
    assert response.status_code == 400 and "no dialect 'latin'" in response.json()["detail"]


async def test_without_a_dialect_calls_are_in_our_words(api):
    calls = [{"tool": "double", "payload": {"number": 3}}]
    assert (await api.post("/api/v1/tools/execute_parallel", {"calls": calls})).json()["results"][0]["result"] == 6
    text = '<tool_call>{"name": "double", "arguments": {"number": 4}}</tool_call>'
    assert (await api.post("/api/v1/tools/execute_text", {"text": text})).json()["results"][0]["result"] == 8
