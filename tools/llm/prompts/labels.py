"""Labels are moved: one at a time, by somebody, for a reason."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import transaction

from tools.llm.prompts.errors import Moved, PromptError
from tools.llm.prompts.models import Label, LabelMove, Prompt, PromptVersion

MOST_LABELS = 20


def move(label: Label, version: PromptVersion, *, by: str, reason: str) -> LabelMove:
    """Point *label* at *version*.

    Raises Moved where it no longer points at the version that *label* says, whose holder so decided by an old
    page; PromptError for what is no move.
    """
    reason = reason.strip()
    if not reason:
        raise PromptError("Say why: each move of a label is kept with its reason.")
    if version.prompt_id != label.prompt_id:
        raise PromptError(f"{version} is a version of another prompt.")
    if version.pk == label.version_id:
        raise PromptError(f"{label.name} points at version {version.number} already.")
    with transaction.atomic():
        unmoved = Label.objects.filter(pk=label.pk, version_id=label.version_id)
        if not unmoved.update(version=version):
            raise Moved(_who_was_first(label))
        done = LabelMove.objects.create(
            label=label, from_version_id=label.version_id, to_version=version, by=by, reason=reason[:300]
        )
    label.version = version
    return done


def to_roll_back_to(label: Label) -> PromptVersion | None:
    """Where *label* pointed before it pointed where it does now; None where there was nothing.

    A move back is taken out with the move that it undid, so the next one goes further back, and not forth again.
    """
    moves = label.moves.order_by("id").values_list("from_version_id", "to_version_id")
    found = way_back(moves)
    return label.prompt.versions.get(pk=found[-1]) if found and found[-1] is not None else None


def way_back(moves: Iterable[tuple[int | None, int]]) -> list[int | None]:
    """Where a label that was moved so, the oldest move first, has come from; the last is the nearest. Pure."""
    behind: list[int | None] = []
    for came_from, to in moves:
        if behind and behind[-1] == to:
            behind.pop()
        else:
            behind.append(came_from)
    return behind


def add(prompt: Prompt, name: str, version: PromptVersion, *, by: str, reason: str) -> Label:
    """A label of one's own. Raises PromptError for a name that is none, or that there is already."""
    if Label.objects.filter(prompt=prompt).count() >= MOST_LABELS:
        raise PromptError(f"A prompt has at most {MOST_LABELS} labels.")
    label = Label(prompt=prompt, name=name.strip())
    try:
        label.full_clean()
    except ValidationError as error:
        raise PromptError(f"The label {label.name!r} cannot be made: {' '.join(error.messages)}") from None
    with transaction.atomic():
        label.save()
        move(label, version, by=by, reason=reason)
    return label


def _who_was_first(label: Label) -> str:
    last = label.moves.select_related("to_version").first()
    if last is None:
        return f"{label.name} is not what the page showed any more: look again."
    return (
        f"Nothing was moved: {last.by} has pointed {label.name} at version {last.to_version.number} meanwhile "
        f"({last.reason})."
    )
