"""A vendor that speaks as OpenAI does, put together of what makes it differ."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from salesboost.lab.asked import Asked, Reply
from salesboost.lab.faults import Fault
from salesboost.lab.vendors import openai_chat, openai_chat_in, openai_responses, openai_responses_in
from salesboost.lab.vendors.base import Events, Moment, Refused
from salesboost.lab.vendors.openai_chat import Flavour
from salesboost.lab.vendors.openai_chat_faults import chat_faults
from salesboost.lab.vendors.openai_errors import error
from salesboost.lab.vendors.openai_reply_faults import REPLY_FAULTS
from salesboost.lab.vendors.openai_responses_faults import responses_faults

ErrorWording = Callable[[int, str, str, str], tuple[int, Mapping[str, Any]]]


def gone(model: str) -> Refused:
    """The refusal of a model that is no more."""
    return Refused(
        f"The model `{model}` does not exist or you do not have access to it.", status=404, kind="model"
    )


@dataclass(kw_only=True)
class Shaped:
    """A vendor. ``check`` raises Refused for what it alone does not take."""

    name: str
    base: str
    paths: re.Pattern[str]
    flavour: Flavour
    check: Callable[[Asked], None]
    own_faults: Mapping[str, Fault]
    error_as: ErrorWording = error
    gone_as: Callable[[str], Refused] = gone
    retired: Mapping[str, str] = field(default_factory=dict)
    # Names of models that only others have, such as a client sends that has changed its vendor and not its model.
    foreign: re.Pattern[str]
    foreign_as: Callable[[str], Refused] = gone
    # What the Responses API's models think; None: these do not.
    thought: Callable[[Asked, Reply], str | None] = lambda asked, reply: reply.reasoning or None
    event_as: Callable[[Mapping[str, Any]], bytes] = openai_chat.data  # an error amid a stream
    faults: Mapping[str, Fault] = field(init=False)

    def __post_init__(self) -> None:
        has_responses = bool(self.paths.fullmatch(f"{self.base}/responses"))
        self.faults = {
            **REPLY_FAULTS,
            **chat_faults(self.flavour, self.answer, self.events),
            **(responses_faults(self, self.thought) if has_responses else {}),
            **self.own_faults,
        }

    def asked(self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Asked:
        reads = openai_responses_in.read if path.endswith("/responses") else openai_chat_in.read
        asked = reads(self.name, headers, body)
        if self.foreign.match(asked.model):
            raise self.foreign_as(asked.model)
        self.check(asked)
        return asked

    def dated(self, asked: Asked, day: str) -> Asked:
        if day >= self.retired.get(asked.model, "9999"):
            raise self.gone_as(asked.model)
        return asked

    def answer(self, asked: Asked, reply: Reply, moment: Moment) -> Mapping[str, Any]:
        if asked.api == "responses":
            return openai_responses.response(asked, reply, moment, self.thought(asked, reply))
        return openai_chat.completion(asked, reply, moment, self.flavour)

    def events(self, asked: Asked, reply: Reply, moment: Moment) -> Events:
        if asked.api == "responses":
            made = openai_responses.response(asked, reply, moment, self.thought(asked, reply))
            return openai_responses.stream(list(openai_responses.happenings(made)))
        return openai_chat.stream(openai_chat.chunks(asked, reply, moment, self.flavour), self.flavour)

    def error(self, status: int, kind: str, message: str, param: str = "") -> tuple[int, Mapping[str, Any]]:
        return self.error_as(status, kind, message, param)

    def error_event(self, kind: str, message: str) -> bytes:
        return self.event_as(self.error_as(400, kind, message, "")[1])
