"""What a collector received, as OTLP's JSON that says nothing of the machine it was recorded on. Pure."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

# Of a resource: what it is and who made its spans. The rest tells of a machine.
KEPT_OF_RESOURCES = ("service.name", "service.version", "telemetry.sdk.", "gen_ai.", "openinference.", "session.")
# The longest text that is kept whole: what nothing is read from (tools' schemas, prompts) is not kept twice.
TEXT_CHARS = 4_000
_IDS = ("traceId", "spanId", "parentSpanId")
_PYTHON_FOLDER = re.compile(r"/[\w./-]*?/(?=(?:lib/python[\d.]+|site-packages|node_modules|asyncio|concurrent)/)")


def tidied(bodies: list[tuple[str, bytes]], replaced: Mapping[str, str]) -> list[dict[str, Any]]:
    """The *bodies* (content type, body) as documents, with what is *replaced* and paths of this machine gone."""
    return [_tidy(_document(*body), replaced) for body in bodies]


def _document(content_type: str, body: bytes) -> dict[str, Any]:
    if "json" in content_type:
        said: dict[str, Any] = json.loads(body)
        return said
    made: dict[str, Any] = MessageToDict(ExportTraceServiceRequest.FromString(body), use_integers_for_enums=True)
    return _hexadecimal(made)


def _hexadecimal(node: Any) -> Any:
    """*node* with ids as OTLP's JSON has them, not as protobuf's JSON."""
    if isinstance(node, dict):
        return {
            name: base64.b64decode(value).hex() if name in _IDS else _hexadecimal(value)
            for name, value in node.items()
        }
    return [_hexadecimal(item) for item in node] if isinstance(node, list) else node


def _tidy(document: dict[str, Any], replaced: Mapping[str, str]) -> dict[str, Any]:
    for part in document["resourceSpans"]:
        attributes = part.get("resource", {}).get("attributes", [])
        part["resource"] = {
            "attributes": [said for said in attributes if said["key"].startswith(KEPT_OF_RESOURCES)]
        }
    tidy: dict[str, Any] = _texts(document, replaced)
    return tidy


def _texts(node: Any, replaced: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {name: _texts(value, replaced) for name, value in node.items() if name != "flags"}
    if isinstance(node, list):
        return [_texts(item, replaced) for item in node]
    if isinstance(node, str):
        for there, then in replaced.items():
            node = node.replace(there, then)
        return _PYTHON_FOLDER.sub("/", node)[:TEXT_CHARS]
    return node
