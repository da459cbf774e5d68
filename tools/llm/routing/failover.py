"""What follows when a model call fails: one table, by the kind of the error and the moment at which it came.

docs/routing.md shows it, and a test holds that page and this table to each other, cell by cell.
"""

from collections.abc import Mapping
from enum import StrEnum

from tools.llm.adapters.errors import ErrorKind


class Moment(StrEnum):
    """How far an answer had come.

    What comes after the result of a tool is the next round, and ``before`` again: another vendor may go on, with
    what it can read of the conversation.
    """

    BEFORE = "before"  # nothing of the answer was told
    TEXT = "text"  # some of its text was, or of its reasoning
    CALL = "call"  # it had begun to call a tool: who listens may have acted on that


class Action(StrEnum):
    NEXT = "next"  # the next deployment
    OTHER = "other"  # the next deployment of another vendor
    LARGER = "larger"  # the next deployment whose model takes more tokens
    SIMPLER = "simpler"  # the same deployment once more with the simpler prompt, then the next one
    FAIL = "fail"  # the error is the answer


# By kind, before anything was told. What may go on then may also after some text, whose draft is given up first.
TABLE: Mapping[ErrorKind, Action] = {
    ErrorKind.RATE_LIMIT: Action.NEXT,
    ErrorKind.OVERLOADED: Action.NEXT,
    ErrorKind.SERVER: Action.NEXT,
    ErrorKind.TIMEOUT: Action.NEXT,
    ErrorKind.UNREACHABLE: Action.NEXT,
    ErrorKind.UNREADABLE: Action.NEXT,
    ErrorKind.BROKEN_STREAM: Action.NEXT,
    # Another deployment has a key and a bill of its own.
    ErrorKind.AUTHENTICATION: Action.NEXT,
    ErrorKind.PERMISSION: Action.NEXT,
    ErrorKind.CREDIT: Action.NEXT,
    ErrorKind.UNKNOWN_MODEL: Action.NEXT,
    # A vendor's models are refused the same things; who is not, is elsewhere.
    ErrorKind.CAPABILITY: Action.OTHER,
    ErrorKind.CONTEXT: Action.LARGER,
    ErrorKind.MALFORMED_CALL: Action.SIMPLER,
    # Asking around until somebody says what one vendor will not is nobody's wish.
    ErrorKind.POLICY: Action.FAIL,
    # A request that is wrong is so everywhere: each vendor would be asked once for nothing.
    ErrorKind.INVALID: Action.FAIL,
    # It has been asked twice already.
    ErrorKind.TOOL_NOT_CALLED: Action.FAIL,
}


def action(kind: ErrorKind, moment: Moment) -> Action:
    """What follows an error of *kind* that came at *moment*."""
    return Action.FAIL if moment is Moment.CALL else TABLE[kind]


# What says of a deployment that it is not at work, so that its breaker counts it. The others tell of the question.
BLAMED = frozenset(
    {
        *(ErrorKind.OVERLOADED, ErrorKind.SERVER, ErrorKind.TIMEOUT, ErrorKind.UNREACHABLE, ErrorKind.UNREADABLE),
        *(ErrorKind.BROKEN_STREAM, ErrorKind.RATE_LIMIT),
        *(ErrorKind.AUTHENTICATION, ErrorKind.PERMISSION, ErrorKind.CREDIT, ErrorKind.UNKNOWN_MODEL),
    }
)
# Of these, what no second try makes better before somebody has done something: the deployment rests at once.
HOPELESS = frozenset({ErrorKind.AUTHENTICATION, ErrorKind.PERMISSION, ErrorKind.CREDIT, ErrorKind.UNKNOWN_MODEL})
