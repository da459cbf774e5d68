"""A question that is not larger than its model takes: the end of the conversation, in whole turns."""

from dataclasses import replace
from typing import NamedTuple

from tools.llm.adapters.base import Ask
from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.counting.learning import Counts
from tools.llm.transcript.trimming import trimmed


class Cut(NamedTuple):
    """What is sent, and how many of the first messages stay behind."""

    ask: Ask
    left_out: int


def cut(ask: Ask, counts: Counts) -> Cut:
    """*ask* with as much of its conversation as fits beside the answer; the caller's own is as it was.

    Raises ModelError (``context``) where its last turn alone does not.
    """
    count, standing = counts.messages(ask), counts.standing(ask)
    takes = ask.can.context_tokens - min(ask.max_output_tokens, ask.can.max_output_tokens)
    room = takes - standing
    kept = trimmed(ask.transcript, room, count)
    needed = count(kept.transcript.messages)
    # Without a user's message it is no question at all, and whoever writes it says so.
    if needed > room and ask.transcript.messages:
        said = f"The last turn, instructions and tools are some {standing + needed:,} tokens"
        said = f"{said}, and beside its answer {ask.origin.model!r} takes {takes:,}"
        raise ModelError(ErrorKind.CONTEXT, said)
    return Cut(replace(ask, transcript=kept.transcript) if kept.left_out else ask, kept.left_out)
