"""The transcript: messages in their order, whole in every state, with every call answered once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple, Self

from tools.llm.transcript.parts import Call, Image, Opaque, Origin, Part, Result, Text

NOTHING: Mapping[str, str] = {}
UNANSWERED = "The call was not answered: whether it was made is not known."


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class BadTranscript(ValueError):
    """The messages are no conversation; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Message:
    """What one side said. ``origin`` is who made an assistant's message.

    ``told`` is what was chosen to be told who made it, by the group of choice: the conversation stays with that.
    """

    role: Role
    parts: tuple[Part, ...]
    origin: Origin | None = None
    told: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        # A model's blocks are pieces of one text; what a user says are lines.
        between = "" if self.role is Role.ASSISTANT else "\n"
        return between.join(part.text for part in self.parts if isinstance(part, Text) and part.text)

    @property
    def calls(self) -> list[Call]:
        return [part for part in self.parts if isinstance(part, Call)]

    @property
    def results(self) -> list[Result]:
        return [part for part in self.parts if isinstance(part, Result)]


class Stripped(NamedTuple):
    """A transcript for one reader, and how many opaque parts of others it went without."""

    transcript: "Transcript"
    parts: int


ALLOWED: dict[Role, tuple[type[Part], ...]] = {
    Role.USER: (Text, Image),
    Role.TOOL: (Result,),
}


@dataclass(frozen=True, slots=True)
class Transcript:
    """A conversation so far. Each method gives a new one; no message is ever changed."""

    messages: tuple[Message, ...] = ()

    def __iter__(self) -> Iterator[Message]:
        return iter(self.messages)

    def __len__(self) -> int:
        return len(self.messages)

    @property
    def open_calls(self) -> list[Call]:
        """The calls of the last message that have no result yet."""
        if not self.messages:
            return []
        *_, last = self.messages
        if last.role is not Role.TOOL:
            return last.calls
        answered = {result.call_id for result in last.results}
        return [call for call in self.messages[-2].calls if call.call_id not in answered]

    def ask(self, *parts: Part | str) -> Self:
        """The user says *parts*. Calls without a result get one first: nobody knows how they ended."""
        said = tuple(Text(part) if isinstance(part, str) else part for part in parts)
        return self.closed().add(Message(Role.USER, said))

    def answer(
        self, parts: Iterable[Part], origin: Origin | None = None, told: Mapping[str, str] = NOTHING
    ) -> Self:
        """The model says *parts*."""
        return self.add(Message(Role.ASSISTANT, tuple(parts), origin, told))

    def tell(self, results: Iterable[Result]) -> Self:
        """The model is told the *results* of its calls; may be told in several steps."""
        found = tuple(results)
        if not found:
            return self
        if self.messages and self.messages[-1].role is Role.TOOL:
            *before, last = self.messages
            return replace(self, messages=(*before,)).add(replace(last, parts=(*last.parts, *found)))
        return self.add(Message(Role.TOOL, found))

    def closed(self) -> Self:
        """The same with a result for every call, as no vendor takes a call without one."""
        return self.tell(Result(call.call_id, UNANSWERED, is_error=True) for call in self.open_calls)

    def add(self, message: Message) -> Self:
        """*message* behind the others. Raises BadTranscript where it cannot stand there."""
        check(self, message)
        return replace(self, messages=(*self.messages, message))

    def readable_by(self, reader: Origin) -> Stripped:
        """The transcript without the opaque parts that *reader* did not make, and without empty answers."""
        left, stripped = [], 0
        for message in self.messages:
            kept = tuple(part for part in message.parts if not isinstance(part, Opaque) or part.origin == reader)
            stripped += len(message.parts) - len(kept)
            # An answer that says nothing to this reader would not be sent: what stands around it has to know.
            if message.role is not Role.ASSISTANT or message.text.strip() or message.calls:
                left.append(message if len(kept) == len(message.parts) else replace(message, parts=kept))
        return Stripped(Transcript(tuple(left)), stripped)

    @property
    def told(self) -> Mapping[str, str]:
        """What was chosen to be told, by the group of choice: the last of each."""
        return {group: member for message in self.messages for group, member in message.told.items()}

    @property
    def opaque_parts(self) -> int:
        """How many opaque parts there are."""
        return sum(isinstance(part, Opaque) for message in self.messages for part in message.parts)

    @property
    def goes_on_since(self) -> int:
        """Where that begins which is going on: a user's words right behind results end nothing."""
        start = len(self.messages)
        for turn in reversed(self.turns()):
            start -= len(turn)
            if not start or self.messages[start - 1].role is not Role.TOOL:
                break
        return start

    def without_opaque(self) -> Self:
        """The same as everybody can read it."""
        kept = [
            replace(one, parts=tuple(part for part in one.parts if not isinstance(part, Opaque))) for one in self
        ]
        return replace(self, messages=tuple(kept))

    def with_opaque_of_the_turn(self) -> Self:
        """The same with opaque parts only in what is going on: those of earlier turns are done with."""
        start = self.goes_on_since
        messages = [
            replace(message, parts=tuple(part for part in message.parts if not isinstance(part, Opaque)))
            for message in self.messages[:start]
        ]
        return replace(self, messages=(*messages, *self.messages[start:]))

    def turns(self) -> list[Sequence[Message]]:
        """The messages by turn: each begins with what a user said, where calls and their results are together."""
        found: list[list[Message]] = []
        for message in self.messages:
            is_new = message.role is Role.USER and (not found or found[-1][-1].role is not Role.USER)
            if is_new or not found:
                found.append([])
            found[-1].append(message)
        return [tuple(turn) for turn in found]


def check(before: Transcript, message: Message) -> None:
    """Raise BadTranscript where *message* cannot stand behind *before*."""
    allowed = ALLOWED.get(message.role)
    for part in message.parts:
        is_fitting = isinstance(part, allowed) if allowed else not isinstance(part, Result)
        if not is_fitting:
            raise BadTranscript(f"A message of the {message.role} cannot hold a part {type(part).__name__}.")
    if message.role is Role.TOOL:
        check_results(before, message)
    elif before.open_calls:
        raise BadTranscript("A call has no result yet: tell it first, or close the transcript by closed().")
    has_picture = any(isinstance(part, Image) for part in message.parts)
    if message.role is Role.USER and not has_picture and not message.text.strip():
        raise BadTranscript("The user says nothing: ask with a text or a picture.")
    if message.role is Role.ASSISTANT:
        check_calls(before, message)


def check_results(before: Transcript, message: Message) -> None:
    waiting = {call.call_id for call in before.open_calls}
    told = [result.call_id for result in message.results]
    if not before.messages or before.messages[-1].role is not Role.ASSISTANT:
        raise BadTranscript("Results can only stand behind the message whose calls they answer.")
    if unknown := [call_id for call_id in told if call_id not in waiting]:
        raise BadTranscript(f"The last message made no call {unknown[0]!r}: a result names a call by its call_id.")
    if len(set(told)) < len(told):
        raise BadTranscript("A call has two results: tell each once.")


def check_calls(before: Transcript, message: Message) -> None:
    if not before.messages:
        raise BadTranscript("A conversation begins with what a user says: ask first.")
    known = {call.call_id for each in before for call in each.calls}
    for call in message.calls:
        if call.call_id in known:
            raise BadTranscript(f"There is a call {call.call_id!r} already: give each call an id of its own.")
        known.add(call.call_id)
