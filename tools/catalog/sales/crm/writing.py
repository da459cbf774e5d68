"""Create and update. A write happens whole or not at all, once even if it is tried twice, and leaves history."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from psycopg.errors import UniqueViolation

from tools.catalog.sales.crm.entities import ENTITIES, Entity, parsed
from tools.catalog.sales.crm.request import Request
from tools.catalog.sales.models import Contact, Deal, Versioned
from tools.catalog.sales.models.crm import PROBABILITY_PCT
from tools.errors import InvalidArguments, ReturnedFailure


def create(request: Request) -> dict[str, Any]:
    entity = request.entity
    values = parsed(entity.values, request.values, "values")
    missing = [name for name in entity.needed if values.get(name) in (None, "")]
    if missing:
        raise InvalidArguments(
            f"creating a {entity.name} needs values for {', '.join(missing)}.",
            hint=f"send {', '.join(f'values.{name}' for name in missing)}",
        )
    parent = _parent(request)
    if entity.name == "deal":
        values = {"currency": parent["customer"].currency} | _with_contact(values, parent["customer"].pk)
        values |= stage_effects(values.get("stage", Deal.Stage.PROSPECTING), values)
    row = entity.model(**parent, **values)
    _check(row, set(values), entity)
    try:
        with transaction.atomic():
            # simple_history notes the reason that it finds on the row.
            row._change_reason = _reason(request)
            row.save(force_insert=True)
    except IntegrityError as error:
        raise _refused(entity, row, error) from None
    return {"entity": entity.name, "created": True, "item": entity.show(row, entity.fields)}


def update(request: Request) -> dict[str, Any]:
    entity, number = request.entity, request.target()
    values = parsed(entity.values, request.values, "values")
    if not values:
        raise InvalidArguments("action 'update' needs argument 'values' with the fields to change.")
    row = entity.find(number)
    if request.version is None:
        raise InvalidArguments(
            f"action 'update' needs argument 'version', the one that you read: {row.code} now has {row.version}.",
            code="version_required",
            hint=f"read {row.code}, make sure your change still makes sense, then send version={row.version}",
        )
    if entity.name == "deal":
        values = _with_contact(values, row.customer_id)
        if values.get("stage", row.stage) != row.stage or "lost_reason" in values:
            values |= stage_effects(values.get("stage", row.stage), values, row)
    changes = {name: value for name, value in values.items() if getattr(row, name) != value}
    before = entity.show(row, changes)
    # Without changes there is nothing to write: so it is for a second try whose first was not heard of.
    if changes:
        for name, value in changes.items():
            setattr(row, name, value)
        _check(row, set(changes), entity)
        if not _write(request, row, changes):
            raise _conflict(request, changes)
    after = entity.show(row, changes)
    changed = {name: {"from": before[name], "to": after[name]} for name in changes}
    return {"entity": entity.name, "changed": changed, "item": entity.show(row, entity.fields)}


def _write(request: Request, row: Any, changes: Mapping[str, Any]) -> bool:
    """Write *changes* and their history if the row still has the caller's version."""
    version, now = request.version or 0, timezone.now()
    try:
        with transaction.atomic():
            if not request.entity.model.objects.change(row.pk, version=version, updated_at=now, **changes):
                return False
            row.version, row.updated_at = version + 1, now
            type(row).history.bulk_history_create([row], update=True, default_change_reason=_reason(request))
    except IntegrityError as error:
        raise _refused(request.entity, row, error) from None
    return True


def stage_effects(stage: str, values: Mapping[str, Any], deal: Deal | None = None) -> dict[str, Any]:
    """What follows from a deal's being in *stage*: a reason if lost; if it just came, its likelihood and day."""
    reason = values.get("lost_reason", deal.lost_reason if deal else "")
    if stage == Deal.Stage.CLOSED_LOST and not reason:
        raise InvalidArguments("losing a deal needs a reason.", hint="send values.lost_reason")
    if deal and deal.stage == stage:
        return {}
    return {
        "stage": stage,
        "probability_pct": values.get("probability_pct", PROBABILITY_PCT[Deal.Stage(stage)]),
        "closed_on": timezone.localdate() if stage in Deal.CLOSED else None,
    }


def _parent(request: Request) -> dict[str, Any]:
    """The customer that a new contact or deal belongs to."""
    if request.entity.name == "customer":
        return {}
    number = request.ids.numbers().get("customer")
    if number is None:
        raise InvalidArguments(
            f"creating a {request.entity.name} needs argument 'customer_id'.",
            hint="use action 'search' to find the customer's id",
        )
    return {"customer": ENTITIES["customer"].find(number)}


def _with_contact(values: Mapping[str, Any], customer: int) -> dict[str, Any]:
    """*values* with the contact's code turned into its key, once it is sure that it is the customer's."""
    code = values.get("contact_id")
    if code is None:
        return dict(values)
    contact = ENTITIES["contact"].find(Contact.number_of(code))
    if contact.customer_id != customer:
        raise ReturnedFailure(
            f"contact {code} belongs to {contact.customer.code}, not to the deal's customer.",
            code="wrong_customer",
            hint="list the customer's own contacts with entity 'contact' and its customer_id",
        )
    return {**values, "contact_id": contact.pk}


def _check(row: Versioned, changed: set[str], entity: Entity) -> None:
    """Raises InvalidArguments for the first value that its column does not take."""
    attributes = {field.attname for field in row._meta.concrete_fields}
    skipped = {field.name for field in row._meta.concrete_fields if field.attname not in changed & attributes}
    try:
        row.clean_fields(exclude=skipped)
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        text = messages[0].removesuffix(".")
        raise InvalidArguments(
            f"in values: {name!r}: {text}.", hint=f"correct values.{name} of the {entity.name}"
        ) from None


def _conflict(request: Request, changes: Mapping[str, Any]) -> ReturnedFailure:
    entity = request.entity
    row = entity.find(request.target())
    now = ", ".join(f"{name} is {value!r}" for name, value in entity.show(row, changes).items() if name in changes)
    return ReturnedFailure(
        f"{row.code} has version {row.version}, not {request.version}: it was changed since you read it, "
        "and nothing was written.",
        code="version_conflict",
        hint=f"now {now}; if you still want your change, send it again with version={row.version}",
    )


def _refused(entity: Entity, row: Any, error: IntegrityError) -> Exception:
    """What to raise when the database refused *row*: a double is the caller's affair, anything else a fault."""
    if not isinstance(error.__cause__, UniqueViolation):
        return error
    twin = _twins(entity, row).exclude(pk=row.pk).first()
    which = f" as {twin.code}" if twin else ""
    return ReturnedFailure(
        f"this {entity.name} exists already{which}: nothing was written.",
        code="duplicate",
        hint=f"read or update {twin.code} instead" if twin else "search for it",
    )


def _twins(entity: Entity, row: Any) -> QuerySet[Any]:
    same = {
        "customer": lambda: Q(name__iexact=row.name, country=row.country),
        "contact": lambda: Q(email__iexact=row.email),
        "deal": lambda: Q(customer=row.customer_id, name__iexact=row.name),
    }
    return entity.rows().filter(same[entity.name]())


def _reason(request: Request) -> str:
    who = f"crm_integration, role {request.caller.role or 'none'}"
    return (who + (f", session {request.caller.session_id}" if request.caller.session_id else ""))[:100]
