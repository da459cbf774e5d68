"""What a call of ``crm_integration`` read or changed: a write drops the kept results that it outdates."""

from collections.abc import Mapping
from typing import Any

from tools.state.base import tag_of_tool

# Results that may hold any record, or of which it is not known whose record they hold: dropped by every write.
ANY = "crm"
READS = frozenset({"read", "list", "search"})


def only_reads(arguments: Mapping[str, Any]) -> bool:
    return arguments["action"] in READS


def tags_of_read(arguments: Mapping[str, Any], result: Any) -> list[str]:
    """One record belongs to its customer; a page of records to all of them."""
    customer = _customer(result) if arguments["action"] == "read" else None
    return [tag_of_customer(customer) if customer else ANY]


def tags_of_write(arguments: Mapping[str, Any], result: Any) -> list[str]:
    """The customer, whose profile is out of date too; every profile where nobody knows what was written."""
    customer = _customer(result)
    if customer:
        return [ANY, tag_of_customer(customer)]
    return [tag_of_tool("crm_integration"), tag_of_tool("profile_reader")]


def tag_of_customer(customer_id: str) -> str:
    return f"customer:{customer_id}"


def _customer(result: Any) -> str | None:
    """The id of the customer whose record *result* shows."""
    if not result:
        return None
    item = result["item"]
    found: str | None = item.get("id") if result["entity"] == "customer" else item.get("customer_id")
    return found
