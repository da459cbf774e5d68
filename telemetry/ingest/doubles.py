"""One call, recorded twice: by an ``execute_tool`` span or an MCP client, and by the MCP span below it.

The outer one is counted, for it saw all of the call. The inner keeps its row, as ``tools/call``, and has no
outcome. Only a request that holds both can tell: where client and server send for themselves, in requests of their
own, both count.
"""

from collections.abc import Sequence
from typing import Any

from telemetry import semconv as sc
from telemetry.facts import SpanFacts
from telemetry.rows import SpanRow, name_of


def count_once(pairs: Sequence[tuple[SpanFacts, SpanRow]]) -> None:
    """Take the outcome from those rows of a request whose call the row of their parent counts."""
    calls: dict[tuple[Any, Any], SpanRow] = {
        (row.trace_id, row.span_id): row
        for _, row in pairs
        if row.series.operation == sc.OPERATION_EXECUTE_TOOL and row.outcome
    }
    for facts, row in pairs:
        outer = calls.get((row.trace_id, row.parent_span_id)) if _is_mcp(facts) else None
        if outer is None or outer is row:
            continue
        name = row.name
        row.outcome, row.fingerprint = "", None
        row.series = row.series._replace(operation=sc.MCP_TOOLS_CALL)
        row.own_name = None if name == name_of(row.series) else name


def _is_mcp(facts: SpanFacts) -> bool:
    return facts.attributes.get(sc.MCP_METHOD) == sc.MCP_TOOLS_CALL
