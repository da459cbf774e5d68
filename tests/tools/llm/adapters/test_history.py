"""How a conversation goes back to a model: its names, its calls where it takes none, its thoughts."""

import json

import pytest

from tests.tools.llm.models import asked, weather
from tools import tool_from_schema
from tools.llm.adapters import ADAPTERS
from tools.llm.adapters.base import Ask
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.transcript import Call, Opaque, Origin, Result, Text

EVERY = list(ADAPTERS)
ORIGINS = {(provider, api): Origin(provider, "model-1", "here") for provider, api in EVERY}
ROUND = (
    asked()
    .answer([Text("I look. "), Call("weather", {"city": "Rome"}, "call_1")])
    .tell([Result("call_1", '{"degrees": 21}')])
)


def request(provider, api, transcript, tools=(weather,), *, can_call=True, **can):
    ask = Ask(
        origin=ORIGINS[provider, api],
        transcript=transcript,
        can=Capabilities(api=api, tools=can_call, **can),
        tools=tools,
    )
    return ADAPTERS[provider, api].request(ask)


@pytest.mark.parametrize(("provider", "api"), [("anthropic", "messages"), ("gemini", "generate")])
def test_arguments_go_back_under_the_names_that_were_exported(provider, api):
    within = {"type": "object", "properties": {"in °C": {"type": "integer"}}, "additionalProperties": False}
    properties = {"the city": {"type": "string"}, "unit": within}
    parameters = {"type": "object", "properties": properties, "additionalProperties": False}
    tool = tool_from_schema(
        name="look", description="Looks.", parameters=parameters, function=lambda **given: given
    )
    arguments = {"the city": "Rome", "unit": {"in °C": 1}}
    transcript = asked().answer([Call("look", arguments, "call_1")]).tell([Result("call_1", "1")])
    wire = request(provider, api, transcript, [tool])
    sent = json.dumps(wire.body["messages" if provider == "anthropic" else "contents"])
    (known,) = [name for name in properties_of(wire.export.tools[0]) if name.startswith("the_city")]
    assert f'"{known}": "Rome"' in sent and "the city" not in sent
    assert wire.export.read(*wire.export.written("look", arguments)) == ("look", arguments)


def properties_of(tool):
    return (tool.get("input_schema") or tool["parameters"])["properties"]


@pytest.mark.parametrize(("provider", "api"), EVERY)
def test_a_model_that_calls_no_tools_is_told_of_earlier_calls_in_words(provider, api):
    wire = request(provider, api, ROUND.answer([Text("21.")]).ask("And tomorrow?"), (), can_call=False)
    sent = json.dumps(wire.body)
    for word in ("tool_calls", "tool_use", "tool_result", "functionCall", "function_call", "call_1"):
        assert word not in sent
    for text in ("I called weather with", "weather answered:", "And tomorrow?"):
        assert text in sent
    assert wire.changes == ["Earlier calls went as text: the model calls no tools."]


def test_words_of_a_user_behind_results_are_said_with_them():
    wire = request("openai_compatible", "chat", ROUND.ask("And tomorrow?"), (), can_call=False)
    assert [message["role"] for message in wire.body["messages"]] == ["user", "assistant", "user"]


def test_own_thoughts_of_earlier_turns_that_stay_behind_are_counted():
    origin = ORIGINS["anthropic", "messages"]
    own = Opaque(origin, "thinking", {"type": "thinking", "thinking": "", "signature": "s"})
    other = Opaque(Origin("gemini", "g"), "thoughtSignature", "s")
    transcript = asked().answer([own, other, Text("21.")], origin).ask("And?")
    assert request("anthropic", "messages", transcript, signed_calls=True).stripped == 2
    assert request("anthropic", "messages", transcript).stripped == 1
