"""What models' calls came to lately, by whom the settings name: ``tools`` keeps no spans itself."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from tools.llm.providers.snapshot import Snapshot


class Timed(Protocol):
    """How long answers took."""

    @property
    def count(self) -> int: ...
    @property
    def p50_ms(self) -> float | None: ...


class Figures(Protocol):
    """What the calls of a deployment in a stretch of time came to."""

    @property
    def calls(self) -> int: ...
    @property
    def whole(self) -> Timed: ...
    def failed_by(self, kinds: Collection[str]) -> tuple[int, float]:
        """How many failed by one of *kinds*, and the least share that they are beyond doubt."""


class Lately(Protocol):
    """A deployment's calls of the last 15 minutes, and those of the day before them."""

    @property
    def now(self) -> Figures: ...
    @property
    def before(self) -> Figures: ...


# By deployment, of the providers and models that are named; None where it cannot be read now.
Read = Callable[[Collection[tuple[str, str]]], Mapping[str, Lately] | None]


def calls_lately(snapshot: Snapshot) -> Mapping[str, Lately] | None:
    """Of the deployments of *snapshot*, as ``settings.MODEL_CALLS`` knows it. It queries: call it in a thread."""
    read: Read = import_string(settings.MODEL_CALLS)
    return read(snapshot.models())
