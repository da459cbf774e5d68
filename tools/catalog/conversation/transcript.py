"""From a transcript to turns, and from turns to sentences. Pure functions, no I/O."""

import re
from dataclasses import dataclass

# "Anna: …", "[00:12] Rep (Acme): …"; a colon within a time or a web address does not name a speaker.
SPOKEN = re.compile(r"^\s*(?:\[[\d:., ]{1,15}\]\s*)?([^\W\d][\w .'’()&-]{0,39}):\s+(\S.*)$")
SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")


@dataclass(frozen=True, slots=True)
class Turn:
    """What one person said, until another spoke. Turns are numbered from 1."""

    number: int
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence and the turn that it belongs to."""

    turn: Turn
    text: str


def read_transcript(transcript: str) -> list[Turn]:
    """The turns of ``Speaker: text`` lines; a line without a speaker goes on with the turn before it.

    Where no line names a speaker, each line is a turn.
    """
    lines = [line.strip() for line in transcript.splitlines() if line.strip()]
    spoken = [SPOKEN.match(line) for line in lines]
    anonymous = not any(spoken)
    turns: list[tuple[str, str]] = []
    for line, found in zip(lines, spoken, strict=True):
        if found:
            turns.append((found[1].strip(), found[2]))
        elif anonymous or not turns:
            turns.append(("", line))
        else:
            speaker, text = turns[-1]
            turns[-1] = (speaker, f"{text} {line}")
    return [Turn(number, speaker, text) for number, (speaker, text) in enumerate(turns, start=1)]


def split_sentences(turns: list[Turn]) -> list[Sentence]:
    """The sentences of all turns, in order."""
    return [Sentence(turn, part) for turn in turns for part in SENTENCE_END.split(turn.text.strip()) if part]
