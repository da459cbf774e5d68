"""How xAI words what went wrong: a code that is a sentence, and an error that is a text."""

from collections.abc import Mapping
from typing import NamedTuple

from salesboost.lab.vendors.base import Refused


class Wording(NamedTuple):
    """``words`` stand in place of the message, where they are always the same."""

    status: int
    code: str
    words: str = ""


INVALID = "Client specified an invalid argument"
EXHAUSTED = "Some resource has been exhausted"
NOT_FOUND = "Some requested entity was not found"
KINDS: Mapping[str, Wording] = {
    "path": Wording(404, NOT_FOUND),
    "model": Wording(404, NOT_FOUND),
    "authentication": Wording(
        400, INVALID, "Incorrect API key provided. You can obtain an API key from the console."
    ),
    "permission": Wording(
        403,
        "The caller does not have permission to execute the specified operation",
        "Your team is not authorized to use this model.",
    ),
    "rate_limit": Wording(429, EXHAUSTED, "Too many requests for your team. Requests per second: 5."),
    "credit": Wording(
        429,
        EXHAUSTED,
        "Your team has either used all available credits or reached its monthly spending limit. To continue "
        "making API requests, please purchase more credits or raise your spending limit.",
    ),
    "overloaded": Wording(
        503, "The service is currently unavailable", "The model is at capacity. Please try again later."
    ),
    "server": Wording(500, "Internal error", "Internal error encountered."),
    "context": Wording(
        400, INVALID, "This model's maximum prompt length is 500000 but the request contains 500001 tokens."
    ),
    "policy": Wording(
        403,
        "The caller does not have permission to execute the specified operation",
        "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_OTHER.",
    ),
}


def error(status: int, kind: str, message: str, param: str = "") -> tuple[int, dict[str, str]]:
    """Status and body of an error of *kind*; xAI names no parameter apart."""
    known = KINDS.get(kind, Wording(status, INVALID))
    return known.status, {"code": known.code, "error": known.words or message}


def gone(model: str) -> Refused:
    """The refusal of a model that is no more."""
    return Refused(
        f"The model {model} does not exist or your team does not have access to it.", status=404, kind="model"
    )
