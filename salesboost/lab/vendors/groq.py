"""Groq: Chat Completions with counts of its own, and calls that it refuses itself."""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from salesboost.lab.asked import Asked, Reply
from salesboost.lab.faults import Fault
from salesboost.lab.planner import as_text
from salesboost.lab.vendors import openai_chat
from salesboost.lab.vendors.base import Events, Moment, Refused
from salesboost.lab.vendors.groq_errors import error, failed_body, gone
from salesboost.lab.vendors.openai_chat import Flavour
from salesboost.lab.vendors.openai_reply_faults import arguments_of, calling
from salesboost.lab.vendors.pictures import check_groq
from salesboost.lab.vendors.shaped import Shaped

THOUGHT = "I look at what was asked, and at the tools that there are."
RETIRED: Mapping[str, str] = {
    "llama-3.3-70b-versatile": "2026-08-16",
    "llama-3.1-8b-instant": "2026-08-16",
    "meta-llama/llama-4-maverick-17b-128e-instruct": "2026-03-09",
    "moonshotai/kimi-k2-instruct-0905": "2026-04-15",
}
THINKS = re.compile(r"openai/gpt-oss|qwen/|gpt-oss|qwen3")
UNKNOWN_IN_MESSAGE = ("reasoning", "reasoning_content", "reasoning_details")


def thought(asked: Asked, reply: Reply) -> str:
    """What was thought, unless the request hides it."""
    is_hidden = asked.body.get("include_reasoning") is False or asked.body.get("reasoning_format") == "hidden"
    is_told_not_to = asked.body.get("reasoning_effort") == "none"
    if is_hidden or is_told_not_to:
        return ""
    return reply.reasoning or (THOUGHT if THINKS.match(asked.model) else "")


def check(asked: Asked) -> None:
    """Raises Refused for what Groq alone does not take."""
    check_groq(asked.body)
    for at, message in enumerate(asked.body["messages"]):
        unknown = next((name for name in UNKNOWN_IN_MESSAGE if name in message), None)
        if message["role"] == "assistant" and unknown:
            raise Refused(
                f"'messages.{at}' : for 'role:assistant' the following must be satisfied[('messages.{at}' : "
                f"property '{unknown}' is unsupported)]"
            )
    wanted = asked.body.get("response_format") or {}
    if wanted.get("type") in ("json_object", "json_schema") and (asked.body.get("tools") or asked.stream):
        what = "tool/function calling" if asked.body.get("tools") else "streaming"
        raise Refused(f"json mode cannot be combined with {what}")
    if "include_reasoning" in asked.body and "reasoning_format" in asked.body:
        raise Refused("cannot specify both include_reasoning and reasoning_format")


def whole(asked: Asked, made: dict[str, Any], moment: Moment) -> dict[str, Any]:
    for choice in made["choices"]:
        for absent in ("refusal", "annotations"):
            choice["message"].pop(absent, None)
    made["usage"] = timed(made["usage"])
    return {**made, "service_tier": "on_demand", "x_groq": {"id": moment.ids.made("req_", 26)}}


def parts(asked: Asked, made: list[dict[str, Any]], moment: Moment) -> list[dict[str, Any]]:
    """The first chunk says which request it is, and the last one what it took; counts come unasked."""
    request = {"id": moment.ids.made("req_", 26)}
    usage = timed(made.pop()["usage"])
    made[0]["x_groq"] = request
    made[-1]["x_groq"] = {**request, "usage": usage}
    for part in made:
        part.pop("usage", None)
        part["choices"][0]["delta"].pop("refusal", None)
    options = asked.body.get("stream_options")
    if isinstance(options, Mapping) and options.get("include_usage"):
        last = {name: value for name, value in made[-1].items() if name not in ("choices", "x_groq")}
        made.append({**last, "choices": [], "usage": usage})
    return [{**part, "service_tier": "on_demand"} for part in made]


def timed(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Counts in Groq's words: with times, in seconds."""
    counts = {name: usage[name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")}
    times = {"queue_time": 0.02, "prompt_time": 0.01, "completion_time": 0.1, "total_time": 0.11}
    thinking = usage["completion_tokens_details"]["reasoning_tokens"]
    details = {"completion_tokens_details": {"reasoning_tokens": thinking}} if thinking else {}
    return {**counts, **times, **details}


def tag(asked: Asked, reply: Reply) -> str:
    call = calling(asked, reply).calls[0]
    return f"<function={call.name}>{as_text(arguments_of(call))}</function>".replace("'", "’")


def half_tag(asked: Asked, reply: Reply) -> str:
    return tag(asked, reply).removeprefix("<function=").replace(">", "", 1)


def fenced(asked: Asked, reply: Reply) -> str:
    call = calling(asked, reply).calls[0]
    inner = f'{{"name": "{call.name}", "parameters": {as_text(arguments_of(call))}}}'
    pending = f'{{"id": "pending", "type": "function", "function": {inner}}}'
    return f'```\n{{\n  "tool_calls": [\n    {pending}\n  ]\n}}\n```'


def prose(asked: Asked, reply: Reply) -> str:
    return "### Top stories\nI could not find a tool for that, so here is what I know."


def empty(asked: Asked, reply: Reply) -> str:
    return ""


GENERATED: Mapping[str, tuple[str, Callable[[Asked, Reply], str]]] = {
    "tag": ("a call in a tag", tag),
    "half_tag": ("a call in a tag without its beginning", half_tag),
    "fenced": ("an OpenAI object in a fence", fenced),
    "prose": ("plain prose", prose),
    "empty": ("an empty text", empty),
}


def failed_stream(written: Callable[[Asked, Reply], str], asked: Asked, reply: Reply, moment: Moment) -> Events:
    """A stream that begins well and ends in an error event, whose code is a text."""
    yield openai_chat.data(openai_chat.chunks(asked, reply, moment, FLAVOUR)[0])
    body = failed_body(written(asked, reply))
    inner = {**body["error"], "status_code": 400}
    yield b"event: error\n" + openai_chat.data({"error": inner})


def refused(says: str, message: str, code: str = "tool_use_failed") -> Fault:
    def body(asked: Asked, reply: Reply) -> Mapping[str, Any]:
        return failed_body(tag(asked, reply), message, code)

    return Fault(says=f"400 {code}: {says}", status=400, body=body)


def tool_use_faults() -> dict[str, Fault]:
    def body(written: Callable[[Asked, Reply], str], asked: Asked, reply: Reply) -> Mapping[str, Any]:
        return failed_body(written(asked, reply))

    made = {
        f"tool_use_failed_{name}": Fault(
            says=f"400 tool_use_failed, where failed_generation is {what}", status=400, body=partial(body, written)
        )
        for name, (what, written) in GENERATED.items()
    }
    made["tool_use_failed_stream"] = Fault(
        says="a stream of 200 ends in an error event with the code tool_use_failed",
        events=partial(failed_stream, tag),
    )
    return made


FLAVOUR = Flavour(
    thought=thought,
    thought_as=lambda asked, thought: {"reasoning": thought},
    is_call_whole=True,
    is_usage_sent=True,
    whole=whole,
    parts=parts,
)

GROQ = Shaped(
    name="groq",
    base="/openai/v1",
    paths=re.compile(r"/openai/v1/chat/completions"),
    flavour=FLAVOUR,
    check=check,
    own_faults={
        **tool_use_faults(),
        "called_though_none": refused(
            "a call though tool_choice is none", "Tool choice is none, but model called a tool"
        ),
        "not_called_though_required": refused(
            "no call though tool_choice is required", "Tool choice is required, but model did not call a tool"
        ),
        "invented_tool_refused": refused(
            "a call of a tool that nobody offered",
            "tool call validation failed: attempted to call tool 'web.search' which was not in request.tools",
        ),
        "json_validate_failed": refused(
            "JSON was asked for and did not come",
            "Failed to validate JSON. Please adjust your prompt. See 'failed_generation' for more details.",
            "json_validate_failed",
        ),
    },
    error_as=error,
    event_as=lambda body: b"event: error\n" + openai_chat.data(body),
    gone_as=gone,
    retired=RETIRED,
    foreign=re.compile(r"claude|gemini|grok|gpt-(?!oss)"),
)
