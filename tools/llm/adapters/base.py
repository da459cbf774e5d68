"""What an adapter does: a request in a vendor's words, and its answer in ours. Pure both ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

from tools.definition.dialects import Export
from tools.definition.tool import ToolDefinition
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.experiments.given import Given
from tools.llm.parsing import Problem
from tools.llm.parsing.objects.ends import End
from tools.llm.prompts.sent import PromptSent
from tools.llm.transcript import Origin, Part, Transcript

AUTO, NONE, REQUIRED = "auto", "none", "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a model is asked. ``choice`` is ``auto``, ``none``, ``required`` or our name of the tool to call."""

    origin: Origin  # who is asked
    transcript: Transcript
    can: Capabilities
    system: str = ""
    tools: Sequence[ToolDefinition[..., Any]] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)  # in place of the code's, by tool
    choice: str = AUTO
    max_output_tokens: int = 4096
    temperature: float | None = None
    effort: str = ""
    stream: bool = False
    prompt: PromptSent | None = None  # what ``system`` was made of, for the span
    rung: str = ""  # how much of the prompt is said: "detailed", "simple", "minimal"; for the span
    given: tuple[Given, ...] = ()  # the arms of experiments by which it is asked so


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A request as it is sent, but for the key. ``changes`` says what was asked otherwise, one sentence each."""

    path: str
    body: Mapping[str, Any]
    export: Export  # the tools' names, and the way back of their arguments
    headers: Mapping[str, str] = field(default_factory=dict)
    changes: Sequence[str] = ()
    stripped: int = 0  # opaque parts that stayed behind: of others, and its own that are done with
    must_call: str = ""  # `required`, or the tool, where a call is only asked for in words


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the vendor counts them. ``input_tokens`` are all, also those that a cache gave."""

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model said. ``model`` is the one that answered, by which it is priced."""

    parts: tuple[Part, ...]
    model: str = ""
    response_id: str = ""
    finish: str = ""  # the vendor's word
    end: End = End.ORDERLY
    usage: Usage | None = None
    cost_usd: Decimal | None = None  # as the vendor bills it, where it says so
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of an answer as it grows: ``kind`` is ``text``, ``reasoning`` or ``call``.

    Of a call, ``index`` tells it from others, and ``name`` is the tool's as far as it is known. Nothing of it may
    run before the answer is whole.
    """

    kind: str
    text: str
    index: int = 0
    name: str = ""


class Reader(Protocol):
    """Reads one stream."""

    def add(self, event: Mapping[str, Any]) -> Sequence[Delta]:
        """What the next event adds. Raises ModelError where it tells of an error."""

    def finish(self) -> Answer:
        """The whole answer. Raises ModelError where it is none, or where the stream broke off."""


class Adapter(Protocol):
    """One vendor's interface. ``key_headers`` are what a key is sent in."""

    def key_headers(self, key: str) -> Mapping[str, str]: ...

    def request(self, ask: Ask) -> Wire:
        """*ask* in the vendor's words. Raises ModelError for what the model cannot be asked at all."""

    def answer(self, ask: Ask, wire: Wire, body: Mapping[str, Any]) -> Answer:
        """What *body*, an answer in one piece, says. Raises ModelError where it is none."""

    def reader(self, ask: Ask, wire: Wire) -> Reader:
        """What reads the answer as a stream."""
