"""``profile_reader``: all that a caller may know about one customer."""

from typing import Annotated, Any

from django.utils import timezone
from pydantic import Field, WithJsonSchema

from tools.calls.call import Caller
from tools.catalog.sales import profiles
from tools.catalog.sales.crm.arguments import CustomerId, Name
from tools.catalog.sales.crm.entities import ENTITIES, as_json, unknown
from tools.catalog.sales.models import PROFILE_FIELDS
from tools.catalog.sales.probing import crm_answers
from tools.definition.decorators import tool
from tools.definition.schema import Injected
from tools.errors import ReturnedFailure

_FIELDS = {"type": "array", "items": {"type": "string", "enum": list(PROFILE_FIELDS)}}


@tool(
    idempotent=True,
    read_only=True,
    roles={"coach"},
    timeout_s=5,
    probe=crm_answers,
    retries=2,
    cache_ttl_s=60,
    cache_scope="role",  # of its caller it looks at nothing else
    reads="customer:{customer_id}",
)
def profile_reader(
    customer_id: CustomerId,
    fields: Annotated[list[Name], Field(max_length=40), WithJsonSchema(_FIELDS)] | None = None,
    *,
    caller: Injected[Caller],
) -> dict[str, Any]:
    """Read one customer's profile: company, relationship, contacts, deals and terms, in one call.

    Use it to prepare a conversation or to answer a question about one customer. Use crm_integration to find a
    customer by name, to page through many records, or to change one.

    What comes back depends on the caller's role. Fields that the role may not see are never returned: `withheld`
    names each with the reason, so do not guess them or ask again. `profile` holds the rest: amounts are decimal
    strings with their currency, dates YYYY-MM-DD; null or "" means that we do not know. `deals` has the number and
    the sums by currency of open, won and lost deals, and the open ones one by one. `as_of` is when all this was
    read: a profile may be up to a minute old.

    Example: {"customer_id": "CUST001", "fields": ["name", "health_score", "deals"]}.

    Args:
        customer_id: The customer's id, e.g. "CUST001".
        fields: Only these fields. Default: all that the role may see.
    """
    for name in fields or ():
        if name not in PROFILE_FIELDS:
            raise unknown("field", name, PROFILE_FIELDS, "profile")
    customer_entity = ENTITIES["customer"]
    customer = customer_entity.find(customer_entity.model.number_of(customer_id))
    released, withheld = profiles.access_of(caller.role).split(PROFILE_FIELDS if fields is None else fields)
    if fields and not released:
        names = ", ".join(item["field"] for item in withheld)
        raise ReturnedFailure(
            f"role {caller.role!r} may not see {names} of a profile: {withheld[0]['reason']}.",
            code="fields_withheld",
            hint="leave 'fields' out to get everything that the role may see",
        )
    return {
        "customer_id": customer.code,
        "profile": profiles.shown(customer, released),
        "withheld": withheld,
        "as_of": as_json(timezone.now()),
    }
