"""Which layer a failed call failed in, read from the type and the message of its error. Pure.

The type decides where it can: a ``KeyError`` is a fault of the tool whatever key it names. Else the line that says
what failed does.
"""

import re
from typing import NamedTuple

from telemetry.outcomes.lines import headline, wrapped
from telemetry.outcomes.reports import report_of
from telemetry.outcomes.sentences import of_sentence
from telemetry.outcomes.types import of_type
from telemetry.semconv import Outcome

# Types that say nothing: the line that says what failed may name a better one.
_UNTYPED = frozenset({"", "_other", "error", "unknown", "exception"})
# What JavaScript's fetch throws where the network failed, as a TypeError of all things.
_FETCH = re.compile(
    r"(fetch failed|Failed to fetch|NetworkError when attempting to fetch resource|Load failed|terminated)\W*$"
)


class Failure(NamedTuple):
    """An error as it is stored: its type, and what it says."""

    error_type: str
    message: str


def is_typed(error_type: str) -> bool:
    """Whether *error_type* says anything."""
    return error_type.removeprefix("builtins.").lower() not in _UNTYPED


def failure_of(error_type: str, message: str) -> Failure:
    """What a sender tells of by *error_type*, which may be empty, and *message*.

    The type is the one that the message begins with where none is given. A report's message is what it says
    without its stack: of a traceback the exception.
    """
    report = report_of(message)
    named = error_type.removeprefix("builtins.")
    if not is_typed(named):
        named = headline(message).error_type or named
    return Failure(named, report.said or message.strip() if report.stack else message)


def layer_of(error_type: str, message: str) -> Outcome:
    """The layer that failed; a fault of the tool where nothing is known."""
    heads = wrapped(headline(message))
    said, carried = heads[-1].rest, False
    for named in dict.fromkeys((error_type, *(head.error_type for head in heads))):
        told = of_type(named)
        if told.layer is Outcome.TOOL_BUG and _FETCH.match(said):
            return Outcome.PROVIDER
        if told.layer is not None:
            return told.layer
        carried = carried or told.carries
    found = of_sentence(said, message, carried=carried)
    return found or (Outcome.PROVIDER if carried else Outcome.TOOL_BUG)
