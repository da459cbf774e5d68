"""Prompts as programs are told of them: what there is, what labels point at, and what versions say. Queries."""

from typing import Any

from django.db.models import Prefetch

from telemetry.semconv import Outcome
from tools.errors import ToolError
from tools.llm.prompts.models import Label, Prompt, PromptVersion


class UnknownPrompt(ToolError):
    """There is no prompt of that name."""

    code = "unknown_prompt"
    layer = Outcome.ARGUMENTS
    status = 404
    title = "There is no such prompt"


def listed_prompts() -> list[dict[str, Any]]:
    """All prompts by name, each with its labels. Two queries."""
    return [as_listed(prompt) for prompt in with_labels()]


def whole_prompt(name: str, limit: int, below: int | None = None) -> dict[str, Any]:
    """The prompt *name* and *limit* of its versions, the newest first, with numbers less than *below*.

    Four queries. Raises UnknownPrompt.
    """
    prompt = with_labels().filter(name=name).first()
    if prompt is None:
        raise UnknownPrompt(f"There is no prompt {name[:100]!r}: GET /api/v1/prompts lists those that there are.")
    versions = prompt.versions.prefetch_related("variants")
    found = list((versions if below is None else versions.filter(number__lt=below))[: limit + 1])
    return {
        **as_listed(prompt),
        "versions": [version_as_dict(version) for version in found[:limit]],
        "next": found[limit - 1].number if len(found) > limit else None,
    }


def with_labels() -> Any:
    return Prompt.objects.prefetch_related(Prefetch("labels", Label.objects.select_related("version")))


def as_listed(prompt: Prompt) -> dict[str, Any]:
    labels = [
        {"name": label.name, "version": label.version.number if label.version else None}
        for label in prompt.labels.all()
    ]
    return {"name": prompt.name, "purpose": prompt.purpose, "labels": labels}


def version_as_dict(version: PromptVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "note": version.note,
        "author": version.author,
        "created_at": version.created_at.isoformat(),
        "variables": [variable.as_json() for variable in version.declared()],
        "variants": [
            {"family": variant.family, "rung": variant.rung, "text": variant.text}
            for variant in version.variants.all()
        ],
    }
