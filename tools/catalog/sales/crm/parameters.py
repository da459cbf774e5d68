"""The parameters of ``crm_integration``, each with the description that a model reads."""

from typing import Annotated, Any, Literal

from pydantic import Field, WithJsonSchema

from tools.catalog.sales.crm.arguments import ContactId, CustomerId, DealId, Name, schema_of
from tools.catalog.sales.crm.entities import ENTITIES

_FILTERS = schema_of(**{name: entity.filters for name, entity in ENTITIES.items()})
_VALUES = schema_of(**{name: entity.values for name, entity in ENTITIES.items()})

Action = Annotated[
    Literal["read", "list", "search", "create", "update"], Field(description="What to do; see above.")
]
EntityName = Annotated[
    Literal["customer", "contact", "deal"] | None,
    Field(
        description="Kind of record. Default: that of the most specific id given (deal_id, then contact_id), "
        "else customer."
    ),
]
CustomerIdParameter = Annotated[
    CustomerId | None,
    Field(
        description='A customer, e.g. "CUST001". Reads or updates it; with entity contact or deal, lists or '
        "creates those of this customer."
    ),
]
ContactIdParameter = Annotated[
    ContactId | None,
    Field(
        description='A contact, e.g. "CONT001". Reads or updates it; with entity deal, lists the deals of which '
        "it is the main contact."
    ),
]
DealIdParameter = Annotated[DealId | None, Field(description='A deal, e.g. "DEAL001", to read or update.')]
Query = Annotated[
    Annotated[str, Field(max_length=200)] | None,
    Field(description='Words to search for, e.g. "keller nordlicht". Every word must match.'),
]
Filters = Annotated[
    Annotated[dict[str, Any], WithJsonSchema(_FILTERS)] | None,
    Field(description="Conditions for list and search; all must hold. Each says which entity it is for."),
]
Values = Annotated[
    Annotated[dict[str, Any], WithJsonSchema(_VALUES)] | None,
    Field(description="Fields to write with create and update. Each says which entity it is for."),
]
Version = Annotated[
    Annotated[int, Field(ge=1, le=2_000_000_000)] | None,
    Field(description="For update: the version of the record that you read."),
]
Fields = Annotated[
    Annotated[list[Name], Field(max_length=40)] | None,
    Field(
        description='Only these fields of each record, e.g. ["name", "owner"]; id and version always come. '
        "Default: all for read, a summary for list and search."
    ),
]
Sort = Annotated[
    Name | None,
    Field(
        description='Order of list and search, with "-" in front for descending. '
        + " ".join(f"{name}: {', '.join(entity.sorts)}." for name, entity in ENTITIES.items())
        + " Default: id for list, best match for search."
    ),
]
Limit = Annotated[int, Field(ge=1, le=100, description="Records a page.")]
Cursor = Annotated[
    Annotated[str, Field(max_length=500)] | None,
    Field(
        description="`next_cursor` of the page before, with the same other arguments. Leave it out for the first "
        "page."
    ),
]
