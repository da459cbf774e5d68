"""A session as it went: what was said, and the calls in between, in order. Pure.

Each request to a model repeats the whole history. Here a message is told when it is new: a request is laid over
the thread of messages that it goes on with, and only what reaches beyond is shown.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dashboard.pages.traces.messages import Exchange, Message
from dashboard.pages.traces.spans import TraceSpan


@dataclass(frozen=True, slots=True)
class Said:
    """A message, and the model's span that it was given to or came from."""

    message: Message
    span: TraceSpan
    is_output: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """A tool call, in the place where it was made."""

    span: TraceSpan


@dataclass(frozen=True, slots=True)
class Broken:
    """A model's span that failed, or whose messages were not recorded or were cut."""

    span: TraceSpan
    words: str


Item = Said | Called | Broken
Key = tuple[uuid.UUID, int]


@dataclass(slots=True)
class Turn:
    """What one trace added to the session."""

    trace_id: str  # hexadecimal
    items: list[Item] = field(default_factory=list)
    spans: list[TraceSpan] = field(default_factory=list)

    @property
    def duration_ns(self) -> int:
        return max(span.end_ns for span in self.spans) - self.spans[0].start_ns


@dataclass(slots=True)
class _Thread:
    """The messages of one line of talk: what was asked, and then what was answered."""

    asked: list[Message]
    answered: list[Message]

    @property
    def whole(self) -> list[Message]:
        return self.asked + self.answered


def key_of(span: TraceSpan) -> Key:
    return span.trace_id, span.span_id


def conversation(spans: Iterable[TraceSpan], exchanges: Mapping[Key, Exchange]) -> list[Turn]:
    """The turns of a session, one a trace, by their start; *exchanges* are the models' messages by ``key_of``."""
    ordered = sorted(spans, key=lambda span: (span.start_ns, span.span_id))
    called = {span.tool_call_id for span in ordered if span.is_call and span.tool_call_id}
    turns: dict[str, Turn] = {}
    threads: list[_Thread] = []
    for span in ordered:
        turn = turns.setdefault(span.trace_id.hex, Turn(span.trace_id.hex))
        turn.spans.append(span)
        if span.is_call:
            turn.items.append(Called(span))
        elif key_of(span) in exchanges:
            asks_anew = not any(isinstance(item, Said) for item in turn.items)
            turn.items += _said(span, exchanges[key_of(span)], threads, called, asks_anew=asks_anew)
        if span.failed and not span.is_call:
            turn.items.append(Broken(span, span.error_message or span.error_type or "it failed"))
    return list(turns.values())


def _said(
    span: TraceSpan, exchange: Exchange, threads: list[_Thread], called: set[str], *, asks_anew: bool
) -> Iterator[Item]:
    asked = list(exchange.input)
    thread, known = _continued(threads, asked)
    new = asked[known:]
    if not new and asked and asks_anew:
        new = asked[-1:]  # the same words, asked once more
    for message in new:
        if not (message.role == "tool" and message.answers in called):  # the call itself is shown
            yield Said(message, span)
    for message in exchange.output:
        yield Said(message, span, is_output=True)
    if exchange.cut:
        yield Broken(
            span, "the end of these messages was not stored: they are longer than what is kept of a payload"
        )
    fresh = _Thread(asked, list(exchange.output))
    if thread is not None:
        threads[threads.index(thread)] = fresh
    else:
        threads.append(fresh)


def _continued(threads: Sequence[_Thread], asked: Sequence[Message]) -> tuple[_Thread | None, int]:
    """The thread that *asked* goes on with, the newest of equals, and how many of the messages are known."""
    best, known = None, 0
    for thread in reversed(threads):
        count = max(_common_start(thread.whole, asked), _overlap(thread.whole, asked))
        if count > known and any(message.role != "system" for message in asked[:count]):
            best, known = thread, count
    if best is None:  # at least the instructions, which every thread of an agent repeats, are known
        known = max((_common_start(thread.asked, asked) for thread in threads), default=0)
    return best, known


def _common_start(one: Sequence[Message], other: Sequence[Message]) -> int:
    return next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )


def _overlap(whole: Sequence[Message], asked: Sequence[Message]) -> int:
    """How many of *asked* repeat the end of *whole*, where only the last messages of a history are sent.

    Instructions, which then still stand at the start, are passed over.
    """
    first = next((at for at, message in enumerate(asked) if message.role != "system"), len(asked))
    rest = list(asked[first:])
    for count in range(min(len(whole), len(rest)), 0, -1):
        if list(whole[-count:]) == rest[:count]:
            return first + count
    return 0
