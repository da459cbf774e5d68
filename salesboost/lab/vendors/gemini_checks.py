"""What Gemini refuses of a request, its schemas and its history apart; the words are as the vendor has them."""

import re
from collections.abc import Mapping
from typing import Any

from salesboost.lab.vendors import gemini_schema
from salesboost.lab.vendors.base import Refused
from salesboost.lab.vendors.gemini_models import Rules
from salesboost.lab.vendors.gemini_reading import Body, calling, declarations

FIELDS = frozenset(
    {
        *("contents", "systemInstruction", "tools", "toolConfig", "safetySettings", "generationConfig"),
        *("cachedContent", "labels", "model", "store", "serviceTier"),
    }
)
CONFIG = frozenset(
    {
        *("temperature", "topP", "topK", "candidateCount", "maxOutputTokens", "stopSequences", "seed"),
        *("responseMimeType", "responseSchema", "responseJsonSchema", "responseModalities", "presencePenalty"),
        *("frequencyPenalty", "responseLogprobs", "logprobs", "thinkingConfig", "speechConfig", "imageConfig"),
        *("mediaResolution", "enableEnhancedCivicAnswers"),
    }
)
NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}")
MODES = ("MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED")
LEVELS = ("THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH")


def check(model: str, body: Body, rules: Rules) -> None:
    """Refuse *body*, which is ``normal``."""
    _fields(body)
    _config(model, body["generationConfig"], rules)
    _declarations(body, rules)
    _calling(body)


def _fields(body: Body) -> None:
    for name in body:
        if name not in FIELDS:
            raise Refused(f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')
    for name in body["generationConfig"]:
        if name not in CONFIG:
            raise Refused(
                f"Invalid JSON payload received. Unknown name \"{name}\" at 'generation_config': "
                "Cannot find field."
            )


def _config(model: str, config: Mapping[str, Any], rules: Rules) -> None:
    for name in ("presencePenalty", "frequencyPenalty"):
        if config.get(name) and not rules.penalties:
            raise Refused(f"Penalty is not enabled for models/{model}")
    if config.get("candidateCount", 1) != 1 and rules.signs:
        raise Refused("Multiple candidates is not enabled for this model")
    thinking = config.get("thinkingConfig")
    if isinstance(thinking, Mapping):
        _thinking(thinking, rules)


def _thinking(thinking: Mapping[str, Any], rules: Rules) -> None:
    level, budget = thinking.get("thinkingLevel"), thinking.get("thinkingBudget")
    if level is not None and budget is not None:
        raise Refused("You can only set only one of thinking budget and thinking level.")
    if level is not None and not rules.levels:
        raise Refused("Thinking level is not supported for this model.")
    if level is not None and str(level).upper() not in LEVELS:
        raise Refused(
            "Invalid value at 'generation_config.thinking_config.thinking_level' (type.googleapis.com/google.ai."
            f'generativelanguage.v1beta.ThinkingConfig.ThinkingLevel), "{level}"'
        )
    if budget == 0 and rules.no_budget_0:
        raise Refused("Budget 0 is invalid. This model only works in thinking mode.")


def _declarations(body: Body, rules: Rules) -> None:
    names: set[str] = set()
    for number, tool in enumerate(body["tools"]):
        for place, declared in enumerate(tool.get("functionDeclarations") or ()):
            _declaration(f"tools[{number}].function_declarations[{place}]", declared)
            if declared["name"] in names:
                raise Refused(f"Duplicate function declaration found: {declared['name']}")
            names.add(declared["name"])
    is_json = body["generationConfig"].get("responseMimeType") == "application/json"
    if names and is_json and not rules.json_beside_tools:
        raise Refused("Function calling with a response mime type: 'application/json' is unsupported")


def _declaration(where: str, declared: Body) -> None:
    name = declared.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise Refused(
            f"* GenerateContentRequest.{where}.name: [FieldViolation] Invalid function name. Must start with a "
            "letter or an underscore. Must be alphameric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:) "
            "or dashes (-), with a maximum length of 128."
        )
    if "parameters" in declared and "parametersJsonSchema" in declared:
        raise Refused(f"* GenerateContentRequest.{where}: set only one of parameters, parameters_json_schema.")
    if "parameters" in declared:
        gemini_schema.check(declared["parameters"], f"{where}.parameters")


def _calling(body: Body) -> None:
    config = calling(body)
    mode, allowed = str(config.get("mode", "AUTO")).upper(), config.get("allowedFunctionNames") or []
    if mode not in MODES:
        raise Refused(
            "Invalid value at 'tool_config.function_calling_config.mode' (type.googleapis.com/google.ai."
            f'generativelanguage.v1beta.FunctionCallingConfig.Mode), "{config.get("mode")}"'
        )
    known = [each["name"] for each in declarations(body)]
    if mode == "ANY" and not known:
        raise Refused("Function calling config is set without function_declarations.")
    if allowed and mode not in ("ANY", "VALIDATED"):
        raise Refused("Function calling mode must be ANY or VALIDATED when allowed_function_names is set.")
    for name in allowed:
        if name not in known:
            raise Refused(
                "* GenerateContentRequest.tool_config.function_calling_config.allowed_function_names: "
                f"[FieldViolation] {name} is not among the function declarations."
            )
