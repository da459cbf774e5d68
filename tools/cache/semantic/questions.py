"""The questions whose results are kept, in Postgres: as vectors, with no word of their text."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection
from django.utils import timezone
from pgvector.django import CosineDistance

from tools.cache.semantic.guard import guard, least_likeness
from tools.process.embedding import embed

P = ParamSpec("P")
R = TypeVar("R")
# Results that shared state is asked for beside the call's own: the most alike may just have been dropped.
MOST = 3


def _in_thread(function: Callable[P, R]) -> Callable[P, R]:
    """Give the thread's connection back to the pool, as Django does at the end of a request."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    return run


@_in_thread
def find(kin: str, text: str, threshold: float) -> dict[str, float]:
    """Keys of the questions of the same *kin* and guard that are alike enough, the most alike first."""
    from tools.models import KeptQuestion

    distance = 1 - least_likeness(text, threshold)
    alike = (
        KeptQuestion.objects.filter(group=_group(kin, text), expires_at__gt=timezone.now())
        .annotate(distance=CosineDistance("embedding", embed([text])[0]))
        .filter(distance__lte=distance)
        .order_by("distance")
        .values_list("key", "distance")
    )
    return {key: 1 - distance for key, distance in alike[:MOST]}


@_in_thread
def remember(kin: str, text: str, key: str, kept_s: float) -> None:
    """Note the question under the *key* of its result, and forget those whose time is over."""
    from tools.models import KeptQuestion

    now = timezone.now()
    KeptQuestion.objects.filter(expires_at__lte=now).delete()
    KeptQuestion.objects.update_or_create(
        key=key,
        defaults={
            "group": _group(kin, text),
            "embedding": embed([text])[0],
            "expires_at": now + timedelta(seconds=kept_s),
        },
    )


def _group(kin: str, text: str) -> str:
    """Only questions of one group may share a result: the same tool, other arguments, callers, and guard."""
    return hashlib.sha256(f"{kin}\n{guard(text)}".encode()).hexdigest()
