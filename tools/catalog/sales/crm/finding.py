"""Read, list and search, page by page."""

import base64
import json
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.core.exceptions import ValidationError
from django.db.models import F, IntegerField, Q, QuerySet
from django.db.models.functions import Cast
from rapidfuzz import fuzz, process

from tools.catalog.sales.crm.entities import Entity, parsed, unknown
from tools.catalog.sales.crm.request import Request
from tools.catalog.sales.models.searching import words_of
from tools.errors import InvalidArguments

# Names compared when a search finds nothing; beyond that many the suggestion would take too long.
_MOST_NAMES = 20_000


def read(request: Request) -> dict[str, Any]:
    entity = request.entity
    fields = entity.pick(request.fields, entity.fields)
    return {"entity": entity.name, "item": entity.show(entity.find(request.target()), fields)}


def search(request: Request) -> dict[str, Any]:
    if not words_of(request.query or ""):
        raise InvalidArguments(
            "action 'search' needs argument 'query' with at least one word.",
            hint="send a name, e-mail address or company, or use action 'list' to see all",
        )
    return list_records(request)


def list_records(request: Request) -> dict[str, Any]:
    """One page, the number of all matching records, and the cursor of the next page."""
    entity = request.entity
    fields = entity.pick(request.fields, entity.summary)
    rows = entity.rows().filter(_conditions(request))
    words = words_of(request.query or "")
    if words:
        rows = matching(rows, entity, words)
    total = rows.count()
    order = _order(request, by_rank=bool(words))
    page = list(_page(rows, order, request.page.cursor)[: request.page.limit + 1])
    more = len(page) > request.page.limit
    shown = page[: request.page.limit]
    answer = {
        "entity": entity.name,
        "total": total,
        "items": [entity.show(row, fields) for row in shown],
        "next_cursor": _cursor(order, shown[-1]) if more else None,
    }
    if words and not total:
        answer["did_you_mean"] = _similar(entity, request.query or "")
    return answer


def _conditions(request: Request) -> Q:
    """The filters, and the records that another record was named for."""
    entity = request.entity
    conditions = Q()
    for name, value in parsed(entity.filters, request.filters, "filters").items():
        lookup = entity.lookups[name]
        conditions &= lookup(value) if callable(lookup) else Q(**{lookup: value})
    for owner, number in request.ids.numbers().items():
        if owner == entity.name:
            conditions &= Q(pk=number)
        elif owner in entity.related:
            conditions &= Q(**{f"{owner}_id": number})
        else:
            raise InvalidArguments(f"a {entity.name} cannot be listed by '{owner}_id'.", hint="leave it out")
    return conditions


def matching(rows: QuerySet[Any], entity: Entity, words: list[str]) -> QuerySet[Any]:
    """Rows in which every word begins a word of the record, of its company, or is its id; with their rank."""
    for word in words:
        query = _starts(word)
        found = Q(search=query)
        if "customer" in entity.related:
            found |= Q(customer__search=query)
        if word.upper().startswith(entity.model.prefix) and word[4:].isdecimal():
            found |= Q(pk=int(word[4:][:18]))
        rows = rows.filter(found)
    anywhere = _starts(words[0])
    for word in words[1:]:
        anywhere |= _starts(word)
    # A whole number compares exactly, which a page's cursor needs.
    ranked: QuerySet[Any] = rows.annotate(rank=Cast(SearchRank(F("search"), anywhere) * 1_000_000, IntegerField()))
    return ranked


def _starts(word: str) -> SearchQuery:
    return SearchQuery(f"{word}:*", search_type="raw", config="simple")


def _order(request: Request, *, by_rank: bool) -> str:
    """The field to sort by, with ``-`` for descending."""
    if request.page.sort is None:
        return "-rank" if by_rank else "id"
    if request.page.sort.removeprefix("-") not in request.entity.sorts:
        raise unknown("sort", request.page.sort, request.entity.sorts, request.entity.name)
    return request.page.sort


def _page(rows: QuerySet[Any], order: str, cursor: str | None) -> QuerySet[Any]:
    """*rows* in *order*, after the one that *cursor* names. Rows that come or go do not shift the pages."""
    field, descending = order.removeprefix("-"), order.startswith("-")
    rows = rows.order_by(order) if field == "id" else rows.order_by(order, "id")
    if cursor is None:
        return rows
    value, number = _position(rows, order, cursor)
    side = "lt" if descending else "gt"
    if field == "id":
        return rows.filter(**{f"id__{side}": number})
    return rows.filter(Q(**{f"{field}__{side}": value}) | Q(**{field: value, "id__gt": number}))


def _cursor(order: str, row: Any) -> str:
    position = [order, str(getattr(row, order.removeprefix("-"))), row.pk]
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def _position(rows: QuerySet[Any], order: str, cursor: str) -> tuple[Any, int]:
    try:
        made_for, text, number = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        field = order.removeprefix("-")
        value = int(text) if field == "rank" else rows.model._meta.get_field(field).to_python(text)
        if made_for == order and isinstance(number, int) and "\x00" not in text:
            return value, number
    except (ValueError, TypeError, ValidationError):
        pass
    raise InvalidArguments(
        "argument 'cursor' is not one that this list gave.",
        code="bad_cursor",
        hint="send 'next_cursor' of the page before with the same other arguments, or leave it out",
    )


def _similar(entity: Entity, query: str) -> list[dict[str, str]]:
    """Up to three records whose name looks like *query*."""
    columns = ("first_name", "last_name") if entity.name == "contact" else ("name",)
    names = {row[0]: " ".join(row[1:]) for row in entity.model.objects.values_list("pk", *columns)[:_MOST_NAMES]}
    close = process.extract(
        " ".join(words_of(query)),
        names,
        scorer=fuzz.WRatio,
        processor=lambda text: " ".join(words_of(text)),
        limit=3,
        score_cutoff=70,
    )
    return [{"id": entity.model.code_of(number), "name": name} for name, _, number in close]
