"""How Groq words what went wrong: as OpenAI does, without a parameter, and its codes are texts."""

from typing import Any

from salesboost.lab.vendors import openai_errors
from salesboost.lab.vendors.base import Refused

FAILED = "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details."


def error(status: int, kind: str, message: str, param: str = "") -> tuple[int, dict[str, Any]]:
    """Status and body of an error of *kind*."""
    known, body = openai_errors.error(status, kind, message, param)
    inner = {name: value for name, value in body["error"].items() if name != "param" and value is not None}
    match kind:
        case "rate_limit":
            inner["type"] = "tokens"
        case "overloaded":
            inner = {
                "message": "The model is currently over capacity. Please try again.",
                "type": "internal_server_error",
            }
        case "server":
            inner["type"] = "internal_server_error"
        case "credit":
            known, inner["type"], inner["code"] = 400, "invalid_request_error", "blocked_api_access"
            inner["message"] = "The spend limit of your organization has been reached."
        case "permission":
            inner |= {"type": "permissions_error", "code": "model_permission_blocked_org"}
        case "context":
            inner["message"] = "Please reduce the length of the messages or completion."
    return known, {"error": inner}


def failed_body(generated: str, message: str = FAILED, code: str = "tool_use_failed") -> dict[str, Any]:
    """The body of a 400 for what the model wrote in place of a call."""
    return {
        "error": {
            "message": message,
            "type": "invalid_request_error",
            "code": code,
            "failed_generation": generated,
        }
    }


def gone(model: str) -> Refused:
    """The refusal of a model that is no more: a 400, where others answer 404."""
    return Refused(
        f"The model `{model}` has been decommissioned and is no longer supported. Please refer to "
        "https://console.groq.com/docs/deprecations for a recommendation on which model to use instead.",
        kind="model_decommissioned",
    )
