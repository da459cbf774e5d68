"""From a request to Gemini to what it asks for. Names may be written as fooBar or as foo_bar."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from salesboost.lab.asked import Asked, Tool, ToolOutput, ToolUse, Turn
from salesboost.lab.vendors.base import Refused

Body = Mapping[str, Any]


def camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


def renamed(value: Any) -> Any:
    """*value* with the names of its own fields as fooBar."""
    return {camel(name): each for name, each in value.items()} if isinstance(value, Mapping) else value


def listed(value: Any, place: str) -> Sequence[Any]:
    """*value* as a list; one thing alone is taken as a list of it."""
    if value is None:
        return ()
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(each, Mapping) for each in found):
        raise Refused(f"Invalid value at '{place}' (oneof), {json.dumps(value)[:80]}")
    return found


def normal(body: Body) -> dict[str, Any]:
    """*body* with all of its own names as fooBar; arguments, results and schemas are left as they are."""
    made: dict[str, Any] = renamed(body)
    made["contents"] = [content(each) for each in listed(made.get("contents"), "contents")]
    if "systemInstruction" in made:
        system = made["systemInstruction"]
        made["systemInstruction"] = content({"parts": [{"text": system}]} if isinstance(system, str) else system)
    made["tools"] = [tool(each) for each in listed(made.get("tools"), "tools")]
    for name in ("generationConfig", "toolConfig"):
        made[name] = {key: renamed(value) for key, value in (renamed(made.get(name)) or {}).items()}
    return made


def content(value: Any) -> dict[str, Any]:
    made: dict[str, Any] = renamed(value)
    parts = [renamed(each) for each in listed(made.get("parts"), "contents.parts")]
    made["parts"] = [
        {
            name: renamed(each) if name in ("functionCall", "functionResponse") else each
            for name, each in part.items()
        }
        for part in parts
    ]
    return made


def tool(value: Any) -> dict[str, Any]:
    made: dict[str, Any] = renamed(value)
    if "functionDeclarations" in made:
        made["functionDeclarations"] = [
            renamed(each) for each in listed(made["functionDeclarations"], "tools.function_declarations")
        ]
    return made


def declarations(body: Body) -> list[Body]:
    return [each for one in body["tools"] for each in one.get("functionDeclarations") or ()]


def calling(body: Body) -> Body:
    found = body["toolConfig"].get("functionCallingConfig")
    return found if isinstance(found, Mapping) else {}


def read(model: str, body: Body, headers: Mapping[str, str], *, stream: bool) -> Asked:
    """What *body*, which is ``normal`` and of which nothing was refused, asks *model* for."""
    config = calling(body)
    mode = str(config.get("mode", "AUTO")).upper()
    allowed: Sequence[str] = config.get("allowedFunctionNames") or ()
    offered = [
        Tool(
            each["name"],
            each.get("description") or "",
            each.get("parametersJsonSchema") or each.get("parameters") or {},
        )
        for each in (declarations(body) if mode != "NONE" else ())
        if not allowed or each["name"] in allowed
    ]
    return Asked(
        vendor="gemini",
        model=model,
        api="generateContent",
        system="\n".join(each.get("text", "") for each in body.get("systemInstruction", {"parts": ()})["parts"]),
        turns=[turn(each) for each in body["contents"]],
        tools=offered,
        forced=None if mode != "ANY" else allowed[0] if len(allowed) == 1 else "",
        schema=schema_of(body["generationConfig"]),
        stream=stream,
        max_tokens=body["generationConfig"].get("maxOutputTokens"),
        body=body,
        headers=headers,
    )


def schema_of(config: Body) -> Body | None:
    """What the answer has to fit; None where it is not to be JSON."""
    if config.get("responseMimeType") != "application/json":
        return None
    return config.get("responseJsonSchema") or config.get("responseSchema") or {"type": "object"}


def turn(value: Body) -> Turn:
    parts = value["parts"]
    calls = [each["functionCall"] for each in parts if "functionCall" in each]
    results = [each["functionResponse"] for each in parts if "functionResponse" in each]
    role = "assistant" if value.get("role") == "model" else "tool" if results else "user"
    return Turn(
        role,
        "\n".join(each["text"] for each in parts if each.get("text") and not each.get("thought")),
        [ToolUse(call["name"], call.get("args") or {}, call.get("id") or "") for call in calls],
        [ToolOutput(each.get("id") or each["name"], text_of(each.get("response") or {})) for each in results],
        sum(str(each.get("inlineData", {}).get("mimeType", "")).startswith("image/") for each in parts),
    )


def text_of(response: Body) -> str:
    """The text of a result: that under its only name, or all of it."""
    if len(response) == 1 and isinstance(only := next(iter(response.values())), str):
        return only
    return json.dumps(response, ensure_ascii=False)
