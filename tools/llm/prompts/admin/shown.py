"""What a prompt's page shows."""

from typing import Any

from django.http import HttpRequest

from tools.llm.prompts.labels import to_roll_back_to
from tools.llm.prompts.models import PRODUCTION, STAGING, Label, LabelMove, Prompt, PromptVersion

MOST_VERSIONS = 100
MOST_MOVES = 20
CHANGE = "prompts.change_prompt"


def overview(request: HttpRequest, prompt: Prompt) -> dict[str, Any]:
    """Versions, the newest first, labels with what may be done to them, and where they have pointed."""
    labels = list(prompt.labels.select_related("version"))
    versions = list(prompt.versions.defer("variables")[: MOST_VERSIONS + 1])
    moves = LabelMove.objects.filter(label__prompt=prompt)
    return {
        "prompt": prompt,
        "labels": [shown_label(label, labels) for label in labels],
        "versions": [
            {"version": version, "names": names_at(version, labels), "former": former}
            for version, former in zip(versions, [*versions[1:], None], strict=False)
        ][:MOST_VERSIONS],
        "has_more_versions": len(versions) > MOST_VERSIONS,
        "moves": moves.select_related("label", "from_version", "to_version")[:MOST_MOVES],
        "may_change": request.user.has_perm(CHANGE),
    }


def shown_label(label: Label, labels: list[Label]) -> dict[str, Any]:
    """A label with the versions that one click leads to: of production those of staging and of before."""
    staging = next((one.version for one in labels if one.name == STAGING), None)
    is_production = label.name == PRODUCTION
    before = to_roll_back_to(label) if is_production else None
    return {
        "label": label,
        "seen": label.version.number if label.version else "",
        "promoted": staging if is_production and staging and staging.pk != label.version_id else None,
        "before": before,
    }


def names_at(version: PromptVersion, labels: list[Label]) -> list[str]:
    return [label.name for label in labels if label.version_id == version.pk]
