"""What goes wrong with Gemini alone."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from salesboost.lab.asked import Asked, Reply
from salesboost.lab.faults import Fault
from salesboost.lab.vendors.altering import ALTERED, Alter, bare, by_model, twice, with_call
from salesboost.lab.vendors.base import Events, Moment
from salesboost.lab.vendors.gemini_history import signature
from salesboost.lab.vendors.gemini_writing import events_of, framed, is_sse, key_of, pieces, response

Change = Callable[[Asked, dict[str, Any]], None]
RATINGS = [{"category": "HARM_CATEGORY_DANGEROUS_CONTENT", "probability": "HIGH", "blocked": True}]
CODE = {"executableCode": {"language": "PYTHON", "code": "print(6 * 7)"}}
RESULT = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "42\n"}}


def changed(says: str, change: Change, *, reply: Alter | None = None) -> Fault:
    """A fault that changes the whole answer, which is then sent in one piece or as a stream."""

    def answer(asked: Asked, said: Reply, moment: Moment) -> dict[str, Any]:
        whole = response(asked, said, moment)
        change(asked, whole)
        return whole

    def events(asked: Asked, said: Reply, moment: Moment) -> Events:
        return events_of(asked, answer(asked, said, moment))

    return Fault(says=says, reply=reply, answer=answer, events=events)


def failed(status: int, word: str, message: str, *details: Mapping[str, Any]) -> dict[str, Any]:
    more = {"details": list(details)} if details else {}
    return {"error": {"code": status, "message": message, "status": word, **more}}


def ended(reason: str, content: Any = None, **more: Any) -> Change:
    """The candidate ends by *reason*, with *content* in place of its own; None leaves it without any."""

    def change(asked: Asked, whole: dict[str, Any]) -> None:
        kept = {} if content is None else {"content": content}
        whole["candidates"] = [{**kept, "finishReason": reason, "index": 0, **more}]
        whole["usageMetadata"].pop("candidatesTokenCount", None)

    return change


def only_signed(asked: Asked, whole: dict[str, Any]) -> None:
    signed = {"thoughtSignature": signature(whole["modelVersion"], key_of(asked.headers), {})}
    ended("MALFORMED_FUNCTION_CALL", {"role": "model", "parts": [signed]})(asked, whole)


def malformed_beside(asked: Asked, whole: dict[str, Any]) -> None:
    whole["candidates"][0]["finishReason"] = "MALFORMED_FUNCTION_CALL"
    whole["candidates"][0]["finishMessage"] = MALFORMED


def blocked(asked: Asked, whole: dict[str, Any]) -> None:
    del whole["candidates"]
    whole["promptFeedback"] = {"blockReason": "PROHIBITED_CONTENT"}
    whole["usageMetadata"].pop("candidatesTokenCount", None)


def none_at_all(asked: Asked, whole: dict[str, Any]) -> None:
    del whole["candidates"]


def uncounted(asked: Asked, whole: dict[str, Any]) -> None:
    del whole["usageMetadata"]


def parts_of(whole: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = whole["candidates"][0]["content"]["parts"]
    return found


def calls_of(whole: dict[str, Any]) -> list[dict[str, Any]]:
    return [part["functionCall"] for part in parts_of(whole) if "functionCall" in part]


def unsigned(asked: Asked, whole: dict[str, Any]) -> None:
    for part in parts_of(whole):
        part.pop("thoughtSignature", None)


def same_ids(asked: Asked, whole: dict[str, Any]) -> None:
    for call in calls_of(whole):
        call["id"] = "aaaaaaaa"


def no_ids(asked: Asked, whole: dict[str, Any]) -> None:
    for call in calls_of(whole):
        call.pop("id", None)


def without_args(asked: Asked, whole: dict[str, Any]) -> None:
    for call in calls_of(whole):
        call.pop("args", None)


def ran_code(asked: Asked, whole: dict[str, Any]) -> None:
    parts_of(whole)[:0] = [CODE, RESULT]


def unended(asked: Asked, said: Reply, moment: Moment) -> Events:
    made = list(pieces(response(asked, said, moment)))
    return framed(made[:-1], is_sse=is_sse(asked))


def silent_thought(asked: Asked, said: Reply, moment: Moment) -> Events:
    whole = response(asked, said, moment)
    part = {"text": "", "thoughtSignature": signature(whole["modelVersion"], key_of(asked.headers), {})}
    thought = {**whole, "candidates": [{"content": {"role": "model", "parts": [part]}, "index": 0}]}
    return framed([thought, whole], is_sse=is_sse(asked))


MALFORMED = "Malformed function call: print(default_api.lookup(query='opening hours)"
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"}
KEY = {
    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
    "reason": "API_KEY_INVALID",
    "domain": "googleapis.com",
}
SCHEMA = (
    'Invalid JSON payload received. Unknown name "$schema" at '
    "'tools[0].function_declarations[0].parameters': Cannot find field."
)
UNSIGNED = (
    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work "
    "correctly."
)

FAULTS: dict[str, Fault] = {
    **{name: Fault(says=says, reply=alter) for name, (says, alter) in ALTERED.items()},
    "malformed_call": changed(
        "MALFORMED_FUNCTION_CALL with a message and no content",
        ended("MALFORMED_FUNCTION_CALL", finishMessage=MALFORMED),
    ),
    "malformed_call_empty": changed(
        "MALFORMED_FUNCTION_CALL with the content {}", ended("MALFORMED_FUNCTION_CALL", {})
    ),
    "malformed_call_signed": changed("MALFORMED_FUNCTION_CALL with a signature and nothing else", only_signed),
    "malformed_call_beside": changed(
        "MALFORMED_FUNCTION_CALL beside a call that can be read, and must not run",
        malformed_beside,
        reply=with_call,
    ),
    "unexpected_tool_call": changed("UNEXPECTED_TOOL_CALL without content", ended("UNEXPECTED_TOOL_CALL")),
    "safety": changed("the answer is blocked: SAFETY without content", ended("SAFETY", safetyRatings=RATINGS)),
    "recitation": changed("the answer is blocked: RECITATION without content", ended("RECITATION")),
    "prompt_blocked": changed("the question is blocked: promptFeedback and no candidates", blocked),
    "content_filter": changed("200: the policy forbids the question, in promptFeedback", blocked),
    "no_candidates": changed("200 without candidates, and without a reason", none_at_all),
    "empty_answer": changed("STOP with a content that has no parts", ended("STOP", {"role": "model"})),
    "thoughts_used_all": changed(
        "MAX_TOKENS before the first text: all went into thoughts", ended("MAX_TOKENS", {"role": "model"})
    ),
    "no_signature": changed("calls come without a signature, as bridges lose them", unsigned, reply=with_call),
    "duplicate_ids": changed("two calls of an answer have the same id", same_ids, reply=twice),
    "no_id": changed("calls come without ids", no_ids, reply=with_call),
    "no_args": changed("a call comes without the field args", without_args, reply=with_call),
    "code_execution": changed("code of the vendor's own tool has run: no call for us", ran_code, reply=bare),
    "wrong_model": Fault(
        says="another model answers than was asked", reply=by_model("gemini-3.8-flash", "gemini-3.6-flash")
    ),
    "no_usage": changed("the answer has no usageMetadata", uncounted),
    "no_finish": Fault(says="a stream ends without a finishReason", events=unended),
    "silent_thinking": Fault(
        says="a stream sends a signature without text, and nothing more",
        events=silent_thought,
        after=1,
        waits=True,
    ),
    "schema_refused": Fault(
        says="400 for a word in a schema", status=400, body=failed(400, "INVALID_ARGUMENT", SCHEMA)
    ),
    "signature_missing": Fault(
        says="400 for a call without its signature", status=400, body=failed(400, "INVALID_ARGUMENT", UNSIGNED)
    ),
    "signature_corrupted": Fault(
        says="400 for a signature of another model or key",
        status=400,
        body=failed(400, "INVALID_ARGUMENT", "Corrupted thought signature."),
    ),
    "wrong_key": Fault(
        says="400 with the reason API_KEY_INVALID",
        status=400,
        body=failed(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", KEY),
    ),
    "quota": Fault(
        says="429 without Retry-After, whose body has the delay of 17 s",
        status=429,
        body=failed(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", RETRY),
    ),
    "error_in_list": Fault(
        says="503 whose body is a list with the error in it",
        status=503,
        body=json.dumps([failed(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")]),
    ),
    "wrong_place": Fault(says="400: the country is not served", status=400, kind="precondition"),
    "gateway_timeout": Fault(says="504 after too long a wait", status=504, kind="timeout"),
}
