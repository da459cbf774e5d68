"""What a turn is, what it may take, and what it tells while it goes on. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Self

from tools.calls.call import ToolResult
from tools.errors import InvalidArguments, ToolError, UnknownTool
from tools.llm.adapters.base import Answer
from tools.llm.adapters.errors import ModelError
from tools.llm.transcript import Call, Result, Transcript


class EndedBy(StrEnum):
    """Why a turn is over. Whatever it was: the transcript is whole, and can be gone on with."""

    ANSWER = "answer"
    ROUNDS = "rounds"
    TOKENS = "tokens"
    MONEY = "money"
    TIME = "time"
    LENGTH = "length"  # the model's answer was cut off
    ERROR = "error"  # the model could not be asked any further


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a turn may take. The round that goes beyond is the last; its calls of tools are not made.

    ``seconds`` ends also an answer that is still coming, and the tools.
    """

    rounds: int = 10
    tokens: int | None = None  # in and out, of all rounds
    usd: Decimal | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What came of a turn: ``transcript`` with all of it, and each model's answer in its order.

    ``deployment`` is the name of the one that answered last, ``trace_id`` in hex finds all spans.
    """

    transcript: Transcript
    answers: Sequence[Answer] = ()
    ended_by: EndedBy = EndedBy.ERROR
    tokens: int = 0  # in and out, of all rounds; our own estimate of answers whose vendor does not say
    usd: Decimal = Decimal(0)
    deployment: str = ""
    trace_id: str = ""

    @property
    def text(self) -> str:
        """What the model says to the user, also where it was cut off; '' where a limit was in its way."""
        has_answer = self.ended_by in (EndedBy.ANSWER, EndedBy.LENGTH)
        return self.transcript.messages[-1].text if has_answer else ""

    def told(self, results: Sequence[Result]) -> Self:
        """The same with *results* of the last answer's calls."""
        return replace(self, transcript=self.transcript.tell(results))


class TurnFailed(ModelError):
    """The model could not be asked any further. ``turn`` is how far it came: calls that were made are in it."""

    def __init__(self, error: ModelError, turn: Turn) -> None:
        super().__init__(
            *(error.kind, error.said),
            status=error.status,
            code=error.code,
            retry_after_s=error.retry_after_s,
            document=error.document,
        )
        self.turn = turn


@dataclass(frozen=True, slots=True)
class Calling:
    """A round's calls are about to be made. ``turn`` is how far it has come: what is kept if nobody goes on."""

    calls: Sequence[Call]
    turn: Turn


@dataclass(frozen=True, slots=True)
class Called:
    """What one of a round's calls came to; in the order of the calls. ``turn`` has the results of all of them."""

    call: Call
    ending: ToolResult | ToolError
    turn: Turn


def exceeded(turn: Turn, limits: Limits, took_s: float) -> EndedBy | None:
    """The limit that *turn* has reached; None where it may go on."""
    if len(turn.answers) >= limits.rounds:
        return EndedBy.ROUNDS
    if limits.tokens is not None and turn.tokens >= limits.tokens:
        return EndedBy.TOKENS
    if limits.usd is not None and turn.usd >= limits.usd:
        return EndedBy.MONEY
    if limits.seconds is not None and took_s >= limits.seconds:
        return EndedBy.TIME
    return None


def misread(call: Call, ending: ToolResult | ToolError) -> bool:
    """Whether the model called wrongly: what a prompt in other words may mend."""
    return bool(call.problem) or isinstance(ending, (InvalidArguments, UnknownTool))


def sooner(deadline_s: float | None, left_s: float) -> float:
    return left_s if deadline_s is None else min(deadline_s, left_s)
