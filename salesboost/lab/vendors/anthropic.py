"""Anthropic's Messages API: thoughts that are signed, calls as blocks, and what each model refuses."""

import re
from collections.abc import Mapping
from typing import Any

from salesboost.lab.asked import Asked, Reply
from salesboost.lab.faults import Fault
from salesboost.lab.vendors import (
    anthropic_messages,
    anthropic_parameters,
    anthropic_reading,
    anthropic_thinking,
    anthropic_writing,
)
from salesboost.lab.vendors.anthropic_faults import FAULTS
from salesboost.lab.vendors.anthropic_models import is_retired, rules_of
from salesboost.lab.vendors.base import DAY, Events, Moment, Refused
from salesboost.lab.vendors.signing import digest

# By the kind of an error: the status, and the vendor's word for it.
ERRORS: Mapping[str, tuple[int, str]] = {
    "rate_limit": (429, "rate_limit_error"),
    "overloaded": (529, "overloaded_error"),
    "server": (500, "api_error"),
    "authentication": (401, "authentication_error"),
    "permission": (403, "permission_error"),
    "credit": (400, "invalid_request_error"),
    "model": (404, "not_found_error"),
    "path": (404, "not_found_error"),
    "context": (400, "invalid_request_error"),
    "policy": (400, "invalid_request_error"),
    "too_large": (413, "request_too_large"),
    "timeout": (504, "timeout_error"),
}
# What the vendor says, whatever the lab's list of faults says of it.
WORDS: Mapping[str, str] = {
    "overloaded": "Overloaded",
    "server": "Internal server error",
    "authentication": "invalid x-api-key",
    "credit": (
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or "
        "purchase credits."
    ),
    "context": "prompt is too long: 1000001 tokens > 1000000 maximum",
    "policy": "Output blocked by content filtering policy",
}


class Anthropic:
    name = "anthropic"
    base = ""
    paths = re.compile(r"/v1/messages")
    faults: Mapping[str, Fault] = FAULTS

    def asked(self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Asked:
        if not headers.get("anthropic-version"):
            raise Refused("anthropic-version: header is required")
        model = body.get("model")
        if not isinstance(model, str) or not model:
            raise Refused("model: Field required")
        rules = rules_of(model)
        if rules is None or is_retired(model, headers.get(DAY, "")):
            raise Refused(f"model: {model}", status=404, kind="model")
        anthropic_messages.check(body, rules)
        anthropic_parameters.check(body, rules)
        account = anthropic_writing.account(headers)
        anthropic_thinking.check(body, rules, account, headers)
        return anthropic_reading.read(headers, body)

    def answer(self, asked: Asked, reply: Reply, moment: Moment) -> Mapping[str, Any]:
        return anthropic_writing.message(asked, reply, moment)

    def events(self, asked: Asked, reply: Reply, moment: Moment) -> Events:
        return anthropic_writing.events(asked, reply, moment)

    def error(self, status: int, kind: str, message: str, param: str = "") -> tuple[int, Mapping[str, Any]]:
        sent, word = ERRORS.get(kind, (status, "invalid_request_error"))
        said = WORDS.get(kind, message)
        return sent, {
            "type": "error",
            "error": {"type": word, "message": said},
            "request_id": f"req_011C{digest(said)}",
        }

    def error_event(self, kind: str, message: str) -> bytes:
        _, body = self.error(500, kind, message)
        return anthropic_writing.event("error", error=body["error"], request_id=body["request_id"])
