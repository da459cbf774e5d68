"""The lists of models that vendors give out, each in its vendor's words. A model that has ended is in none."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from salesboost.lab.vendors import anthropic_models, gemini_models, openai_models

CREATED_S = 1_767_225_600  # 2026-01-01
OPENAI = ("gpt-4.1", "gpt-5", "gpt-5.2", "gpt-5.4", "gpt-6-sol", "gpt-6.1-sol", "o3")
ANTHROPIC = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-haiku-4-5", "claude-sonnet-4-5")
GEMINI = ("gemini-3.8-flash", "gemini-3.6-flash", "gemini-3.5-flash", "gemini-2.5-pro")
GROQ = ("openai/gpt-oss-120b", "openai/gpt-oss-20b")
XAI = ("grok-4.7",)
OPENROUTER = ("anthropic/claude-sonnet-5-5", "openai/gpt-5.2")


def openai_list(models: Sequence[str], owner: str, **more: Any) -> dict[str, Any]:
    """As OpenAI writes it, and those who follow it."""
    about = {"object": "model", "created": CREATED_S, "owned_by": owner, **more}
    return {"object": "list", "data": [{"id": model, **about} for model in models]}


def openai(day: str) -> Mapping[str, Any]:
    return openai_list([one for one in OPENAI if day < openai_models.RETIRED.get(one, "9999")], "openai")


def groq(day: str) -> Mapping[str, Any]:
    return openai_list(GROQ, "OpenAI", active=True, context_window=131_072, public_apps=None)


def xai(day: str) -> Mapping[str, Any]:
    return openai_list(XAI, "xai")


def openrouter(day: str) -> Mapping[str, Any]:
    """With prices, in US dollars a token, as texts."""
    return {"data": [openrouter_model(model) for model in OPENROUTER]}


def openrouter_model(model: str) -> dict[str, Any]:
    return {
        "id": model,
        "name": model,
        "created": CREATED_S,
        "description": "",
        "context_length": 200_000,
        "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
        "pricing": {"prompt": "0.000003", "completion": "0.000015"},
        "top_provider": {"context_length": 200_000, "max_completion_tokens": 64_000, "is_moderated": False},
        "supported_parameters": ["max_tokens", "tools", "tool_choice", "reasoning"],
    }


def anthropic(day: str) -> Mapping[str, Any]:
    """The newest first, in one page."""
    models = [one for one in ANTHROPIC if not anthropic_models.is_retired(one, day)]
    about = {"type": "model", "created_at": "2026-01-01T00:00:00Z"}
    data = [{"id": one, "display_name": one.replace("-", " ").title(), **about} for one in models]
    return {"data": data, "has_more": False, "first_id": models[0], "last_id": models[-1]}


def gemini(day: str) -> Mapping[str, Any]:
    models = [one for one in GEMINI if gemini_models.answering(one, day) == one]
    return {"models": [gemini_model(model) for model in models]}


def gemini_model(model: str) -> dict[str, Any]:
    return {
        "name": f"models/{model}",
        "version": "001",
        "displayName": model.replace("-", " ").title(),
        "description": "",
        "inputTokenLimit": 1_048_576,
        "outputTokenLimit": 65_536,
        "supportedGenerationMethods": ["generateContent", "countTokens"],
    }


# Whose list everybody may read.
PUBLIC = "/openrouter/api/v1/models"
# By the address as the lab has it; what makes a list takes the day, such as 2026-12-01.
LISTS: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "/openai/v1/models": openai,
    "/anthropic/v1/models": anthropic,
    "/gemini/v1beta/models": gemini,
    "/groq/openai/v1/models": groq,
    "/xai/v1/models": xai,
    PUBLIC: openrouter,
}
