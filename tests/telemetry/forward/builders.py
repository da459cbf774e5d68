"""Spans on their way to the second endpoint."""

import gzip

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


def spans_of(posted):
    """The spans of a request that reached the receiver."""
    request = ExportTraceServiceRequest.FromString(gzip.decompress(posted.body))
    return [span for group in request.resource_spans for scope in group.scope_spans for span in scope.spans]


def ids_in(posted):
    return [int.from_bytes(span.span_id, "big") for span in spans_of(posted)]


def arrived(receiver):
    """The ids of all spans that reached it, in order."""
    return [number for posted in receiver.got for number in ids_in(posted)]
