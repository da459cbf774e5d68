"""Conversations with Claude, for the tests of what the lab plays."""

from tests.salesboost.lab.talking import ASKED

BUDGET = {"type": "enabled", "budget_tokens": 2000}
OLD = {"model": "claude-haiku-4-5"}
OPUS_5_5 = {"model": "claude-opus-5-5"}
USE = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Rome", "days": 3}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}
ADAPTIVE = {"type": "adaptive"}


def blocks(message, kind):
    return [block for block in message["content"] if block["type"] == kind]


def told(*blocks):
    return {"role": "assistant", "content": list(blocks)}


def said(*blocks):
    return {"role": "user", "content": list(blocks)}


def results(message, text="sunny"):
    return said(
        *(
            {"type": "tool_result", "tool_use_id": use["id"], "content": text}
            for use in blocks(message, "tool_use")
        )
    )


def loop(first, **fields):
    """The messages of a conversation whose first answer was *first*, with its results."""
    return [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": first["content"]},
        results(first, **fields),
    ]
