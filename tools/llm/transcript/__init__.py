"""A conversation in our own words: what was said, called and answered, and what only its maker can read."""

from tools.llm.transcript.parts import Call, Image, Opaque, Origin, Part, Reasoning, Result, Text
from tools.llm.transcript.transcript import BadTranscript, Message, Role, Transcript

__all__ = [
    "BadTranscript",
    "Call",
    "Image",
    "Message",
    "Opaque",
    "Origin",
    "Part",
    "Reasoning",
    "Result",
    "Role",
    "Text",
    "Transcript",
]
