"""What models do to calls, whichever vendor's words these are put into."""

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random

from salesboost.lab.asked import Asked, Reply, ToolUse
from salesboost.lab.planner import value_of

Alter = Callable[[Asked, Reply], Reply]


def with_call(asked: Asked, reply: Reply) -> Reply:
    """*reply* with a call: its own, or one of the first tool that is offered, or of one that nobody offers."""
    if reply.calls:
        return reply
    text = asked.said_last("user")
    if not asked.tools:
        return replace(reply, calls=[ToolUse("lookup", {"query": text})])
    tool = asked.tools[0]
    made = value_of(tool.parameters, tool.parameters, "", text, Random(0), 0)
    return replace(reply, calls=[ToolUse(tool.name, made if isinstance(made, dict) else {})])


def each_call(change: Callable[[ToolUse], ToolUse]) -> Alter:
    """Change each call of a reply, which has at least one."""

    def altered(asked: Asked, reply: Reply) -> Reply:
        called = with_call(asked, reply)
        return replace(called, calls=[change(call) for call in called.calls])

    return altered


def twice(asked: Asked, reply: Reply) -> Reply:
    """The reply with two calls at least: a single one is asked for twice."""
    called = with_call(asked, reply)
    return called if len(called.calls) > 1 else replace(called, calls=[*called.calls, *called.calls])


def wrapped(call: ToolUse) -> ToolUse:
    return replace(call, arguments={"_": call.arguments})


def in_strings(call: ToolUse) -> ToolUse:
    """What is no text, as a text of JSON."""
    if isinstance(call.arguments, str):
        return call
    texts = {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in call.arguments.items()
    }
    return replace(call, arguments={**texts, "options": '["a", "b"]'})


def in_parallel_wrapper(asked: Asked, reply: Reply) -> Reply:
    """The calls inside one of ``multi_tool_use.parallel``, which nobody offers."""
    uses = [
        {"recipient_name": f"functions.{call.name}", "parameters": call.arguments}
        for call in with_call(asked, reply).calls
    ]
    return replace(reply, calls=[ToolUse("multi_tool_use.parallel", {"tool_uses": uses})])


def renamed(name: str) -> Alter:
    return each_call(lambda call: replace(call, name=name))


def by_model(*models: str) -> Alter:
    """Answered by the first of *models* that was not asked."""
    return lambda asked, reply: replace(reply, model=next(each for each in models if each != asked.model))


def bare(asked: Asked, reply: Reply) -> Reply:
    """The reply without calls, so that what stands there is text."""
    return replace(reply, calls=(), text=reply.text or "Let me see what I can do about that.")


ALTERED: dict[str, tuple[str, Alter]] = {
    "parallel_wrapper": ("calls of tools come inside one of multi_tool_use.parallel", in_parallel_wrapper),
    "dotted_name": ("a call names a tool toolbox.web.answer, which nobody offers", renamed("toolbox.web.answer")),
    "unknown_tool": ("a call names a tool that nobody offers", renamed("made_up_tool")),
    "wrapped_arguments": ('the arguments come one level too deep, in {"_": …}', each_call(wrapped)),
    "string_arguments": ("lists, objects and numbers in the arguments come as texts", each_call(in_strings)),
    "no_arguments": ("a call comes without any arguments", each_call(lambda call: replace(call, arguments={}))),
}
