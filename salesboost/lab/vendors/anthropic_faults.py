"""What goes wrong with Anthropic alone."""

from collections.abc import Callable
from typing import Any

from salesboost.lab.asked import Asked, Reply
from salesboost.lab.faults import Fault
from salesboost.lab.planner import as_text
from salesboost.lab.vendors.altering import ALTERED, Alter, bare, by_model, twice, with_call
from salesboost.lab.vendors.anthropic_refusals import REFUSALS
from salesboost.lab.vendors.anthropic_thinking import signature
from salesboost.lab.vendors.anthropic_writing import account, event, events_of, made_id, message, thinking
from salesboost.lab.vendors.base import Events, Moment

Change = Callable[[Asked, dict[str, Any], Moment], None]
SEARCH = {"query": "opening hours"}
FOUND = {"type": "web_search_result", "url": "https://example.com/", "title": "Opening hours", "page_age": None}
SILENT_PINGS = 3


def changed(says: str, change: Change, *, reply: Alter | None = None) -> Fault:
    """A fault that changes the whole message, which is then sent in one piece or as a stream."""

    def answer(asked: Asked, said: Reply, moment: Moment) -> dict[str, Any]:
        whole = message(asked, said, moment)
        change(asked, whole, moment)
        return whole

    def events(asked: Asked, said: Reply, moment: Moment) -> Events:
        return events_of(answer(asked, said, moment))

    return Fault(says=says, reply=reply, answer=answer, events=events)


def rewritten(says: str, rewrite: Callable[[str], str]) -> Fault:
    """A fault of streams: the arguments of each call are rewritten as text."""

    def events(asked: Asked, said: Reply, moment: Moment) -> Events:
        texts = [rewrite(as_text(call.arguments)) for call in said.calls]
        return events_of(message(asked, said, moment), texts)

    return Fault(says=says, reply=with_call, events=events)


def calls_of(whole: dict[str, Any]) -> list[dict[str, Any]]:
    return [block for block in whole["content"] if block["type"] == "tool_use"]


def cut_off(asked: Asked, whole: dict[str, Any], moment: Moment) -> None:
    whole["stop_reason"] = "max_tokens"
    calls_of(whole)[-1]["input"] = {}


def cut_events(asked: Asked, said: Reply, moment: Moment) -> Events:
    whole = message(asked, said, moment)
    whole["stop_reason"] = "max_tokens"
    texts = [as_text(call.arguments) for call in said.calls]
    return events_of(whole, [*texts[:-1], texts[-1][: max(1, len(texts[-1]) // 2)]])


def populated(asked: Asked, said: Reply, moment: Moment) -> Events:
    """Each call's start already has its input; another one than its deltas say, so that a reader of it is seen."""
    whole = message(asked, said, moment)
    blocks = whole["content"]
    for sent in events_of(whole):
        if b"content_block_start" in sent and b'"tool_use"' in sent:
            index = next(place for place in range(len(blocks)) if f'"index": {place},'.encode() in sent)
            early = {**blocks[index], "input": {**blocks[index]["input"], "early": True}}
            yield event("content_block_start", index=index, content_block=early)
        else:
            yield sent


def same_ids(asked: Asked, whole: dict[str, Any], moment: Moment) -> None:
    for block in calls_of(whole):
        block["id"] = calls_of(whole)[0]["id"]


def old_id(asked: Asked, whole: dict[str, Any], moment: Moment) -> None:
    used = [call.id for turn in asked.turns for call in turn.calls]
    calls_of(whole)[0]["id"] = used[0] if used else "toolu_01AAAAAAAAAAAAAAAAAAAAAA"


def no_id(asked: Asked, whole: dict[str, Any], moment: Moment) -> None:
    for block in calls_of(whole):
        block["id"] = ""


def refused(asked: Asked, whole: dict[str, Any], moment: Moment) -> None:
    whole["content"] = []
    _refused(whole)


def refused_late(asked: Asked, whole: dict[str, Any], moment: Moment) -> None:
    for block in whole["content"]:
        if block["type"] == "text":
            block["text"] = block["text"][: len(block["text"]) // 2 + 1]
    _refused(whole)


def _refused(whole: dict[str, Any]) -> None:
    whole["stop_reason"] = "refusal"
    whole["stop_details"] = {"type": "refusal", "category": "cyber", "explanation": None}


def paused(asked: Asked, whole: dict[str, Any], moment: Moment) -> None:
    whole["content"].append(server_use(moment))
    whole["stop_reason"] = "pause_turn"


def searched(asked: Asked, whole: dict[str, Any], moment: Moment) -> None:
    use = server_use(moment)
    result = {"type": "web_search_tool_result", "tool_use_id": use["id"], "content": [FOUND]}
    text = [block for block in whole["content"] if block["type"] == "text"]
    whole["content"] = [block for block in whole["content"] if block not in text] + [use, result, *text]
    whole["usage"]["server_tool_use"] = {"web_search_requests": 1}


def server_use(moment: Moment) -> dict[str, Any]:
    use_id = made_id(moment.ids, "srvtoolu_")
    return {"type": "server_tool_use", "id": use_id, "name": "web_search", "input": SEARCH}


def only_thought(asked: Asked, whole: dict[str, Any], moment: Moment) -> None:
    whole["content"] = [thinking(asked, "")]
    whole["stop_reason"] = "end_turn"


def silent_thought(asked: Asked, said: Reply, moment: Moment) -> Events:
    whole = message(asked, said, moment)
    only_thought(asked, whole, moment)
    for place, sent in enumerate(events_of(whole)):
        yield sent
        if place == 0:
            yield from [event("ping")] * SILENT_PINGS


def unsigned(asked: Asked, whole: dict[str, Any], moment: Moment) -> None:
    whole["content"] = [block for block in whole["content"] if block["type"] != "thinking"]
    whole["content"].insert(0, {**thinking(asked, "I see."), "signature": ""})


def redacted(asked: Asked, whole: dict[str, Any], moment: Moment) -> None:
    data = signature(asked.body, "", account(asked.headers), "redacted_thinking")
    whole["content"] = [block for block in whole["content"] if block["type"] != "thinking"]
    whole["content"].insert(0, {"type": "redacted_thinking", "data": data})


def uncounted(asked: Asked, whole: dict[str, Any], moment: Moment) -> None:
    del whole["usage"]


def empty(asked: Asked, whole: dict[str, Any], moment: Moment) -> None:
    whole["content"], whole["stop_reason"] = [], "end_turn"


def filled_up(asked: Asked, whole: dict[str, Any], moment: Moment) -> None:
    whole["stop_reason"] = "model_context_window_exceeded"


def unended(asked: Asked, said: Reply, moment: Moment) -> Events:
    return iter(list(events_of(message(asked, said, moment)))[:-1])


FAULTS: dict[str, Fault] = {
    **REFUSALS,
    **{name: Fault(says=says, reply=alter) for name, (says, alter) in ALTERED.items()},
    "cut_arguments": Fault(
        says="max_tokens ends a call: in a stream its JSON never closes, in one piece its input is {}",
        reply=with_call,
        answer=changed("", cut_off).answer,
        events=cut_events,
    ),
    "cut_before_arguments": changed(
        "max_tokens ends a call before its first argument, so its input is {}", cut_off, reply=with_call
    ),
    "first_bytes_dropped": rewritten(
        "in a stream, the arguments of each call lack their first two bytes", lambda text: text[2:]
    ),
    "invalid_arguments": rewritten(
        "in a stream, the arguments are no JSON, as fine-grained streaming may have it",
        lambda text: text.replace("{", "{,", 1),
    ),
    "populated_start": Fault(
        says="in a stream, content_block_start has an input already, and the deltas say another",
        reply=with_call,
        events=populated,
    ),
    "duplicate_ids": changed("two calls of an answer have the same id", same_ids, reply=twice),
    "reused_id": changed("a call has the id of an earlier round", old_id, reply=with_call),
    "empty_id": changed("the ids of calls are empty", no_id, reply=with_call),
    "refusal": changed("200 with the stop reason refusal and no content", refused, reply=bare),
    "refusal_after_text": changed("the text breaks off with the stop reason refusal", refused_late, reply=bare),
    "pause_turn": changed("the turn is paused while a tool of Anthropic's own runs", paused, reply=bare),
    "server_tool_use": changed("a tool of Anthropic's own was called and has answered", searched, reply=bare),
    "thinking_only": changed("the answer is a thought without text, and nothing else", only_thought, reply=bare),
    "silent_thinking": Fault(
        says="a stream pings, thinks without text and never goes on",
        reply=bare,
        events=silent_thought,
        after=SILENT_PINGS + 2,
        waits=True,
    ),
    "no_signature": changed("a thought comes with an empty signature, as bridges make it", unsigned),
    "redacted_thinking": changed("the thought is redacted: data that only the vendor reads", redacted),
    "wrong_model": Fault(
        says="another model answers than was asked", reply=by_model("claude-opus-4-8", "claude-haiku-4-5")
    ),
    "no_usage": changed("the answer has no usage", uncounted),
    "empty_answer": changed("200 with the stop reason end_turn and no content", empty, reply=bare),
    "context_window_full": changed(
        "the text ends with the stop reason model_context_window_exceeded", filled_up, reply=bare
    ),
    "no_message_stop": Fault(says="a stream ends without message_stop", events=unended),
    "overloaded_at_once": Fault(
        says="a stream's first event is overloaded_error, under status 200", after=0, kind="overloaded"
    ),
    "too_large": Fault(says="413 for a body that is too large", status=413, kind="too_large"),
    "gateway_timeout": Fault(says="504 after too long a wait", status=504, kind="timeout"),
}
