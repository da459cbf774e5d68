"""What Gemini refuses of a history: turns in the wrong order, results that are missing, lost signatures."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from salesboost.lab.vendors.base import Refused
from salesboost.lab.vendors.gemini_models import Rules
from salesboost.lab.vendors.gemini_reading import Body
from salesboost.lab.vendors.pictures import check_gemini
from salesboost.lab.vendors.signing import digest, opened, signed

DATA = frozenset(
    {
        *("text", "inlineData", "fileData", "functionCall", "functionResponse"),
        *("executableCode", "codeExecutionResult", "toolCall", "toolResponse"),
    }
)
BESIDE = frozenset({"thought", "thoughtSignature", "videoMetadata", "mediaResolution", "partMetadata"})
# With these in place of a signature the vendor does not look: a last resort, for histories of other models.
SKIPPED = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")
UNSEEN = frozenset({*SKIPPED, *(b64encode(each.encode()).decode() for each in SKIPPED)})
AFTER_USER = (
    "Please ensure that function call turn comes immediately after a user turn or after a function response turn."
)
AFTER_CALL = "Please ensure that function response turn comes immediately after a function call turn."
AS_MANY = (
    "Please ensure that the number of function response parts is equal to the number of function call parts of "
    "the function call turn."
)


def check(model: str, key: str, body: Body, rules: Rules) -> None:
    """Refuse the contents of *body*, which is ``normal`` and for *model*, which answers."""
    contents = body["contents"]
    if not contents:
        raise Refused("* GenerateContentRequest.contents: contents is not specified")
    for place, content in enumerate(contents):
        _content(f"contents[{place}]", content)
    last = contents[-1]
    if last.get("role") == "model" and (len(contents) == 1 or not rules.prefill):
        raise Refused("Please ensure that single turn requests end with a user role or the role field is empty.")
    for place in range(len(contents)):
        _turns(contents, place, rules)
    if rules.signs:
        _signatures(model, key, contents)


def _content(where: str, content: Body) -> None:
    if content.get("role", "user") not in ("user", "model", "function"):
        raise Refused("Please use a valid role: user, model.")
    if not content["parts"]:
        raise Refused(f"* GenerateContentRequest.{where}.parts: contents.parts must not be empty.")
    for number, part in enumerate(content["parts"]):
        _part(f"{where}.parts[{number}]", part)


def _part(at: str, part: Body) -> None:
    for name in part:
        if name not in DATA | BESIDE:
            raise Refused(f"Invalid JSON payload received. Unknown name \"{name}\" at '{at}': Cannot find field.")
    if not DATA & part.keys():
        raise Refused(
            f"* GenerateContentRequest.{at}.data: required oneof field 'data' must have one initialized field"
        )
    if "inlineData" in part:
        check_gemini(part["inlineData"])
    if "functionCall" in part:
        _object(f"{at}.function_call.args", part["functionCall"], "args")
    if "functionResponse" in part:
        _object(f"{at}.function_response.response", part["functionResponse"], "response")


def _object(at: str, value: Mapping[str, Any], inner: str) -> None:
    if not value.get("name"):
        where = at.rpartition(".")[0]
        raise Refused(f"* GenerateContentRequest.{where}.name: Name cannot be empty.")
    if not isinstance(value.get(inner, {}), Mapping):
        said = json.dumps(value[inner])
        raise Refused(f"Invalid value at '{at}' (type.googleapis.com/google.protobuf.Struct), {said}")


def of_kind(content: Body, kind: str) -> list[Body]:
    return [part[kind] for part in content["parts"] if kind in part]


def _turns(contents: Sequence[Body], place: int, rules: Rules) -> None:
    content = contents[place]
    calls, results = of_kind(content, "functionCall"), of_kind(content, "functionResponse")
    before = contents[place - 1] if place else None
    if calls and (before is None or before.get("role") == "model"):
        raise Refused(AFTER_USER)
    if results and (before is None or not of_kind(before, "functionCall")):
        raise Refused(AFTER_CALL)
    if calls and place + 1 < len(contents):
        answered = of_kind(contents[place + 1], "functionResponse")
        if len(answered) != len(calls):
            raise Refused(AS_MANY)
        known = {call.get("id") for call in calls}
        strange = [each["id"] for each in answered if each.get("id") and each["id"] not in known]
        if strange and rules.ids:
            raise Refused(
                f"Function response id {strange[0]} does not match any function call id of the turn before."
            )


def current(contents: Sequence[Body]) -> int:
    """Where the current turn begins: with the last that a user has said and no tool."""
    said = [
        place
        for place, content in enumerate(contents)
        if content.get("role") != "model" and not of_kind(content, "functionResponse")
    ]
    return said[-1] if said else 0


def _signatures(model: str, key: str, contents: Sequence[Body]) -> None:
    begins = current(contents)
    for place, content in enumerate(contents):
        for part in content["parts"]:
            had = part.get("thoughtSignature")
            if had and had not in UNSEEN and not is_ours(had, model, key):
                raise Refused("Corrupted thought signature.")
        first = next((part for part in content["parts"] if "functionCall" in part), None)
        if first is not None and place > begins and not first.get("thoughtSignature"):
            raise Refused(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools "
                "to work correctly, and missing thought_signature may lead to degraded model performance. "
                f"Additional data, function call `default_api:{first['functionCall']['name']}` , position "
                f"{place + 1}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more "
                "details."
            )


def signature(model: str, key: str, part: Body) -> str:
    """For *part* of an answer of *model* to whoever has *key*."""
    return signed({"kind": "gemini", "model": model, "account": digest(key), "part": digest(part)})


def is_ours(written: Any, model: str, key: str) -> bool:
    had = opened(written)
    return bool(had and had.get("model") == model and had.get("account") == digest(key))
