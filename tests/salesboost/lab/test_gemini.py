"""Gemini as the lab plays it: what it answers, and which model does."""

import httpx
import pytest

from salesboost.lab import Lab, Reply, ToolUse
from salesboost.lab.vendors.gemini_models import ROUTED
from tests.salesboost.lab.gemini_said import calls, loop, model, parts_of, results, user
from tests.salesboost.lab.talking import GEMINI_TOOLS, events_of, gemini, joined


def test_a_plain_answer_has_what_clients_read(provider_lab):
    provider_lab.say(Reply(text="Hello.", input_tokens=100, cached_tokens=40, output_tokens=7))
    answer = gemini(provider_lab, "Hi", system_instruction={"parts": [{"text": "Be brief."}]}).json()
    candidate = answer["candidates"][0]
    assert (candidate["finishReason"], candidate["index"], candidate["content"]["role"]) == ("STOP", 0, "model")
    assert candidate["content"]["parts"][0]["text"] == "Hello."
    usage = answer["usageMetadata"]
    assert (usage["promptTokenCount"], usage["candidatesTokenCount"]) == (100, 7)
    assert usage["totalTokenCount"] == 107 + usage["thoughtsTokenCount"]
    assert usage["cachedContentTokenCount"] == 40
    assert (answer["modelVersion"], bool(answer["responseId"])) == ("gemini-3.6-flash", True)
    assert provider_lab.requests[-1].system == "Be brief."


@pytest.mark.parametrize("name", ["gemini-2.5-flash-lite", "gemini-3-pro", "gemini-3.8-flash", "gemini-4-argon"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_whole_loop(provider_lab, name, stream):
    fields = {"model": name, "tools": GEMINI_TOOLS}
    answer = gemini(provider_lab, stream=stream, **fields)
    parts, ended = joined(events_of(answer) if stream else [answer.json()])
    parts = [part for part in parts if "functionCall" in part]
    assert ended == "STOP"
    assert [call["name"] for call in calls(parts)] == ["get_weather", "get_time"]
    assert calls(parts)[0]["args"] == {"city": "Rome", "days": 3}
    signs = not name.startswith("gemini-2.5")
    # Of calls side by side the first alone is signed.
    assert ["thoughtSignature" in part for part in parts] == [signs, False]
    assert all(bool(call.get("id")) == signs for call in calls(parts))
    last = gemini(provider_lab, loop(parts), **fields)
    assert last.status_code == 200, last.text
    assert "sunny" in parts_of(last)[0]["text"]


def test_each_step_and_each_text_is_signed(provider_lab):
    provider_lab.say(
        Reply(calls=[ToolUse("get_time", {"zone": "CET"})]), Reply(calls=[ToolUse("get_time", {"zone": "UTC"})])
    )
    first = parts_of(gemini(provider_lab, tools=GEMINI_TOOLS))
    second = parts_of(gemini(provider_lab, loop(first), tools=GEMINI_TOOLS))
    assert first[0]["thoughtSignature"]
    assert second[0]["thoughtSignature"]
    whole = [*loop(first), model(*second), results(second)]
    assert parts_of(gemini(provider_lab, whole, tools=GEMINI_TOOLS))[0]["thoughtSignature"]
    lost = [*loop(first), model({"functionCall": second[0]["functionCall"]}), results(second)]
    assert "position 4" in gemini(provider_lab, lost, tools=GEMINI_TOOLS).json()["error"]["message"]


def test_a_streamed_text_is_signed_behind_its_end(provider_lab):
    provider_lab.say(Reply(text="A text that is longer than one piece of a stream."))
    chunks = events_of(gemini(provider_lab, stream=True))
    parts, ended = joined(chunks)
    assert "".join(part["text"] for part in parts) == "A text that is longer than one piece of a stream."
    assert next(part for part in parts if "thoughtSignature" in part)["text"] == ""
    assert ended == "STOP"
    assert [chunk["candidates"][0].get("finishReason") for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert len({chunk["responseId"] for chunk in chunks}) == 1


def test_a_stream_that_is_not_asked_for_as_events_is_a_list(provider_lab):
    url = f"{provider_lab.url('gemini')}/models/gemini-3.6-flash:streamGenerateContent?key=k"
    answer = httpx.post(url, json={"contents": [{"parts": [{"text": "Hi"}]}]})
    assert answer.headers["content-type"] == "application/json"
    assert joined(answer.json())[1] == "STOP"


def test_thoughts_are_shown_where_they_are_asked_for(provider_lab):
    config = {"thinkingConfig": {"includeThoughts": True, "thinkingLevel": "low"}}
    thought, text = parts_of(gemini(provider_lab, "Hi", generationConfig=config))
    assert thought["thought"] is True
    assert "thought" not in text


def test_a_text_ends_at_the_most_tokens(provider_lab):
    provider_lab.say(Reply(text="A long answer. " * 20))
    answer = gemini(provider_lab, "Hi", generation_config={"max_output_tokens": 5})
    assert answer.json()["candidates"][0]["finishReason"] == "MAX_TOKENS"
    assert parts_of(answer)[0]["text"] == "A long answer. A lon"


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({"mode": "ANY", "allowedFunctionNames": ["get_time"]}, ["get_time"]),
        ({"mode": "ANY"}, ["get_weather"]),
        ({"mode": "AUTO"}, []),
        ({"mode": "NONE"}, []),
    ],
)
def test_how_calls_are_chosen(provider_lab, config, names):
    answer = gemini(provider_lab, "Hi", tools=GEMINI_TOOLS, toolConfig={"functionCallingConfig": config})
    assert [call["name"] for call in calls(parts_of(answer))] == names


def test_none_forbids_a_call_that_was_meant(provider_lab):
    config = {"function_calling_config": {"mode": "NONE"}}
    assert not calls(parts_of(gemini(provider_lab, tools=GEMINI_TOOLS, tool_config=config)))


def test_names_may_be_written_with_underscores(provider_lab):
    tools = [{"function_declarations": [{"name": "get_time", "parameters": {"type": "OBJECT"}}]}]
    first = parts_of(gemini(provider_lab, "Get the time", tools=tools))
    snake = {"function_call": first[0]["functionCall"], "thought_signature": first[0]["thoughtSignature"]}
    back = {"function_response": {"name": "get_time", "response": {"result": "noon"}}}
    answer = gemini(provider_lab, [user({"text": "Get the time"}), model(snake), user(back)], tools=tools)
    assert "noon" in parts_of(answer)[0]["text"]


def test_sampling_is_taken_and_does_nothing(provider_lab):
    assert gemini(provider_lab, "Hi", generationConfig={"temperature": 0, "topK": 1}).status_code == 200


@pytest.mark.parametrize("name", ROUTED)
def test_a_model_that_ended_is_answered_by_another(provider_lab, name):
    day, successor = ROUTED[name]
    before = gemini(provider_lab, "Hi", model=name, headers={"x-lab-day": "2026-09-01"}).json()
    after = gemini(provider_lab, "Hi", model=name, headers={"x-lab-day": day}).json()
    assert (before["modelVersion"], after["modelVersion"]) == (name, successor)


def test_the_model_that_answers_has_the_rules():
    with Lab(clock=lambda: 1_796_083_200.0) as lab:  # 2026-12-01
        answer = gemini(lab, model="gemini-2.5-flash", tools=GEMINI_TOOLS)
        assert answer.json()["modelVersion"] == "gemini-3.5-flash-lite"
        assert parts_of(answer)[0]["thoughtSignature"]
        assert gemini(lab, model="gemini-1.5-pro").status_code == 404
