"""Gemini's generateContent: calls that are signed, schemas in few words, models that answer for others."""

import json
import re
from collections.abc import Mapping
from typing import Any

from salesboost.lab.asked import Asked, Reply
from salesboost.lab.faults import Fault
from salesboost.lab.vendors import gemini_checks, gemini_history, gemini_reading, gemini_writing
from salesboost.lab.vendors.base import DAY, Events, Moment, Refused
from salesboost.lab.vendors.gemini_faults import FAULTS
from salesboost.lab.vendors.gemini_models import answering, is_retired, rules_of

# By the kind of an error: the status, and the vendor's word for it.
ERRORS: Mapping[str, tuple[int, str]] = {
    "rate_limit": (429, "RESOURCE_EXHAUSTED"),
    "credit": (429, "RESOURCE_EXHAUSTED"),
    "overloaded": (503, "UNAVAILABLE"),
    "server": (500, "INTERNAL"),
    "authentication": (403, "PERMISSION_DENIED"),
    "permission": (403, "PERMISSION_DENIED"),
    "model": (404, "NOT_FOUND"),
    "path": (404, "NOT_FOUND"),
    "timeout": (504, "DEADLINE_EXCEEDED"),
    "precondition": (400, "FAILED_PRECONDITION"),
}
# What the vendor says, whatever the lab's list of faults says of it.
WORDS: Mapping[str, str] = {
    "rate_limit": (
        "You exceeded your current quota, please check your plan and billing details. For more information on "
        "this error, head over to: https://ai.google.dev/gemini-api/docs/rate-limits."
    ),
    "credit": (
        "Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage "
        "your project and billing."
    ),
    "overloaded": "The model is overloaded. Please try again later.",
    "server": "An internal error has occurred. Please retry or report.",
    "authentication": (
        "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or "
        "other form of API consumer identity to call this API."
    ),
    "context": "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
    "timeout": "Deadline expired before operation could complete.",
    "precondition": "User location is not supported for the API use.",
}


class Gemini:
    name = "gemini"
    base = "/v1beta"
    paths = re.compile(
        r"/v1(?:beta)?/models/(?P<model>[\w.@-]+):(?P<method>generateContent|streamGenerateContent)"
    )
    faults: Mapping[str, Fault] = FAULTS

    def asked(self, path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> Asked:
        found = self.paths.fullmatch(path)
        if found is None:
            raise Refused(f"Unknown request URL: {path}.", status=404, kind="path")
        model, day = found["model"], headers.get(DAY, "")
        # The rules are those of the model that answers.
        rules = rules_of(answering(model, day))
        if rules is None or is_retired(model, day):
            raise Refused(
                f"models/{model} is not found for API version v1beta, or is not supported for {found['method']}. "
                "Call ListModels to see the list of available models and their supported methods.",
                status=404,
                kind="model",
            )
        normal = gemini_reading.normal(body)
        gemini_checks.check(model, normal, rules)
        gemini_history.check(answering(model, day), gemini_writing.key_of(headers), normal, rules)
        stream = found["method"] == "streamGenerateContent"
        return gemini_reading.read(model, normal, headers, stream=stream)

    def answer(self, asked: Asked, reply: Reply, moment: Moment) -> Mapping[str, Any]:
        return gemini_writing.response(asked, reply, moment)

    def events(self, asked: Asked, reply: Reply, moment: Moment) -> Events:
        return gemini_writing.events(asked, reply, moment)

    def error(self, status: int, kind: str, message: str, param: str = "") -> tuple[int, Mapping[str, Any]]:
        sent, word = ERRORS.get(kind, (status, "INVALID_ARGUMENT"))
        return sent, {"error": {"code": sent, "message": WORDS.get(kind, message), "status": word}}

    def error_event(self, kind: str, message: str) -> bytes:
        return f"data: {json.dumps(self.error(500, kind, message)[1])}\r\n\r\n".encode()
