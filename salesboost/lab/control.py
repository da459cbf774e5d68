"""How a lab that runs by itself is told what to do: `/lab/faults`, `/lab/replies`, `/lab/requests`."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from salesboost.lab.asked import Asked, Reply, ToolUse
from salesboost.lab.script import Order, Script, UnknownFault

USE = (
    "use GET or POST /lab/faults (vendor, model, fault, times, share), POST /lab/replies (text, calls, "
    "reasoning), GET /lab/requests, DELETE /lab/script"
)


def control(script: Script, method: str, path: str, raw: bytes) -> tuple[int, Mapping[str, Any]]:
    """Status and body of the answer to *method* at *path*."""
    match method, path:
        case "GET", "/lab/faults":
            return 200, {
                vendor: {name: fault.says for name, fault in known.items()}
                for vendor, known in script.faults.items()
            }
        case "GET", "/lab/requests":
            return 200, {"requests": [shown(asked) for asked in script.asked]}
        case "DELETE", "/lab/script":
            script.forget()
            return 200, {}
        case "POST", "/lab/faults" | "/lab/replies":
            try:
                said = json.loads(raw)
                _obey(script, path, said)
            except (UnknownFault, ValueError, TypeError, AttributeError) as error:
                return 400, {"error": str(error) or f"The lab did not understand: {USE}."}
            return 200, {}
    return 404, {"error": f"There is no {method} {path}: {USE}."}


def _obey(script: Script, path: str, said: Any) -> None:
    if path == "/lab/faults":
        script.order(Order(**said))
    else:
        calls = [ToolUse(**call) for call in said.pop("calls", ())]
        script.say(Reply(**said, calls=calls))


def shown(asked: Asked) -> dict[str, Any]:
    """*asked* without its headers, which hold a key."""
    return {
        "vendor": asked.vendor,
        "model": asked.model,
        "stream": asked.stream,
        "forced": asked.forced,
        "tools": [tool.name for tool in asked.tools],
        "turns": [asdict(turn) for turn in asked.turns],
        "body": asked.body,
    }
