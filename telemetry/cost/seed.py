"""Brings the shipped price list into the table, on the first start and with every new version of it."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from telemetry.cost.models import KEY, USD, Price, Source
from telemetry.cost.shipped import shipped_prices


def seed(today: date | None = None) -> int:
    """Add what the table lacks of the shipped list; returns how many rows that were.

    A new model's price holds from the beginning, a changed one from *today* on. What a person has entered, edited
    or deleted is left as it is.
    """
    today = today or timezone.now().date()
    newest: dict[tuple[Any, ...], Price] = {}
    theirs = set(Price.history.filter(history_type="-").values_list(*KEY))
    for row in Price.objects.order_by("effective_from").iterator():
        newest[_key(row)] = row
        if row.source == Source.ENTERED:
            theirs.add(_key(row))
    added: list[Price] = []
    for key, row in shipped_prices().items():
        known = newest.get(key)
        if key in theirs or (known is not None and _usd(known) == _usd(row)):
            continue
        if known is not None:
            row.effective_from = today
        added.append(row)
    with transaction.atomic():
        # Two starts on one day, or two processes at a time, may both have found a price changed.
        Price.objects.bulk_create(added, batch_size=1_000, ignore_conflicts=True)
    return len(added)


def _key(row: Price) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in KEY)


def _usd(row: Price) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in USD)
