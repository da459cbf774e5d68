"""One stage alone: the call that it gets, and what comes after it."""

from dataclasses import replace
from math import inf

import pytest

from tools import tool
from tools.calls.call import Caller, ToolCall, ToolResult


class After:
    """Stands for the rest of the pipeline: answers in turn what it was given, and keeps the calls it saw."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.calls = []

    async def __call__(self, call):
        self.calls.append(call)
        answer = self.answers.pop(0) if self.answers else 1
        if isinstance(answer, BaseException):
            raise answer
        return ToolResult(
            tool=call.tool.name, tool_call_id=call.tool_call_id, result=answer, encoded=b"%d" % answer
        )


@pytest.fixture
def after():
    return After


@tool(timeout_s=2)
async def echo(text: str = "") -> str:
    """Says the same."""
    return text


@pytest.fixture
def make_call():
    """A call of ``echo`` with the given policy fields, caller and arguments."""

    def make(definition=echo, *, arguments=None, payload=None, caller=None, deadline=inf, hurried=False, **policy):
        return ToolCall(
            tool=definition,
            policy=replace(definition.policy, **policy),
            payload={} if payload is None else payload,
            arguments=arguments or {},
            caller=caller or Caller(),
            deadline=deadline,
            hurried=hurried,
        )

    return make


class Reports(list):
    """Stands for the reporter: keeps what it is given."""

    add = list.append

    async def settled(self, tool):
        """Nothing is ever on its way."""


@pytest.fixture
def reports():
    return Reports()


@pytest.fixture
def span_of(spans):
    """Run something inside one span and return that span when finished."""
    from tools.stages.tracing import trace

    async def run(awaitable):
        tracer = trace.get_tracer("test")
        with tracer.start_as_current_span("around"):
            try:
                await awaitable
            except Exception as error:
                print("the stage raised", error)
        return spans.get_finished_spans()[-1]

    return run
