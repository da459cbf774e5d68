"""The one line of an error that says what failed, and the class that it names. Pure.

A message may be a report with a stack, a text of many lines or a sentence in an envelope. What stands in a stack,
in the lines below the first, says where something failed, not what: it is not looked at.
"""

from functools import lru_cache
from typing import NamedTuple

from telemetry.outcomes.leads import LEAD, LINE_CHARS, MAX_LEADS, class_of, without_envelopes
from telemetry.outcomes.reports import READ_CHARS, report_of


class Headline(NamedTuple):
    """A line that says what failed, the class that it begins with (empty: none), and what follows that."""

    line: str
    error_type: str = ""
    rest: str = ""


@lru_cache(8)  # the type is asked for, then the layer
def headline(message: str) -> Headline:
    """What the *message* says in one line: the exception of a traceback, else the first line."""
    report = report_of(message)
    line, _, below = without_envelopes(report.said[:READ_CHARS].lstrip()).partition("\n")
    line = line[:LINE_CHARS].rstrip()
    if not (found := LEAD.match(line)):
        return Headline(line, report.error_type, line.removeprefix(report.error_type).lstrip(": "))
    if report.error_type and not line.startswith(report.error_type):
        return Headline(line, report.error_type, line)
    if found["inner"] is not None:
        return Headline(line, class_of(found), found["inner"])
    rest = line[found.end() :] or below.lstrip().partition("\n")[0][:LINE_CHARS]
    return Headline(line, class_of(found), rest)


def wrapped(head: Headline) -> list[Headline]:
    """*head*, and what it names behind its own class: the outermost first."""
    found = [head]
    while found[-1].error_type and len(found) < MAX_LEADS:
        found.append(headline(found[-1].rest))
    return found
