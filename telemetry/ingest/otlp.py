"""OTLP over HTTP as bytes: trace requests, read into plain spans, and its answers. No I/O."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from telemetry.ingest.received import Received

PROTOBUF, JSON = "application/x-protobuf", "application/json"
# A SalesBoost that gets a request with it stores the spans and forwards them to nobody: none goes in circles.
FORWARDED = "salesboost-forwarded"


def read(body: bytes, content_type: str) -> "Received":
    """The spans of *body*. Raises Malformed when it is not a trace request at all."""
    # Not above: a web process beside a recorder reads none.
    from telemetry.ingest import json_form, protobuf

    return json_form.read(body) if content_type == JSON else protobuf.read(body)


def answer(content_type: str, rejected: int = 0, message: str = "") -> bytes:
    """The body of a success; partial if spans were *rejected*, or with a *message* that warns."""
    if content_type == JSON:
        partial = {"partialSuccess": {"rejectedSpans": str(rejected), "errorMessage": message}}
        return json.dumps(partial if rejected or message else {}).encode()
    # Not above, here and below: who is sent nothing in protobuf has no use for it.
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

    response = ExportTraceServiceResponse()
    if rejected or message:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = message
    encoded: bytes = response.SerializeToString()
    return encoded


def failure(content_type: str, code: int, message: str) -> bytes:
    """The body of an error, a google.rpc.Status; *code* is one of google.rpc.Code."""
    if content_type == JSON:
        return json.dumps({"code": code, "message": message}).encode()
    from google.rpc.status_pb2 import Status

    encoded: bytes = Status(code=code, message=message).SerializeToString()
    return encoded
