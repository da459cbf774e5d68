"""One call of ``crm_integration``, as its actions get it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.calls.call import Caller
from tools.catalog.sales.crm.entities import Entity
from tools.catalog.sales.models import Contact, Customer, Deal
from tools.errors import InvalidArguments


@dataclass(frozen=True, slots=True)
class Ids:
    """The records that the caller named, by the ids that it sees."""

    customer: str | None = None
    contact: str | None = None
    deal: str | None = None

    def numbers(self) -> dict[str, int]:
        """Entity name → primary key, of those that were named."""
        named = ((Customer, self.customer), (Contact, self.contact), (Deal, self.deal))
        return {model.__name__.lower(): model.number_of(code) for model, code in named if code}


@dataclass(frozen=True, slots=True)
class Page:
    sort: str | None = None
    limit: int = 20
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """The arguments of the call, the kind of record resolved."""

    action: str
    entity: Entity
    caller: Caller
    ids: Ids = Ids()
    query: str | None = None
    filters: Mapping[str, Any] | None = None
    values: Mapping[str, Any] | None = None
    version: int | None = None
    fields: Sequence[str] | None = None
    page: Page = Page()

    def target(self) -> int:
        """The key of the one record meant. Raises InvalidArguments that says which argument is missing."""
        number = self.ids.numbers().get(self.entity.name)
        if number is None:
            raise InvalidArguments(
                f"action {self.action!r} on a {self.entity.name} needs argument '{self.entity.name}_id'.",
                hint=f"use action 'search' or 'list' with entity {self.entity.name!r} to find the id",
            )
        return number
