"""The kinds of record: what each shows, filters, sorts and takes. A new kind is one entry here."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet
from pydantic import BaseModel
from rapidfuzz import process

from tools.catalog.sales.crm import arguments
from tools.catalog.sales.models import Contact, Customer, Deal, Versioned
from tools.definition.schema import ModelSchema
from tools.errors import InvalidArguments, ReturnedFailure

OPEN = ~Q(stage__in=Deal.CLOSED)
_TIME_FIELDS = ("created_at", "updated_at")


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of record."""

    name: str
    model: Any  # a subclass of Versioned
    fields: tuple[str, ...]  # all that `read` shows, besides id and version
    summary: tuple[str, ...]  # what a list shows unless asked for more
    lookups: Mapping[str, str | Callable[[Any], Q]]  # filter → Django lookup
    sorts: tuple[str, ...]
    filters: type[BaseModel]
    values: type[BaseModel]
    needed: tuple[str, ...]  # to create one
    related: tuple[str, ...] = ()

    def rows(self) -> QuerySet[Any]:
        found: QuerySet[Any] = self.model.objects.select_related(*self.related).defer("search")
        return found

    def show(self, row: Versioned, fields: Iterable[str]) -> dict[str, Any]:
        """*row* as JSON types: dates in ISO 8601, decimals as strings."""
        return {
            "id": row.code,
            "version": row.version,
            **{name: as_json(_GETTERS.get(name, lambda r, name=name: getattr(r, name))(row)) for name in fields},
        }

    def pick(self, wanted: Sequence[str] | None, default: tuple[str, ...]) -> tuple[str, ...]:
        """The fields to show. Raises InvalidArguments with a suggestion for a name that does not exist."""
        if wanted is None:
            return default
        known = ("id", "version", *self.fields)
        for name in wanted:
            if name not in known:
                raise unknown("field", name, known, self.name)
        return tuple(name for name in self.fields if name in wanted)

    def find(self, number: int) -> Any:
        """The record. Raises ReturnedFailure ``not_found`` that names the nearest ids there are."""
        row = self.rows().filter(pk=number).first()
        if row is None:
            raise self.not_found(number)
        return row

    def not_found(self, number: int) -> ReturnedFailure:
        keys = self.model.objects.order_by("pk").values_list("pk", flat=True)
        near = [*reversed(keys.filter(pk__lt=number).reverse()[:2]), *keys.filter(pk__gt=number)[:2]]
        ids = ", ".join(map(self.model.code_of, near))
        return ReturnedFailure(
            f"{self.name} {self.model.code_of(number)!r} does not exist.",
            code="not_found",
            hint=f"the nearest ids are {ids}; use action 'search' to find a {self.name} by name",
        )


def as_json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, dt.date) else value


def unknown(what: str, name: str, known: Iterable[str], entity: str) -> InvalidArguments:
    """The error for a *name* that is not among *known*, with the one that was probably meant."""
    known = list(known)
    close = process.extractOne(name, known, score_cutoff=60)
    say = f"did you mean {close[0]!r}?" if close else f"use one of {', '.join(known)}."
    return InvalidArguments(
        f"a {entity} has no {what} {name[:60]!r}: {say}", code=f"unknown_{what}", hint=say.removesuffix(".")
    )


def parsed(part: type[BaseModel], sent: Mapping[str, Any] | None, argument: str) -> dict[str, Any]:
    """What was *sent*, checked and coerced by *part*. Raises InvalidArguments, as for any other argument."""
    try:
        ModelSchema(model=part, injected={}, description="").validate(sent or {})
    except InvalidArguments as error:
        raise InvalidArguments(f"in {argument}: {error.detail}", code=error.code, hint=error.hint) from None
    checked = part.model_validate(sent or {})
    return {name: getattr(checked, name) for name in checked.model_fields_set}


_GETTERS: Mapping[str, Callable[[Any], Any]] = {
    "customer_id": lambda row: Customer.code_of(row.customer_id),
    "customer_name": lambda row: row.customer.name,
    "contact_id": lambda row: row.contact_id and Contact.code_of(row.contact_id),
    "contact_name": lambda row: row.contact and row.contact.full_name,
}
_CUSTOMER_VALUES = tuple(arguments.CustomerValues.model_fields)
_CONTACT_VALUES = tuple(arguments.ContactValues.model_fields)

ENTITIES = {
    "customer": Entity(
        name="customer",
        model=Customer,
        fields=(*_CUSTOMER_VALUES, *_TIME_FIELDS),
        summary=("name", "industry", "country", "city", "segment", "status", "owner", "health_score"),
        lookups={
            "industry": "industry__iexact",
            "country": "country",
            "city": "city__iexact",
            "status": "status",
            "segment": "segment",
            "owner": "owner__iexact",
            "min_employees": "employees__gte",
            "max_employees": "employees__lte",
            "min_health_score": "health_score__gte",
            "max_health_score": "health_score__lte",
        },
        sorts=("id", "name", "employees", "health_score", "updated_at"),
        filters=arguments.CustomerFilters,
        values=arguments.CustomerValues,
        needed=("name", "country", "industry"),
    ),
    "contact": Entity(
        name="contact",
        model=Contact,
        fields=("customer_id", "customer_name", *_CONTACT_VALUES, *_TIME_FIELDS),
        summary=("customer_id", "customer_name", "first_name", "last_name", "job_title", "email", "influence"),
        lookups={
            "influence": "influence",
            "language": "language__iexact",
            "may_be_marketed_to": "may_be_marketed_to",
        },
        sorts=("id", "last_name", "updated_at"),
        filters=arguments.ContactFilters,
        values=arguments.ContactValues,
        needed=("first_name", "last_name", "email"),
        related=("customer",),
    ),
    "deal": Entity(
        name="deal",
        model=Deal,
        fields=(
            *("name", "customer_id", "customer_name", "contact_id", "contact_name", "stage", "amount", "currency"),
            *("probability_pct", "opened_on", "expected_close_on", "closed_on", "owner", "next_step"),
            *("lost_reason", *_TIME_FIELDS),
        ),
        summary=(
            "name",
            "customer_id",
            "customer_name",
            "stage",
            "amount",
            "currency",
            "expected_close_on",
            "owner",
        ),
        lookups={
            "stage": "stage",
            "open": lambda is_open: OPEN if is_open else ~OPEN,
            "owner": "owner__iexact",
            "currency": "currency",
            "min_amount": "amount__gte",
            "max_amount": "amount__lte",
            "closes_after": "expected_close_on__gte",
            "closes_before": "expected_close_on__lte",
        },
        sorts=("id", "amount", "expected_close_on", "updated_at"),
        filters=arguments.DealFilters,
        values=arguments.DealValues,
        needed=("name", "amount", "expected_close_on"),
        related=("customer", "contact"),
    ),
}
