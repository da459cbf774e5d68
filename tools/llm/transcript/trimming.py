"""Which part of a long conversation is sent: whole turns, from the end."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tools.llm.transcript.transcript import Message, Transcript

Count = Callable[[Sequence[Message]], int]


class Trimmed(NamedTuple):
    """What is sent, and how many messages stay behind. The original is kept by who has it."""

    transcript: Transcript
    left_out: int


def trimmed(transcript: Transcript, most_tokens: int, count: Count) -> Trimmed:
    """The last turns of *transcript* that are at most *most_tokens*, as *count* has it; the last one always.

    It is cut between turns only, so no call is without its result. Where something stays behind, so do all opaque
    parts: some hold only for the whole conversation before them.
    """
    kept: list[Sequence[Message]] = []
    left = most_tokens
    for turn in reversed(transcript.turns()):
        left -= count(turn)
        if kept and left < 0:
            break
        kept.append(turn)
    messages = tuple(message for turn in reversed(kept) for message in turn)
    if len(messages) == len(transcript):
        return Trimmed(transcript, 0)
    return Trimmed(Transcript(messages).without_opaque(), len(transcript) - len(messages))
