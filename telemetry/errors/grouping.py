"""What a row is given so that its failure is found again: its group, and what broke the schema. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from telemetry import semconv as sc
from telemetry.errors.fingerprint import fingerprint, normalise, pattern
from telemetry.errors.violations import violations_of
from telemetry.semconv import FAILED, Outcome

STATUS_ERROR = 2
SAMPLE_CHARS = 500


def group_of(tool: str, name: str, ending: Mapping[str, Any]) -> int | None:
    """The fingerprint of a span that failed; None for one that did not. *name* is the span's.

    *ending* has its ``status``, ``outcome``, ``error_type`` and ``error_message``. A refusal is no failure.
    """
    outcome = ending["outcome"]
    failed = outcome in FAILED if outcome else ending["status"] == STATUS_ERROR
    if not failed:
        return None
    return fingerprint(tool or normalise(name), outcome, ending["error_type"], ending["error_message"])


def with_violations(attributes: Mapping[str, Any], ending: Mapping[str, Any]) -> Mapping[str, Any]:
    """*attributes* with what broke the schema (``semconv.VIOLATIONS``) where the arguments were bad."""
    if ending["outcome"] != Outcome.ARGUMENTS:
        return attributes
    found = violations_of(attributes, ending["error_message"])
    rest = {name: value for name, value in attributes.items() if name != sc.VIOLATIONS}
    return {**rest, sc.VIOLATIONS: found} if found else rest


def described(rows: Sequence[Any]) -> list[list[Any]]:
    """The columns ``sql.DESCRIPTION`` of the groups among *rows* (SpanRows or Spans), a list each."""
    first = {row.fingerprint: row for row in reversed(rows) if row.fingerprint is not None}
    entries = [
        (
            group,
            row.series.tool,
            normalise(row.name),
            str(row.outcome),
            row.error_type,
            pattern(row.series.tool, row.error_message),
            row.error_message[:SAMPLE_CHARS],
        )
        for group, row in first.items()
    ]
    return [list(column) for column in zip(*entries, strict=True)] if entries else [[] for _ in range(7)]
