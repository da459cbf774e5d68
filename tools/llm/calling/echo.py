"""`local`: a model without a network, that says again what the user said last. It speaks Chat Completions."""

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx

SCHEME = "local://"
CHARS_PER_TOKEN = 4
_numbers = count(1)


class Echo(httpx.AsyncBaseTransport):
    """What stands in the place of the network at addresses that begin with ``local://``."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(await request.aread())
        text = last_text(body["messages"])
        head = {"id": f"chatcmpl-local-{next(_numbers)}", "model": body["model"]}
        usage = {"prompt_tokens": tokens_of(json.dumps(body["messages"])), "completion_tokens": tokens_of(text)}
        if body.get("stream"):
            content = b"".join(chunks(head, text, usage))
            return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=content)
        choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
        return httpx.Response(200, json={**head, "choices": [choice], "usage": usage})


def last_text(messages: list[dict[str, Any]]) -> str:
    """What the user said last; of several parts the texts."""
    content = next((one["content"] for one in reversed(messages) if one["role"] == "user"), "")
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if "text" in part)


def chunks(head: dict[str, Any], text: str, usage: dict[str, int]) -> Iterator[bytes]:
    """*text* in words, as a stream has it."""
    for word in re.findall(r"\s*\S+|\s+$", text):
        yield event({**head, "choices": [{"index": 0, "delta": {"content": word}}]})
    yield event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": usage})
    yield b"data: [DONE]\n\n"


def event(chunk: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(chunk)}\n\n".encode()


def tokens_of(text: str) -> int:
    return max(1, len(text) // CHARS_PER_TOKEN)
