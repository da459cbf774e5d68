"""A model and a collector on this machine's loopback address, for applications that are being recorded.

The model speaks OpenAI's chat completions, Anthropic's messages and Google's generateContent, and always says the
same: it asks for the calls of ``TURNS``, one turn after another, and then says that it is done.
"""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Call = tuple[str, dict[str, Any]]
AskedCall = tuple[str, str, dict[str, Any]]  # id, name, arguments
# One call that is fine and one whose result tells of a failure; one with bad arguments; one that raises.
TURNS: list[list[Call]] = [
    [("get_weather", {"city": "Oslo"}), ("find_order", {"order_id": "A-17"})],
    [("get_weather", {"town": 7})],
    [("explode", {"reason": "a test"})],
]
MODEL = "gpt-4o-mini-2024-07-18"
INPUT_TOKENS, OUTPUT_TOKENS = 120, 15
END = "That is all."


class Loopback(ThreadingHTTPServer):
    """``bodies`` are the trace requests received: content type and body, unpacked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[tuple[str, bytes]] = []
        self.turn = 0

    def next_calls(self) -> list[AskedCall]:
        """What the model asks for next."""
        asked = TURNS[self.turn] if self.turn < len(TURNS) else []
        found = [(f"call_{self.turn}_{number}", name, given) for number, (name, given) in enumerate(asked)]
        self.turn += 1
        return found

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving() -> Iterator[Loopback]:
    server = Loopback()
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()


class _Handler(BaseHTTPRequestHandler):
    server: Loopback
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self._body()
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        path = self.path.partition("?")[0]
        if path.endswith("/v1/traces"):
            self.server.bodies.append((self.headers.get("Content-Type", ""), body))
            return self._send(b"{}" if "json" in self.headers.get("Content-Type", "") else b"")
        asked = json.loads(body or b"{}")
        if path.endswith("/chat/completions"):
            said = _chat(self._calls(_names_of(asked)))
            return self._stream(_chunks(said)) if asked.get("stream") else self._json(said)
        if path.endswith("/messages"):
            return self._json(_message(asked["model"], self._calls(_names_of(asked))))
        if path.endswith(":generateContent"):
            return self._json(_content(self._calls(_names_of(asked))))
        return self._send(b"{}", status=404)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def do_GET(self) -> None:
        self._send(b"{}", status=404)

    def _calls(self, tools: set[str]) -> list[AskedCall]:
        """What is asked for next, of an application whose *tools* these are."""
        return self.server.next_calls() if "get_weather" in tools else []

    def _json(self, document: Any) -> None:
        self._send(json.dumps(document).encode())

    def _stream(self, documents: list[Any]) -> None:
        lines = [f"data: {json.dumps(document)}\n\n" for document in documents]
        self._send("".join([*lines, "data: [DONE]\n\n"]).encode(), "text/event-stream")

    def _send(self, body: bytes, kind: str = "application/json", status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing is logged."""


def _names_of(asked: dict[str, Any]) -> set[str]:
    """The tools that a request in any of the formats offers."""
    offered = asked.get("tools") or []
    declared = [name for tool in offered for name in tool.get("functionDeclarations", [])]
    return {(tool.get("function") or tool).get("name", "") for tool in [*offered, *declared]}


# --- OpenAI ----------------------------------------------------------------------------------------------


def _chat(asked: list[AskedCall]) -> dict[str, Any]:
    calls = [
        {"id": found, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
        for found, name, arguments in asked
    ]
    message: dict[str, Any] = {"role": "assistant", "content": None if calls else END}
    if calls:
        message["tool_calls"] = calls
    return {
        "id": f"chatcmpl-{calls[0]['id'] if calls else 'end'}",
        "object": "chat.completion",
        "created": 1_790_000_000,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}],
        "usage": {
            "prompt_tokens": INPUT_TOKENS,
            "completion_tokens": OUTPUT_TOKENS,
            "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
        },
    }


def _chunks(said: dict[str, Any]) -> list[dict[str, Any]]:
    (choice,) = said["choices"]
    message = choice["message"]
    calls = [{"index": at, **call} for at, call in enumerate(message.get("tool_calls", ()))]
    delta = {"role": "assistant", "content": message["content"], **({"tool_calls": calls} if calls else {})}
    head = {name: said[name] for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    return [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]},
        {**head, "choices": [], "usage": said["usage"]},
    ]


# --- Anthropic -------------------------------------------------------------------------------------------


def _message(model: str, asked: list[AskedCall]) -> dict[str, Any]:
    content: list[dict[str, Any]] = [
        {"type": "tool_use", "id": found, "name": name, "input": arguments} for found, name, arguments in asked
    ]
    return {
        "id": f"msg_{asked[0][0] if asked else 'end'}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content or [{"type": "text", "text": END}],
        "stop_reason": "tool_use" if asked else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": INPUT_TOKENS, "output_tokens": OUTPUT_TOKENS},
    }


# --- Google ----------------------------------------------------------------------------------------------


def _content(asked: list[AskedCall]) -> dict[str, Any]:
    parts: list[dict[str, Any]] = [
        {"functionCall": {"id": found, "name": name, "args": arguments}} for found, name, arguments in asked
    ]
    return {
        "candidates": [
            {"content": {"role": "model", "parts": parts or [{"text": END}]}, "finishReason": "STOP", "index": 0}
        ],
        "usageMetadata": {
            "promptTokenCount": INPUT_TOKENS,
            "candidatesTokenCount": OUTPUT_TOKENS,
            "totalTokenCount": INPUT_TOKENS + OUTPUT_TOKENS,
        },
        "modelVersion": "gemini-2.5-flash",
        "responseId": f"response-{asked[0][0] if asked else 'end'}",
    }
