"""What tests of vendors that speak as OpenAI does have in common."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import httpx

from salesboost.lab import FAULTS, Lab
from salesboost.lab.faults import COMMON

NOW = 1_796_100_000.0  # 2026-12-01: models that answer then have their last day later
CHAT = "/chat/completions"
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "enum": ["Paris", "Rome"]}, "days": {"type": "integer"}},
            "required": ["city", "days"],
        },
    },
}
QUESTION = [{"role": "user", "content": "What is the weather in Paris for 3 days?"}]
ARGUMENTS = {"city": "Paris", "days": 3}
# One client for all: each would read the certificates anew, which loopback does not need.
CLIENT = httpx.Client(verify=False, timeout=5)
BREAKING = {name for name, fault in COMMON.items() if fault.after is not None}


@contextmanager
def running() -> Iterator[Lab]:
    with Lab(clock=lambda: NOW) as lab:
        yield lab


def ask(lab: Lab, vendor: str, body: Mapping[str, Any], path: str = CHAT, fault: str = "") -> httpx.Response:
    headers = {"Authorization": "Bearer lab"} | ({"X-Lab-Fault": fault} if fault else {})
    return CLIENT.post(lab.url(vendor) + path, json=body, headers=headers)


def events(response: httpx.Response) -> list[tuple[str, Any]]:
    """The events of a stream: their names, and what they hold."""
    assert response.headers["content-type"] == "text/event-stream"
    found = []
    for block in response.text.strip().split("\n\n"):
        name = data = ""
        for line in block.splitlines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            if line.startswith("data: "):
                data = line.removeprefix("data: ")
        if data:
            found.append((name, data if data == "[DONE]" else json.loads(data)))
    return found


def chunks(response: httpx.Response) -> list[Any]:
    return [data for _, data in events(response) if data != "[DONE]"]


def rebuilt(made: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The choice that chunks come to, as a simple client reads them."""
    message: dict[str, Any] = {"content": "", "thought": "", "tool_calls": []}
    calls: dict[int, dict[str, Any]] = {}
    finishes = []
    for chunk in made:
        for choice in chunk["choices"]:
            delta = choice["delta"]
            message["content"] += delta.get("content") or ""
            message["thought"] += delta.get("reasoning") or delta.get("reasoning_content") or ""
            for call in delta.get("tool_calls") or ():
                if call["index"] not in calls:
                    calls[call["index"]] = {"id": call.get("id"), "function": dict(call["function"])}
                else:
                    calls[call["index"]]["function"]["arguments"] += call["function"]["arguments"]
            finishes += [choice["finish_reason"]] if choice["finish_reason"] else []
    message["tool_calls"] = list(calls.values())
    return {"message": message, "finishes": finishes, "finish_reason": finishes[-1] if finishes else None}


def both(lab: Lab, vendor: str, body: Mapping[str, Any], fault: str = "") -> list[dict[str, Any]]:
    """The choice of an answer in one piece, and that of a stream."""
    whole = ask(lab, vendor, body, fault=fault)
    assert whole.status_code == 200, whole.text
    streamed = ask(lab, vendor, {**body, "stream": True}, fault=fault)
    return [whole.json()["choices"][0], rebuilt(chunks(streamed))]


def call_in(choice: Mapping[str, Any], at: int = 0) -> Any:
    return choice["message"]["tool_calls"][at]


def arguments_in(choice: Mapping[str, Any]) -> Any:
    return call_in(choice)["function"]["arguments"]


def broken_json(text: Any) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return True
    return False


def no_call(choice: Mapping[str, Any]) -> str:
    assert not choice["message"].get("tool_calls")
    assert choice["finish_reason"] == "stop"
    return str(choice["message"]["content"])


# What the faults that all of these vendors have do to a choice, whole or streamed.
CHOICES: dict[str, Callable[[dict[str, Any]], object]] = {
    "json_in_content": lambda c: json.loads(no_call(c)) == {"name": "get_weather", "parameters": ARGUMENTS},
    "python_tag": lambda c: json.loads(no_call(c).removeprefix("<|python_tag|>"))["name"] == "get_weather",
    "pythonic": lambda c: no_call(c) == "[get_weather(city='Paris', days=3)]",
    "text_before_call": lambda c: no_call(c).endswith("\n[get_weather(city='Paris', days=3)]"),
    "qwen_xml": lambda c: "<function=get_weather>\n<parameter=city>\nParis\n" in no_call(c),
    "hermes_tag": lambda c: no_call(c).startswith('<tool_call>\n{"name": "get_weather", "arguments"'),
    "single_quotes": lambda c: arguments_in(c) == "{'city': 'Paris', 'days': 3}",
    "unquoted_keys": lambda c: arguments_in(c) == "{city: 'Paris', days: 3}",
    "trailing_comma": lambda c: arguments_in(c).endswith(",}"),
    "python_literals": lambda c: arguments_in(c).endswith('"is_new": True, "note": None}'),
    "encoded_values": lambda c: json.loads(arguments_in(c)) == {"city": "Paris", "days": "3"},
    "encoded_twice": lambda c: json.loads(json.loads(arguments_in(c))) == ARGUMENTS,
    "doubled_arguments": lambda c: arguments_in(c) == json.dumps(ARGUMENTS) * 2,
    "empty_arguments": lambda c: arguments_in(c) == "",
    "nested_arguments": lambda c: json.loads(arguments_in(c)) == {"_": ARGUMENTS},
    "cut_arguments": lambda c: broken_json(arguments_in(c)) and c["finish_reason"] == "length",
    "cut_arguments_silently": lambda c: broken_json(arguments_in(c)) and c["finish_reason"] == "tool_calls",
    "duplicate_ids": lambda c: call_in(c)["id"] == call_in(c, 1)["id"] == "call_1",
    "reused_id": lambda c: call_in(c)["id"] == "get_weather:1",
    "long_id": lambda c: len(call_in(c)["id"]) == 1_000,
    "parallel_wrapper": lambda c: (
        call_in(c)["function"]["name"] == "multi_tool_use.parallel"
        and json.loads(arguments_in(c))["tool_uses"][0]["recipient_name"] == "functions.get_weather"
    ),
    "invented_tool": lambda c: call_in(c)["function"]["name"] == "toolbox.web.answer",
    "thought_only": lambda c: not c["message"]["content"] and not c["message"].get("tool_calls"),
    "nothing_said": lambda c: not c["message"]["content"] and not c["message"].get("tool_calls"),
    "empty_id": lambda c: call_in(c)["id"] == "",
    "missing_id": lambda c: call_in(c).get("id") is None,
    "arguments_object": lambda c: arguments_in(c) == ARGUMENTS,
    "finish_stop_with_calls": lambda c: call_in(c) and c["finish_reason"] == "stop",
    "finish_null": lambda c: c["finish_reason"] is None and not c["message"].get("tool_calls"),
}
STREAMS: dict[str, Callable[[httpx.Response], object]] = {
    "same_index": lambda r: not rebuilt(chunks(r))["message"]["tool_calls"][1:],
    "two_finishes": lambda r: rebuilt(chunks(r))["finishes"] == ["tool_calls", "tool_calls"],
    "no_finish": lambda r: rebuilt(chunks(r))["finishes"] == [],
    "no_choices": lambda r: chunks(r) == [],
    "no_usage": lambda r: not any("usage" in chunk or "x_groq_usage" in chunk for chunk in chunks(r)),
    "no_done": lambda r: "[DONE]" not in r.text,
}
WHOLES: dict[str, Callable[[dict[str, Any]], object]] = {
    "wrong_model": lambda made: made["model"] == "lab-other-model",
    "no_choices": lambda made: made["choices"] == [],
    "no_usage": lambda made: "usage" not in made,
}
STATUSES = {
    "rate_limited": 429,
    "rate_limited_silently": 429,
    "overloaded": 503,
    "server_error": 500,
    "bad_gateway": 502,
    "wrong_key": 401,
    "forbidden": 403,
    "no_credit": 402,
    "unknown_model": 404,
    "context_too_long": 400,
    "content_filter": 400,
    "invalid_request": 400,
}
COVERED = {*CHOICES, *STREAMS, *WHOLES, *STATUSES, *BREAKING, "html", "cut_json"}


def own(vendor: str) -> set[str]:
    """The faults that only *vendor*'s tests look at."""
    return set(FAULTS[vendor]) - COVERED


def check_shared(lab: Lab, vendor: str, body: Mapping[str, Any]) -> None:
    """Look at all faults that these vendors share."""
    asked = {**body, "stream_options": {"include_usage": True}, "stream": True}
    for name, holds in CHOICES.items():
        for choice in both(lab, vendor, body, name):
            assert holds(choice), (name, choice)
    for name, holds_stream in STREAMS.items():
        assert holds_stream(ask(lab, vendor, asked, fault=name)), name
    for name, holds_whole in WHOLES.items():
        assert holds_whole(ask(lab, vendor, body, fault=name).json()), name


def check_broken(lab: Lab, vendor: str, body: Mapping[str, Any]) -> None:
    """Look at the faults that break a connection off, or hold it."""
    for name in BREAKING & {one for one in FAULTS[vendor] if FAULTS[vendor][one].after is not None}:
        fault = FAULTS[vendor][name]
        headers = {"Authorization": "Bearer lab", "X-Lab-Fault": name}
        got: list[bytes] = []
        try:
            with CLIENT.stream(
                "POST", lab.url(vendor) + CHAT, json={**body, "stream": True}, headers=headers, timeout=0.2
            ) as response:
                got.extend(response.iter_raw())
            ended = "well"
        except httpx.TimeoutException:
            ended = "silent"
        except httpx.TransportError:
            ended = "cut"
        assert ended == ("silent" if fault.waits else "well" if fault.kind else "cut"), name
        after = fault.after or 0
        assert b"".join(got).count(b"\n\n") == max(0, after) + bool(fault.kind), (name, got)
