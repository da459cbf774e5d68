"""How the tests of the lab speak to it, and read what it streams."""

import json
from contextlib import suppress

import httpx

# To read certificates takes longer than all else of a test.
PLAIN = {"verify": False, "trust_env": False}
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Paris", "Rome"]}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}
TIME = {"type": "object", "properties": {"zone": {"type": "string"}}, "required": ["zone"]}
ASKED = "What is the weather in Rome for 3 days? And then get the time."
CLAUDE_TOOLS = [
    {"name": "get_weather", "description": "The weather of a city", "input_schema": WEATHER},
    {"name": "get_time", "description": "The time of day", "input_schema": TIME},
]
GEMINI_TOOLS = [
    {
        "functionDeclarations": [
            {"name": "get_weather", "description": "The weather of a city", "parameters": WEATHER},
            {"name": "get_time", "description": "The time of day", "parametersJsonSchema": TIME},
        ]
    }
]


def claude(lab, messages=ASKED, *, key="key", headers=(), timeout=5.0, **fields):
    """Ask Claude; a field that is None is left out."""
    said = [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
    body = {"model": "claude-opus-5", "max_tokens": 1000, "messages": said, **fields}
    return httpx.post(
        f"{lab.url('anthropic')}/v1/messages",
        headers={"x-api-key": key, "anthropic-version": "2023-06-01", **dict(headers)},
        json={name: value for name, value in body.items() if value is not None},
        timeout=timeout,
        **PLAIN,
    )


def gemini(
    lab, contents=ASKED, *, model="gemini-3.6-flash", stream=False, key="key", headers=(), timeout=5.0, **fields
):
    """Ask Gemini, as events where it is to stream."""
    said = [{"role": "user", "parts": [{"text": contents}]}] if isinstance(contents, str) else contents
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    return httpx.post(
        f"{lab.url('gemini')}/models/{model}:{method}",
        headers={"x-goog-api-key": key, **dict(headers)},
        json={"contents": said, **fields},
        timeout=timeout,
        **PLAIN,
    )


def is_no_json(text):
    with suppress(ValueError):
        json.loads(text)
        return False
    return True


def events_of(response):
    """The data of each event of a stream."""
    assert response.headers["content-type"] == "text/event-stream"
    return [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: ")]


def assembled(events):
    """The message that the events of Claude add up to; its calls have ``json`` as it came."""
    message = next(event["message"] for event in events if event["type"] == "message_start")
    for event in events:
        match event["type"]:
            case "content_block_start":
                message["content"].append({**event["content_block"], "json": ""})
            case "content_block_delta":
                block = message["content"][event["index"]]
                _, value = event["delta"].pop("type"), next(iter(event["delta"].items()))
                name = "json" if value[0] == "partial_json" else value[0]
                block[name] = block.get(name, "") + value[1]
            case "message_delta":
                message.update(event["delta"])
                message.update({"usage": event["usage"]} if "usage" in event else {})
    return message


def joined(chunks):
    """The parts that the pieces of Gemini add up to, and the reason of the last."""
    parts = [part for chunk in chunks for part in chunk["candidates"][0].get("content", {}).get("parts", ())]
    return parts, chunks[-1]["candidates"][0].get("finishReason")
