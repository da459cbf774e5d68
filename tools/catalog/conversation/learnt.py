"""The model of this process: learnt from the database when first needed, and again when the database changed."""

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max

from tools.catalog.conversation.models import StageCue, UtteranceExample
from tools.errors import ReturnedFailure

if TYPE_CHECKING:
    from tools.catalog.conversation.classifier import StageModel


@dataclass
class _Learnt:
    version: tuple[Any, ...] = ()
    model: "StageModel | None" = None


_learnt = _Learnt()
_lock = Lock()


def current_model() -> "StageModel":
    """The model of the examples as they are now. Two queries, four when they changed since the last call.

    Raises ReturnedFailure when there are too few examples to learn from.
    """
    version = _version()
    with _lock:
        if _learnt.model is None or _learnt.version != version:
            _learnt.model = _learn()
            _learnt.version = version
        return _learnt.model


def _version() -> tuple[Any, ...]:
    seen = Count("pk"), Max("pk"), Max("updated_at")
    examples = UtteranceExample.objects.aggregate(*seen)
    cues = StageCue.objects.aggregate(*seen)
    return (*examples.values(), *cues.values())


def _learn() -> "StageModel":
    # Not above: it brings numpy, 15 MB, and most processes classify nothing. Under the lock one thread loads it.
    from tools.catalog.conversation.classifier import StageModel

    examples = list(UtteranceExample.objects.filter(active=True).order_by("pk").values_list("stage", "text"))
    _check({stage for stage, _ in examples})
    cues = list(StageCue.objects.order_by("pk").values_list("stage", "phrase"))
    return StageModel.learn(examples, cues)


def can_learn() -> None:
    """Whether there is enough to learn from. A probe does not learn: that brings numpy. Raises ReturnedFailure."""
    stages = UtteranceExample.objects.filter(active=True).order_by("stage").values_list("stage", flat=True)
    _check(set(stages.distinct()[:2]))


def _check(stages: set[str]) -> None:
    if len(stages) < 2:
        raise ReturnedFailure(
            "There are no labelled examples to learn the stages from.",
            code="not_trained",
            hint="add utterance examples of at least two stages in the admin",
        )
