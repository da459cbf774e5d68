"""What goes wrong with the form of a chat completion."""

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from salesboost.lab.asked import Asked, Reply, ToolUse
from salesboost.lab.faults import Fault
from salesboost.lab.vendors import openai_chat
from salesboost.lab.vendors.base import Events, Moment
from salesboost.lab.vendors.openai_chat import Flavour
from salesboost.lab.vendors.openai_reply_faults import arguments_of, calling

Made = dict[str, Any]
Answers = Callable[[Asked, Reply, Moment], Mapping[str, Any]]
Streams = Callable[[Asked, Reply, Moment], Events]


def same(made: Any) -> Any:
    return made


@dataclass(frozen=True, slots=True)
class Forms:
    """Makes faults of a vendor; its other interface is answered without them, by ``answers`` and ``streams``."""

    flavour: Flavour
    answers: Answers
    streams: Streams

    def fault(
        self,
        says: str,
        *,
        whole: Callable[[Made], Made] = same,
        parts: Callable[[list[Made]], list[Made]] = same,
        reply: Callable[[Asked, Reply], Reply] | None = None,
    ) -> Fault:
        """One that changes what is sent, as a *whole* or in *parts*."""

        def answer(asked: Asked, said: Reply, moment: Moment) -> Mapping[str, Any]:
            if asked.api != "chat":
                return self.answers(asked, said, moment)
            return whole(deepcopy(openai_chat.completion(asked, said, moment, self.flavour)))

        def events(asked: Asked, said: Reply, moment: Moment) -> Events:
            if asked.api != "chat":
                return self.streams(asked, said, moment)
            made = deepcopy(openai_chat.chunks(asked, said, moment, self.flavour))
            return openai_chat.stream(parts(made), self.flavour)

        return Fault(says=says, reply=reply, answer=answer, events=events)

    def of_calls(self, says: str, change: Callable[[Made], None]) -> Fault:
        """One that changes each call."""
        return self.fault(says, whole=in_calls(change), parts=in_parts(change), reply=calling)

    def undone(self, asked: Asked, said: Reply, moment: Moment) -> Events:
        """A stream without its end."""
        events = list(self.streams(asked, said, moment))
        return iter(events[:-1] if asked.api == "chat" else events)


def chat_faults(flavour: Flavour, answers: Answers, streams: Streams) -> dict[str, Fault]:
    """The faults of a vendor's chat, by name."""
    forms = Forms(flavour, answers, streams)
    return {
        "empty_id": forms.of_calls("the id of a call is an empty text", lambda call: call.update(id="")),
        "missing_id": forms.of_calls("a call has no id", lambda call: call.pop("id", None)),
        "arguments_object": forms.of_calls("the arguments are an object, not the text of one", as_object),
        "same_index": forms.fault("a stream gives two calls the same index", parts=same_index, reply=twice),
        "two_finishes": forms.fault("a stream says twice why it ended", parts=two_finishes, reply=calling),
        "no_finish": forms.fault("a stream never says why it ended", parts=no_finish),
        "finish_stop_with_calls": forms.fault(
            "there is a call, and the answer says that it ended by itself: stop",
            whole=finished("stop"),
            parts=finished_parts("stop"),
            reply=calling,
        ),
        "finish_null": forms.fault(
            "the answer does not say why it ended, and promises a call that it does not hold",
            whole=finished(None),
            parts=finished_parts(None),
            reply=lambda asked, reply: Reply(text="I will look that up now."),
        ),
        "no_choices": forms.fault("the list of choices is empty", whole=no_choices, parts=lambda made: made[:0]),
        "no_usage": forms.fault("the counts of tokens are missing", whole=no_usage, parts=no_usage_parts),
        "no_done": Fault(says="a stream ends without [DONE]", events=forms.undone),
    }


def twice(asked: Asked, reply: Reply) -> Reply:
    """A reply with two calls."""
    call = calling(asked, reply).calls[0]
    return Reply(
        calls=[ToolUse(call.name, arguments_of(call)), ToolUse(call.name, {**arguments_of(call), "again": 1})]
    )


def calls_in(part: Made) -> Iterator[Made]:
    for choice in part["choices"]:
        yield from (choice.get("message") or choice.get("delta") or {}).get("tool_calls") or ()


def in_calls(change: Callable[[Made], None]) -> Callable[[Made], Made]:
    def changed(made: Made) -> Made:
        for call in calls_in(made):
            change(call)
        return made

    return changed


def in_parts(change: Callable[[Made], None]) -> Callable[[list[Made]], list[Made]]:
    """*change* to the chunk that a call begins with, which is made to hold all of it."""

    def changed(made: list[Made]) -> list[Made]:
        begun: dict[int, Made] = {}
        kept: list[Made] = []
        for part in made:
            deltas = list(calls_in(part))
            for delta in deltas:
                if delta["index"] in begun:
                    begun[delta["index"]]["function"]["arguments"] += delta["function"]["arguments"]
                else:
                    begun[delta["index"]] = delta
                    kept.append(part)
            if not deltas:
                kept.append(part)
        for call in begun.values():
            change(call)
        return kept

    return changed


def as_object(call: Made) -> None:
    call["function"]["arguments"] = arguments_of(ToolUse("", call["function"]["arguments"]))


def same_index(made: list[Made]) -> list[Made]:
    for part in made:
        for delta in calls_in(part):
            delta["index"] = 0
    return made


def two_finishes(made: list[Made]) -> list[Made]:
    return [one for part in made for one in ((part, part) if is_last(part) else (part,))]


def no_finish(made: list[Made]) -> list[Made]:
    return [part for part in made if not is_last(part)]


def is_last(part: Made) -> bool:
    return any(choice["finish_reason"] for choice in part["choices"])


def finished(reason: str | None) -> Callable[[Made], Made]:
    def changed(made: Made) -> Made:
        made["choices"][0]["finish_reason"] = reason
        return made

    return changed


def finished_parts(reason: str | None) -> Callable[[list[Made]], list[Made]]:
    def changed(made: list[Made]) -> list[Made]:
        for part in made:
            if is_last(part):
                part["choices"][0]["finish_reason"] = reason
        return made

    return changed


def no_choices(made: Made) -> Made:
    return {**made, "choices": []}


def no_usage(made: Made) -> Made:
    return {name: value for name, value in made.items() if name != "usage"}


def no_usage_parts(made: list[Made]) -> list[Made]:
    return [no_usage(part) for part in made if part["choices"]]
