"""What is common to all vendors: the script, the addresses that control it, the planner."""

import json
from random import Random

import httpx
import pytest

from salesboost.lab import FAULTS, Asked, Lab, Reply, Tool, ToolOutput, ToolUse, Turn, UnknownFault
from salesboost.lab.planner import Planner
from salesboost.lab.vendors.altering import with_call
from salesboost.lab.vendors.signing import opened, signed
from tests.salesboost.lab.talking import ASKED, CLAUDE_TOOLS, TIME, WEATHER, claude, gemini

TOOLS = [Tool("get_weather", "The weather of a city", WEATHER), Tool("get_time", "The time of day", TIME)]


def asked(text=ASKED, **fields):
    return Asked(**{"vendor": "anthropic", "model": "m", "turns": [Turn("user", text)], "tools": TOOLS, **fields})


def text_of(answer):
    return next(block["text"] for block in answer.json()["content"] if block["type"] == "text")


def test_replies_are_said_in_their_order_to_whoever_asks(provider_lab):
    provider_lab.say(Reply(text="One"), Reply(text="Two"))
    assert text_of(claude(provider_lab)) == "One"
    assert gemini(provider_lab).json()["candidates"][0]["content"]["parts"][0]["text"] == "Two"
    assert text_of(claude(provider_lab, "Hi")) == "You said: Hi"


def test_a_fault_happens_as_often_as_it_is_told_and_to_whom(provider_lab):
    provider_lab.fail("server_error", vendor="anthropic", model="claude-opus-5", times=2)
    assert claude(provider_lab, model="claude-haiku-4-5").status_code == 200
    assert gemini(provider_lab).status_code == 200
    assert [claude(provider_lab).status_code for _ in range(3)] == [500, 500, 200]


def test_a_fault_that_is_an_answer_of_its_own_takes_no_reply(provider_lab):
    provider_lab.say(Reply(text="One"))
    provider_lab.fail("rate_limited")
    assert claude(provider_lab).status_code == 429
    assert text_of(claude(provider_lab)) == "One"


def test_a_share_of_faults_is_the_same_for_the_same_seed():
    def statuses(seed):
        with Lab(seed=seed) as lab:
            lab.fail("server_error", times=None, share=0.5)
            return [claude(lab).status_code for _ in range(12)]

    assert statuses(3) == statuses(3)
    assert set(statuses(3)) == {200, 500}


def test_the_same_seed_makes_the_same_answer():
    def answer(seed):
        with Lab(seed=seed) as lab:
            return claude(lab, "What is the weather?", tools=CLAUDE_TOOLS).json()

    assert answer(1) == answer(1)
    assert answer(1)["id"] != answer(2)["id"]


def test_forget_takes_back_what_is_still_to_come(provider_lab):
    provider_lab.say(Reply(text="One"))
    provider_lab.fail("server_error", times=None)
    provider_lab.latency_ms = 60_000.0
    provider_lab.forget()
    assert provider_lab.latency_ms == 0.0
    assert text_of(claude(provider_lab, "Hi")) == "You said: Hi"
    assert len(provider_lab.requests) == 1


def test_an_unknown_fault_is_refused_with_those_there_are(provider_lab):
    with pytest.raises(UnknownFault, match=r"no fault 'rate_limit': use one of .*rate_limited"):
        provider_lab.fail("rate_limit")
    with pytest.raises(UnknownFault, match=r"no vendor 'claude': use one of .*anthropic"):
        provider_lab.fail("rate_limited", vendor="claude")
    with pytest.raises(UnknownFault, match="no fault 'pause_turn'"):
        provider_lab.fail("pause_turn", vendor="gemini")


def test_it_is_told_by_addresses_too(provider_lab):
    url = provider_lab.server.url
    faults = httpx.get(f"{url}/lab/faults").json()
    assert faults["anthropic"]["pause_turn"] == FAULTS["anthropic"]["pause_turn"].says
    told = {"vendor": "anthropic", "fault": "overloaded", "times": 1}
    assert httpx.post(f"{url}/lab/faults", json=told).status_code == 200
    assert claude(provider_lab).status_code == 529
    reply = {"text": "Look", "calls": [{"name": "get_time", "arguments": {"zone": "CET"}}]}
    assert httpx.post(f"{url}/lab/replies", json=reply).status_code == 200
    assert claude(provider_lab).json()["stop_reason"] == "tool_use"
    shown = httpx.get(f"{url}/lab/requests").json()["requests"]
    assert [one["model"] for one in shown] == ["claude-opus-5"] * 2
    assert "key" not in json.dumps(shown[0].get("headers", ""))
    assert httpx.delete(f"{url}/lab/script").status_code == 200
    assert httpx.get(f"{url}/lab/requests").json() == {"requests": []}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/lab/faults", {"fault": "none_such"}),
        ("/lab/faults", {"falt": "overloaded"}),
        ("/lab/replies", {"txt": "Hi"}),
        ("/lab/replies", []),
    ],
)
def test_what_the_addresses_do_not_understand_is_refused(provider_lab, path, said):
    answer = httpx.post(provider_lab.server.url + path, json=said)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_an_address_that_is_not_there_names_those_that_are(provider_lab):
    url = provider_lab.server.url
    assert "POST /lab/faults" in httpx.get(f"{url}/lab/nothing").text
    answer = httpx.post(f"{url}/v1/messages", json={})
    assert (answer.status_code, "/anthropic" in answer.text) == (404, True)


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"model": "claude-opus-5", "messages": {"a": 1}}'])
@pytest.mark.parametrize("vendor", ["anthropic", "gemini"])
def test_a_body_of_any_kind_is_answered(provider_lab, vendor, body):
    paths = {"anthropic": "/v1/messages", "gemini": "/models/gemini-3.6-flash:generateContent"}
    headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
    answer = httpx.post(provider_lab.url(vendor) + paths[vendor], content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("value", [3, "x", None, [3], [[]], [{}], {"a": 3}, True])
@pytest.mark.parametrize(
    "name", ["messages", "contents", "tools", "system", "thinking", "tool_choice", "toolConfig"]
)
def test_a_field_of_another_kind_is_answered(provider_lab, name, value):
    for answer in (claude(provider_lab, **{name: value}), gemini(provider_lab, **{name: value})):
        assert answer.status_code in (200, 400)


def test_the_planner_calls_what_is_spoken_of_with_what_is_said():
    reply = Planner()(asked())
    assert [call.name for call in reply.calls] == ["get_weather", "get_time"]
    assert reply.calls[0].arguments == {"city": "Rome", "days": 3}
    assert not Planner()(asked("Good morning")).calls


def test_the_planner_calls_what_it_has_to():
    assert [call.name for call in Planner()(asked("Hello", forced="get_time")).calls] == ["get_time"]
    assert [call.name for call in Planner()(asked("Hello", forced="")).calls] == ["get_weather"]


def test_the_planner_tells_what_a_call_came_to():
    turns = [Turn("user", ASKED), Turn("tool", outputs=[ToolOutput("1", "sunny"), ToolOutput("2", "noon")])]
    assert Planner()(asked(turns=turns)).text == "Here is what I found: sunny; noon"


def test_the_planner_obeys_its_instructions_to_the_letter():
    system = "Be brief. Always pass city as the customer's town.\nPass the zone as UTC."
    calls = {call.name: call.arguments for call in Planner()(asked(system=system)).calls}
    assert calls == {
        "get_weather": {"city": "the customer's town", "days": 3},
        "get_time": {"zone": "UTC"},
    }


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": "a"}, "a"),
        ({"default": 7}, 7),
        ({"enum": ["low", "high"]}, "high"),
        ({"type": "integer", "minimum": 10, "maximum": 50}, 42),
        ({"type": "array", "items": {"enum": ["high"]}, "minItems": 2}, ["high", "high"]),
        ({"type": "string", "pattern": "^C-[0-9]+$"}, "C-17"),
        ({"type": ["string", "null"], "pattern": "^C-[0-9]+$"}, None),
        ({"$ref": "#/$defs/Level"}, "high"),
        ({"anyOf": [{"type": "integer", "minimum": 40}, {"type": "string"}]}, 42),
        ({"anyOf": [{"type": "integer", "minimum": 40}, {"type": "null"}]}, None),
        (
            {"type": "object", "properties": {"level": {"enum": ["high"]}}, "required": ["level"]},
            {"level": "high"},
        ),
        ({"type": "null"}, None),
    ],
)
def test_arguments_are_made_by_their_schema(schema, value):
    parameters = {
        "type": "object",
        "properties": {"value": schema},
        "required": ["value"],
        "$defs": {"Level": {"enum": ["high"]}},
    }
    said = asked(
        "Set it to 42 for C-17, as high as can be", tools=[Tool("set_it", "", parameters)], forced="set_it"
    )
    assert Planner()(said).calls[0].arguments == {"value": value}


ORDER = Tool(
    "place_order",
    "Place an order",
    {
        "type": "object",
        "properties": {
            "sku": {"type": "string"},
            "quantity": {"type": ["integer", "null"], "default": 1},
            "due_date": {"type": ["string", "null"], "format": "date"},
            "note": {"type": ["string", "null"]},
        },
        "required": ["sku", "quantity", "due_date", "note"],
    },
)
ORDERED = 'Place an order, sku PRO, quantity 12, due date 2026-12-15, note "As agreed. Place it today."'


def placed(text=ORDERED, system=""):
    (call,) = Planner()(asked(text, system=system, tools=[ORDER])).calls
    return dict(call.arguments)


def test_what_is_said_behind_a_fields_name_is_its_value():
    agreed = {"sku": "PRO", "quantity": 12, "due_date": "2026-12-15", "note": "As agreed. Place it today."}
    assert placed() == agreed


def test_what_nobody_speaks_of_is_null_where_it_may_be():
    assert placed("Place an order with sku PRO.") == {
        "sku": "PRO",
        "quantity": None,
        "due_date": None,
        "note": None,
    }


def test_a_prompt_that_wants_dates_in_words_gets_them():
    assert (
        placed(system="Be kind.\nCustomers read it: write all dates in words.")["due_date"] == "15 December 2026"
    )


def test_a_call_is_made_where_a_fault_needs_one():
    assert with_call(asked("Hi", tools=()), Reply()).calls[0].name == "lookup"
    assert with_call(asked("Rome"), Reply()).calls[0].name == "get_weather"
    said = Reply(calls=[ToolUse("get_time")])
    assert with_call(asked(), said) is said


def test_a_signature_shows_every_changed_byte():
    made = signed({"model": "m", "prefix": "p"})
    assert opened(made) == {"model": "m", "prefix": "p"}
    place = Random(0).randrange(len(made) - 4)
    other = "A" if made[place] != "A" else "B"
    assert opened(made[:place] + other + made[place + 1 :]) is None
    assert [opened(value) for value in ("", "bm8=", "ä", None, 3)] == [None] * 5


def test_a_model_with_more_than_one_try_makes_a_call_again_that_failed():
    failed = Turn("tool", outputs=[ToolOutput("c1", '{"error": "There is no such city."}')])
    called = Turn("assistant", calls=[ToolUse("get_weather", {"city": "Rom"}, id="c1")])
    once = [*asked().turns, called, failed]
    assert "There is no such city." in Planner()(asked(turns=once)).text
    assert [call.name for call in Planner(tries=2)(asked(turns=once)).calls] == ["get_weather", "get_time"]
    twice = [*once, called, failed]
    assert not Planner(tries=2)(asked(turns=twice)).calls
    again = [
        *twice,
        Turn("assistant", text="It failed."),
        Turn("user", text="What is the weather in Rome?"),
        *once[1:],
    ]
    assert Planner(tries=2)(asked(turns=again)).calls  # each question has its own tries
    worked = [*asked().turns, called, Turn("tool", outputs=[ToolOutput("c1", "sunny")])]
    assert Planner(tries=2)(asked(turns=worked)).text == "Here is what I found: sunny"
