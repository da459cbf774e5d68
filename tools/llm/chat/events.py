"""What is told of a turn, over SSE and sockets alike: a name and what it says. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tools.calls.call import ToolResult
from tools.errors import ToolError
from tools.llm.adapters.base import Delta
from tools.llm.routing import Discard
from tools.llm.transcript import Call
from tools.llm.turns import Turn
from tools.llm.turns.turn import Called, Calling
from tools.web.problem import as_problem


@dataclass(frozen=True, slots=True)
class Told:
    """An event: ``delta``, ``discard``, ``calling``, ``called`` or ``answer``."""

    name: str
    about: dict[str, Any]  # as Postgres and UTF-8 hold it
    replayed: bool = False  # an answer that was given before


def told(event: object) -> Told:
    """*event* of a turn, but its end."""
    match event:
        case Delta():
            about = {"kind": event.kind, "text": event.text, "index": event.index, "name": event.name}
            return Told("delta", plain(about))
        case Discard(reason):
            return Told("discard", {"reason": reason})
        case Calling():
            return Told("calling", plain({"calls": [call_out(call) for call in event.calls]}))
        case Called():
            return Told("called", plain(called_out(event)))
    raise TypeError(f"A turn does not tell of {type(event).__name__}.")


def answer_of(session_id: str, turn: Turn, called: Sequence[Called]) -> dict[str, Any]:
    """The whole answer, as ``ChatAnswer`` has it."""
    about = {
        "session_id": session_id,
        "text": turn.text,
        "ended_by": turn.ended_by.value,
        "calls": [called_out(each) for each in called],
        "deployment": turn.deployment,
        "rounds": len(turn.answers),
        "tokens": turn.tokens,
        "usd": float(turn.usd),
        "trace_id": turn.trace_id,
    }
    return dict(plain(about))


def plain(said: Any) -> Any:
    """*said* without what a model may write and neither Postgres nor UTF-8 holds, such as half a pair."""
    if isinstance(said, str):
        return said.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    if isinstance(said, dict):
        return {plain(name): plain(each) for name, each in said.items()}
    return [plain(each) for each in said] if isinstance(said, list | tuple) else said


def call_out(call: Call) -> dict[str, Any]:
    return {"tool": call.name, "tool_call_id": call.call_id, "arguments": dict(call.arguments)}


def called_out(called: Called) -> dict[str, Any]:
    ending = called.ending
    if isinstance(ending, ToolResult):
        return {
            **call_out(called.call),
            "result": ending.result,
            "error": None,
            "latency_ms": round(ending.latency_ms, 3),
        }
    assert isinstance(ending, ToolError)
    return {**call_out(called.call), "result": None, "error": as_problem(ending), "latency_ms": None}
