"""A conversation: only what a model asked for last, and nobody has answered, is to be run."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tools.llm.parsing.objects.base import Native, objects, together
from tools.llm.parsing.objects.speakers import MODEL, OTHER, RESULT, answered_ids, not_its, speaker
from tools.llm.parsing.objects.unread import unread

Read = Callable[[Mapping[str, Any]], Native | None]


def history(values: Sequence[Any], read: Read) -> Native | None:
    """The open calls of the messages *values*, each read by *read*; None where they are no messages."""
    messages = [plain_message(one) for one in objects(list(values))]
    speakers = [speaker(one) for one in messages]
    if not any(speakers):
        return None
    since = max((place + 1 for place, one in enumerate(speakers) if one is OTHER), default=0)
    results = [place for place, one in enumerate(speakers) if one is RESULT]
    last_result = max(results, default=-1)
    # Some models count their calls anew in each turn: a result answers what stands before it.
    answered_at = {one: place for place in results for one in answered_ids(messages[place])}
    turns = []
    for place in range(since, len(messages)):
        native = None
        if speakers[place] in (MODEL, None):
            native = read(messages[place]) or (unread(messages[place]) if place >= last_result else None)
        if native is not None:
            turns.append(_open(native, answered_at, place, is_past=place < last_result))
    found = together(turns)
    return found if any(found[:3]) else not_its(messages)


def _open(native: Native, answered_at: Mapping[str, int], place: int, *, is_past: bool) -> Native:
    """*native*, at *place*, without calls that have a result behind it: one without an id, if there is any."""
    if not native.drafts:
        return native._replace(texts=[text._replace(is_searched=not is_past) for text in native.texts])
    left = [
        draft
        for draft in native.drafts
        if (answered_at.get(str(draft.call_id), -1) < place if draft.call_id else not is_past)
    ]
    quiet = [text._replace(is_searched=False) for text in native.texts]
    return native._replace(drafts=left, texts=quiet)


def plain_message(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """*value* without the wrapping in which LangChain stores a message."""
    inner, kind = value.get("kwargs"), value.get("id")
    if value.get("lc") and isinstance(inner, Mapping) and isinstance(kind, list) and kind:
        return {"type": kind[-1], **inner}
    inner = value.get("data")
    if value.get("type") in ("ai", "human", "tool", "system") and isinstance(inner, Mapping):
        return {"type": value["type"], **inner}
    return value
