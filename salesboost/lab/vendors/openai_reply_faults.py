"""What models say wrong: calls as text, arguments that are no JSON, tools that there are not."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from salesboost.lab.asked import Asked, Reply, ToolUse
from salesboost.lab.faults import Fault
from salesboost.lab.planner import Planner, as_text

OTHER_MODEL = "lab-other-model"


def calling(asked: Asked, reply: Reply) -> Reply:
    """*reply*, or one that calls a tool where it calls none."""
    if reply.calls:
        return reply
    forced = Planner()(replace(asked, forced="")).calls if asked.tools else ()
    return replace(reply, text="", calls=forced or [ToolUse("get_weather", {"location": "Paris"})])


def arguments_of(call: ToolUse) -> dict[str, Any]:
    """The arguments of *call*; something where it has none."""
    try:
        found = json.loads(as_text(call.arguments) or "{}")
    except ValueError:
        found = {}
    return found if isinstance(found, dict) and found else {"location": "Paris"}


def as_prose(written: Callable[[str, dict[str, Any]], str]) -> Callable[[Asked, Reply], Reply]:
    """A call that stands in the text, as *written*."""

    def changed(asked: Asked, reply: Reply) -> Reply:
        call = calling(asked, reply).calls[0]
        return replace(reply, text=written(call.name, arguments_of(call)), calls=(), finish="stop")

    return changed


def with_arguments(
    written: Callable[[dict[str, Any]], Mapping[str, Any] | str], finish: str = ""
) -> Callable[[Asked, Reply], Reply]:
    """All calls with their arguments as *written*."""

    def changed(asked: Asked, reply: Reply) -> Reply:
        calls = calling(asked, reply).calls
        made = [replace(call, arguments=written(arguments_of(call))) for call in calls]
        return replace(reply, text="", calls=made, finish=finish or reply.finish)

    return changed


def with_calls(made: Callable[[ToolUse], list[ToolUse]]) -> Callable[[Asked, Reply], Reply]:
    """The first call, and what is *made* of it."""

    def changed(asked: Asked, reply: Reply) -> Reply:
        return replace(reply, text="", calls=made(calling(asked, reply).calls[0]))

    return changed


def pythonic(name: str, arguments: dict[str, Any]) -> str:
    return f"[{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})]"


def xml(name: str, arguments: dict[str, Any]) -> str:
    given = "".join(f"<parameter={key}>\n{value}\n</parameter>\n" for key, value in arguments.items())
    return f"<tool_call>\n<function={name}>\n{given}</function>\n</tool_call>"


def named(name: str, arguments: dict[str, Any], key: str = "parameters") -> str:
    return json.dumps({"name": name, key: arguments})


def unquoted(arguments: dict[str, Any]) -> str:
    return "{" + ", ".join(f"{key}: {value!r}" for key, value in arguments.items()) + "}"


def encoded(arguments: dict[str, Any]) -> dict[str, str]:
    """Each value that is no text as the text of it; where all are texts, as lists in a text."""
    plain = all(isinstance(value, str) for value in arguments.values())
    return {
        key: json.dumps([value] if plain else value) if plain or not isinstance(value, str) else value
        for key, value in arguments.items()
    }


def wrapped(call: ToolUse) -> list[ToolUse]:
    uses = [{"recipient_name": f"functions.{call.name}", "parameters": arguments_of(call)}]
    return [ToolUse("multi_tool_use.parallel", {"tool_uses": uses})]


def _fault(says: str, reply: Callable[[Asked, Reply], Reply]) -> Fault:
    return Fault(says=says, reply=reply)


REPLY_FAULTS: dict[str, Fault] = {
    "json_in_content": _fault("the call is JSON in the text, and none in tool_calls", as_prose(named)),
    "python_tag": _fault(
        "the call is JSON behind <|python_tag|> in the text",
        as_prose(lambda name, arguments: "<|python_tag|>" + named(name, arguments)),
    ),
    "pythonic": _fault("the call is a Python call in brackets in the text", as_prose(pythonic)),
    "text_before_call": _fault(
        "the call is a Python call in the text, behind a sentence",
        as_prose(lambda name, arguments: "I will look that up.\n" + pythonic(name, arguments)),
    ),
    "qwen_xml": _fault("the call is XML with Python values in the text", as_prose(xml)),
    "hermes_tag": _fault(
        "the call is JSON in <tool_call> in the text",
        as_prose(lambda name, given: f"<tool_call>\n{named(name, given, 'arguments')}\n</tool_call>"),
    ),
    "single_quotes": _fault("the arguments are a Python dict", with_arguments(repr)),
    "unquoted_keys": _fault("the keys of the arguments have no quotes", with_arguments(unquoted)),
    "trailing_comma": _fault(
        "a comma stands behind the last argument", with_arguments(lambda given: json.dumps(given)[:-1] + ",}")
    ),
    "python_literals": _fault(
        "the arguments hold Python's True and None",
        with_arguments(lambda given: json.dumps(given)[:-1] + ', "is_new": True, "note": None}'),
    ),
    "encoded_values": _fault("lists, objects and numbers among the arguments are texts", with_arguments(encoded)),
    "encoded_twice": _fault(
        "the arguments are JSON in a JSON text", with_arguments(lambda given: json.dumps(json.dumps(given)))
    ),
    "doubled_arguments": _fault(
        "the arguments stand twice behind each other", with_arguments(lambda given: json.dumps(given) * 2)
    ),
    "empty_arguments": _fault("the arguments are an empty text", with_arguments(lambda given: "")),
    "nested_arguments": _fault("the arguments are one level too deep", with_arguments(lambda given: {"_": given})),
    "cut_arguments": _fault(
        "the answer ends amid the arguments, and says so: length",
        with_arguments(lambda given: json.dumps(given)[:-2], "length"),
    ),
    "cut_arguments_silently": _fault(
        "the arguments break off, and the answer says nothing of it",
        with_arguments(lambda given: json.dumps(given)[:-2]),
    ),
    "duplicate_ids": _fault(
        "two calls have the same id",
        with_calls(lambda call: [replace(call, id="call_1"), replace(call, id="call_1")]),
    ),
    "reused_id": _fault(
        "the call has the id that the calls of earlier rounds had",
        with_calls(lambda call: [replace(call, id=f"{call.name[:30]}:1")]),
    ),
    "long_id": _fault(
        "the id of the call is of 1,000 characters",
        with_calls(lambda call: [replace(call, id="call_" + "a" * 995)]),
    ),
    "parallel_wrapper": _fault("the call is one of multi_tool_use.parallel", with_calls(wrapped)),
    "invented_tool": _fault(
        "the call is of a tool that nobody offered, with a dot in its name",
        with_calls(lambda call: [replace(call, name="toolbox.web.answer")]),
    ),
    "wrong_model": _fault(
        "another model than the one that was asked answers",
        lambda asked, reply: replace(reply, model=OTHER_MODEL),
    ),
    "thought_only": _fault(
        "the answer holds what was thought, and neither text nor call",
        lambda asked, reply: replace(
            reply, text="", calls=(), reasoning=reply.reasoning or "I am still thinking about it."
        ),
    ),
    "nothing_said": _fault(
        "the answer holds neither text nor call", lambda asked, reply: replace(reply, text="", calls=())
    ),
}
