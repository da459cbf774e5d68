"""Pages by key: reading on costs the same on the thousandth page as on the first."""

from datetime import UTC, datetime
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet

from tools.errors import InvalidArguments

Row = TypeVar("Row", bound=Model)


def page(rows: QuerySet[Row], *, by: str, after: str, limit: int) -> tuple[list[Row], str | None]:
    """The newest *limit* of *rows* by the time in *by*, or those after the mark *after*; and the next mark.

    Raises InvalidArguments for a mark that is none of ours.
    """
    if after:
        moment, pk = read_mark(after)
        try:
            rows = rows.filter(Q(**{f"{by}__lt": moment}) | Q(**{by: moment, "pk__lt": pk}))
        except (ValueError, TypeError, ValidationError):
            raise unknown_mark(after) from None
    found = list(rows.order_by(f"-{by}", "-pk")[: limit + 1])
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], f"{getattr(last, by).isoformat()}_{last.pk}"


def read_mark(mark: str) -> tuple[datetime, str]:
    moment, _, pk = mark.replace(" ", "+").rpartition("_")
    try:
        # A time without its zone is none of ours, and no moment either.
        return datetime.fromisoformat(moment).astimezone(UTC), pk
    except (ValueError, OverflowError):
        raise unknown_mark(mark) from None


def unknown_mark(mark: str) -> InvalidArguments:
    return InvalidArguments(
        f"after={mark[:80]!r} is no mark of this list.", hint="give what the page before had as 'next'"
    )
