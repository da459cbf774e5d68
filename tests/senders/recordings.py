"""What senders sent, as ``record.py`` recorded it, as if it were sent now."""

import json
import time
from functools import cache
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parent / "recorded"
SENDERS = sorted(path.stem for path in RECORDED.glob("*.json"))


def requests_of(sender: str) -> list[bytes]:
    """The trace requests of *sender* in OTLP's JSON, the first span of which began a minute ago."""
    documents = _documents(sender)
    began = min(int(value) for document in documents for value in _times(document, "startTimeUnixNano"))
    later = time.time_ns() - 60 * 10**9 - began
    return [json.dumps(_moved(document, later)).encode() for document in documents]


@cache
def _documents(sender: str) -> list[dict[str, Any]]:
    documents: list[dict[str, Any]] = json.loads((RECORDED / f"{sender}.json").read_text())["requests"]
    return documents


def _times(node: Any, name: str) -> list[str]:
    if isinstance(node, dict):
        return [node[name]] if name in node else [time for item in node.values() for time in _times(item, name)]
    return [time for item in node for time in _times(item, name)] if isinstance(node, list) else []


def _moved(node: Any, later: int) -> Any:
    if isinstance(node, dict):
        return {
            name: str(int(value) + later)
            if name.endswith("TimeUnixNano") or name == "timeUnixNano"
            else _moved(value, later)
            for name, value in node.items()
        }
    return [_moved(item, later) for item in node] if isinstance(node, list) else node
