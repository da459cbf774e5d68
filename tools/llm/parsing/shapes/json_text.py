"""Calls as bare JSON in the text, and such with half a tag around them."""

import re

from tools.llm.parsing import repairs
from tools.llm.parsing.objects import named_in, native_of, with_calls
from tools.llm.parsing.parsed import Broken, Draft, Found
from tools.llm.parsing.shapes.base import TextShape
from tools.llm.parsing.shapes.marked import without_arguments
from tools.llm.parsing.strings import AT_END
from tools.llm.parsing.text import CALL_LIKE, Text

_HALF_END = re.compile(r"\s*+</function(?:_call)?>")
_HALF_START = re.compile(r"\s{0,4}[>=,:]?\s{0,4}([\w.-]{1,128})(?:=noitcnuf<?)?")
# What says that a call follows, perhaps in a fence.
_LABEL = re.compile(r"\bTOOL_CALLS?:\s{0,8}+(?:(?:`{3,}|~{3,})\w{0,20}+\s{0,8}+)?\Z")
MAX_LABEL = 64
_BLANK_END = re.compile(r"\s*+\Z")
MAX_HALF_START = 160


def _read(text: Text, opener: re.Match[str]) -> Found:
    start = opener.start()
    reader = text.reader(start)
    try:
        value = reader.value(AT_END)
    except Broken as broken:
        if not reader.keys:  # a bracket in prose
            return Found(max(start + 1, min(broken.position, reader.position)), keep=True)
        end = text.end_of(start, broken)
        if not CALL_LIKE.search(text.content, start, end):
            return Found(end, keep=True)
        return text.refuse(start, start, broken)
    native = native_of(value) or named_in(value, text.known)
    if native is None and _LABEL.search(text.content, max(0, start - MAX_LABEL), start):
        native = without_arguments(value)
    native = with_calls(native) if native else None
    if native is not None and (native.drafts or native.texts or _is_all(text, start, reader.position)):
        for draft in native.drafts:
            draft.repairs += reader.repairs
        return Found(reader.position, native.drafts, native.problems, texts=native.texts)
    if (tag := _HALF_END.match(text.content, reader.position)) and isinstance(value, dict):
        return _half_tag(text, start, tag.end(), value, reader.repairs)
    return Found(reader.position, keep=True)


def _is_all(text: Text, start: int, end: int) -> bool:
    """Whether nothing else is written: an error that is only quoted is not the provider's."""
    return bool(_BLANK_END.match(text.content, end)) and not text.content[:start].strip()


def _half_tag(text: Text, start: int, end: int, arguments: object, made: list[str]) -> Found:
    """``name{…}</function>``: the opening tag, or most of it, is missing."""
    before = text.content[max(0, start - MAX_HALF_START) : start]
    name = _HALF_START.match(before[::-1])
    if name is None:
        return Found(end, keep=True)
    draft = Draft(name[1][::-1], arguments, "function_tag", repairs=[repairs.HALF_TAG, *made])
    draft.start = start - name.end()
    return Found(end, [draft])


JSON = TextShape(r"\{(?=\s*+[\"'“”„‘’}A-Za-z_$/\#\d\0\ufeff])|\[(?=\s*+\{)", _read)
