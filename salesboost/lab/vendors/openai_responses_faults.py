"""What goes wrong with the form of an answer of the Responses API."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from salesboost.lab.asked import Asked, Reply
from salesboost.lab.faults import Fault
from salesboost.lab.vendors import openai_responses
from salesboost.lab.vendors.base import Events, Moment
from salesboost.lab.vendors.openai_chat import data

if TYPE_CHECKING:
    from salesboost.lab.vendors.shaped import Shaped

OVERLOADED = "Our servers are currently overloaded. Please try again later."
SERVER = "An error occurred while processing your request."
BEFORE_THE_END = 3  # events


def overloaded(vendor: "Shaped", asked: Asked, reply: Reply, moment: Moment) -> Events:
    """A stream that ends in the error event of its interface."""
    yield from list(vendor.events(asked, reply, moment))[:BEFORE_THE_END]
    if asked.api == "responses":
        said = {"type": "error", "code": "server_is_overloaded", "message": OVERLOADED, "param": None}
        yield openai_responses.event({**said, "sequence_number": BEFORE_THE_END})
    else:
        yield data(vendor.error(503, "overloaded", OVERLOADED)[1])


def responses_faults(vendor: "Shaped", thought: Callable[[Asked, Reply], str | None]) -> dict[str, Fault]:
    """The faults of a vendor that has both interfaces; the chat is answered without those of the Responses API."""

    def response(asked: Asked, reply: Reply, moment: Moment) -> dict[str, Any]:
        return openai_responses.response(asked, reply, moment, thought(asked, reply))

    def failed(asked: Asked, reply: Reply, moment: Moment) -> Mapping[str, Any]:
        if asked.api != "responses":
            return vendor.answer(asked, reply, moment)
        made: Mapping[str, Any] = openai_responses.failed(response(asked, reply, moment), "server_error", SERVER)
        return dict(made["response"], output=[])

    def failed_stream(asked: Asked, reply: Reply, moment: Moment) -> Events:
        if asked.api != "responses":
            return vendor.events(asked, reply, moment)
        made = response(asked, reply, moment)
        happened = list(openai_responses.happenings(made))[:BEFORE_THE_END]
        return openai_responses.stream([*happened, openai_responses.failed(made, "server_error", SERVER)])

    def unended(asked: Asked, reply: Reply, moment: Moment) -> Events:
        events = list(vendor.events(asked, reply, moment))
        return iter(events[:-1] if asked.api == "responses" else events)

    return {
        "overloaded_stream": Fault(
            says="a stream ends in the error event of its interface", events=partial(overloaded, vendor)
        ),
        "failed_response": Fault(
            says="Responses API: 200, and the status of the answer is failed", answer=failed, events=failed_stream
        ),
        "uncompleted_stream": Fault(
            says="Responses API: a stream ends without response.completed", events=unended
        ),
    }
