"""What callers may filter by and write, for each kind of record, as strict types with a description each."""

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("the character NUL cannot be stored")
    return text.strip()


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


Text = Annotated[str, AfterValidator(_without_nul)]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$"), BeforeValidator(_upper)]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$"), BeforeValidator(_upper)]
# Strings such as "48000.00" are taken too; pydantic's own schema (number or string) is one choice too many.
Amount = Annotated[
    Decimal, Field(ge=0, max_digits=14, decimal_places=2), WithJsonSchema({"type": "number", "minimum": 0})
]
Percent = Annotated[int, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0, le=2_000_000_000)]
Status = Literal["prospect", "active", "churned"]
Segment = Literal["small", "mid_market", "enterprise"]
Channel = Literal["email", "phone", "sms", "video"]
Influence = Literal["decision_maker", "champion", "influencer", "user", "blocker"]
Stage = Literal["prospecting", "qualification", "proposal", "negotiation", "closed_won", "closed_lost"]
# Ids are taken in whatever case they are written.
CustomerId = Annotated[str, Field(pattern=r"^CUST\d{3,9}$"), BeforeValidator(_upper)]
ContactId = Annotated[str, Field(pattern=r"^CONT\d{3,9}$"), BeforeValidator(_upper)]
DealId = Annotated[str, Field(pattern=r"^DEAL\d{3,9}$"), BeforeValidator(_upper)]

Name = Annotated[str, Field(max_length=40)]
described = partial(Field, default=None)


class _Part(BaseModel):
    """Only what the caller sent counts (``model_fields_set``), so the defaults mean nothing."""

    model_config = ConfigDict(extra="forbid")


class CustomerFilters(_Part):
    industry: Text = described(description="Industry, e.g. 'Logistics'.")
    country: Country = described(description="ISO 3166 code, e.g. 'DE'.")
    city: Text = described(description="City.")
    status: Status = described(description="Where the relationship stands.")
    segment: Segment = described(description="Size class.")
    owner: Text = described(description="Full name of our account executive.")
    min_employees: Count = described(description="At least this many employees.")
    max_employees: Count = described(description="At most this many employees.")
    min_health_score: Percent = described(description="Health score at least, 0-100.")
    max_health_score: Percent = described(description="Health score at most, 0-100.")


class ContactFilters(_Part):
    influence: Influence = described(description="Role in a purchase.")
    language: Text = described(description="ISO 639 code, e.g. 'de'.")
    may_be_marketed_to: bool = described(description="Whether they agreed to marketing messages.")


class DealFilters(_Part):
    stage: Stage = described(description="Exactly this stage.")
    open: bool = described(description="True: neither won nor lost yet. False: closed.")
    owner: Text = described(description="Full name of our account executive.")
    currency: Currency = described(description="ISO 4217 code, e.g. 'EUR'.")
    min_amount: Amount = described(description="Amount at least.")
    max_amount: Amount = described(description="Amount at most.")
    closes_after: dt.date = described(description="Expected to close on or after this day, YYYY-MM-DD.")
    closes_before: dt.date = described(description="Expected to close on or before this day, YYYY-MM-DD.")


class CustomerValues(_Part):
    name: Text = described(description="Company name, unique in its country (needed to create).")
    country: Country = described(description="ISO 3166 code, e.g. 'DE' (needed to create).")
    industry: Text = described(description="Industry, e.g. 'Logistics' (needed to create).")
    city: Text = described(description="City.")
    website: Text = described(description="Website.")
    email: Text = described(description="E-mail address.")
    phone: Text = described(description="Phone, E.164, e.g. '+493012345678'.")
    employees: Count = described(description="Number of employees.")
    segment: Segment = described(description="Size class.")
    status: Status = described(description="Where the relationship stands.")
    owner: Text = described(description="Full name of our account executive.")
    health_score: Percent = described(description="0 (about to leave) to 100 (delighted).")
    customer_since: dt.date | None = described(description="First won deal, YYYY-MM-DD.")
    last_contact_on: dt.date | None = described(description="Our last contact, YYYY-MM-DD.")
    language: Text = described(description="ISO 639 code, e.g. 'de'.")
    preferred_channel: Channel = described(description="How they like to be reached.")
    notes: Text = described(description="Free text; replaces what is there.")


class ContactValues(_Part):
    first_name: Text = described(description="First name (needed to create).")
    last_name: Text = described(description="Last name (needed to create).")
    email: Text = described(description="E-mail address, unique (needed to create).")
    phone: Text = described(description="Phone, E.164, e.g. '+493012345678'.")
    job_title: Text = described(description="Job title.")
    influence: Influence = described(description="Role in a purchase.")
    language: Text = described(description="ISO 639 code, e.g. 'de'.")
    may_be_marketed_to: bool = described(description="Whether they agreed to marketing messages.")
    notes: Text = described(description="Free text; replaces what is there.")


class DealValues(_Part):
    name: Text = described(description="What is being sold, unique per customer (needed to create).")
    amount: Amount = described(description="Total, e.g. '48000.00' (needed to create).")
    expected_close_on: dt.date = described(description="YYYY-MM-DD (needed to create).")
    currency: Currency = described(description="ISO 4217 code; default: the customer's.")
    stage: Stage = described(description="Moving it also sets probability_pct and closed_on.")
    probability_pct: Percent = described(description="Likelihood to win, 0-100.")
    contact_id: ContactId | None = described(description="Main contact, of the same customer, e.g. 'CONT001'.")
    owner: Text = described(description="Full name of our account executive.")
    next_step: Text = described(description="What happens next.")
    lost_reason: Text = described(description="Needed with stage closed_lost.")


def schema_of(**parts: type[BaseModel]) -> dict[str, Any]:
    """One inline JSON Schema object with the fields of all *parts*, each saying which record it is for.

    Without ``$ref`` and ``$defs``, which some providers refuse.
    """
    merged: dict[str, Any] = {}
    meanings: defaultdict[str, defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for entity, part in parts.items():
        for name, field in part.model_json_schema()["properties"].items():
            plain = {key: value for key, value in field.items() if key not in ("title", "default", "description")}
            merged.setdefault(name, plain)
            meanings[name][field["description"]].append(entity)
    for name, field in merged.items():
        said = (f"({', '.join(entities)}) {meaning}" for meaning, entities in meanings[name].items())
        field["description"] = " ".join(said)
    return {"type": "object", "properties": merged, "additionalProperties": False}
