"""What every vendor's request asks for and every answer holds, before it is put into that vendor's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# Four characters a token, as English text has it on average: good enough to count by, and the same everywhere.
CHARS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that the request offers; ``parameters`` is the schema in the vendor's own words."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call that an answer asks for. ``arguments`` may be a text, which is then sent as it stands."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str = ""  # "": one is made as the vendor makes them


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """What a call came to, as the request tells it."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation: ``role`` is ``user``, ``assistant`` or ``tool``."""

    role: str
    text: str = ""
    calls: Sequence[ToolUse] = ()
    outputs: Sequence[ToolOutput] = ()
    images: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request for an answer, whichever vendor's words it came in."""

    vendor: str
    model: str
    api: str = ""  # which of the vendor's interfaces, where it has more than one
    system: str = ""
    turns: Sequence[Turn] = ()
    tools: Sequence[Tool] = ()
    # None: the model may choose; "": it has to call some tool; else the one tool that it has to call.
    forced: str | None = None
    schema: Mapping[str, Any] | None = None  # what the text of the answer has to fit, as JSON
    stream: bool = False
    max_tokens: int | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def last(self) -> Turn:
        return self.turns[-1] if self.turns else Turn("user")

    def said_last(self, role: str) -> str:
        """The last text that *role* wrote."""
        return next((turn.text for turn in reversed(self.turns) if turn.role == role and turn.text), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the model says. The rest (ids, counts, how it ended) is made as the vendor makes it."""

    text: str = ""
    calls: Sequence[ToolUse] = ()
    reasoning: str = ""
    finish: str = ""  # the vendor's word for why it ended; "": by what the reply holds
    model: str = ""  # the model that answers; "": the one that was asked
    input_tokens: int | None = None  # None: counted
    output_tokens: int | None = None
    cached_tokens: int = 0


def schema_in(wanted: Any) -> Mapping[str, Any] | None:
    """The schema in a format as OpenAI and Anthropic write it; None where any text will do."""
    kind = wanted.get("type") if isinstance(wanted, Mapping) else None
    if kind == "json_object":
        return {"type": "object"}
    if kind != "json_schema":
        return None
    found = (wanted.get("json_schema") or wanted).get("schema")  # Chat Completions has it one level deeper
    return found if isinstance(found, Mapping) else {"type": "object"}


def tokens_of(*texts: str) -> int:
    """About how many tokens *texts* are; at least one."""
    return max(1, sum(len(text) for text in texts) // CHARS_PER_TOKEN)
