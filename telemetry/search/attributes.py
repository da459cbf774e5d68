"""Conditions on attributes: a span's own ones, and those of the set that it shares with others."""

import json
import math
import re
from typing import Any

from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL

from telemetry.search import texts
from telemetry.search.conditions import SQL, bounds
from telemetry.search.plans import Either, OfSet, OfSpan, Plan
from telemetry.search.tree import Between, Equals, Like, Term

OWN, SHARED = '"telemetry_span"."attributes"', '"telemetry_attribute_set"."attributes"'
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,30})(\.\d{1,30})?([eE][+-]?\d{1,3})?")


def attribute(term: Term) -> Plan:
    """The attribute that the *term* names, wherever it is kept."""
    own = OfSpan(_passes("own_attributes", OWN, term), is_indexed=isinstance(term.test, Equals))
    return Either((own, OfSet(_passes("attributes", SHARED, term))))


def named(name: str, term: Term) -> Plan:
    """As ``attribute``, of the attribute *name*, whatever the *term*'s key is."""
    return attribute(Term("attr", term.test, name))


def _passes(field: str, column: str, term: Term) -> Q:
    name = term.attribute
    match term.test:
        case Equals(text):
            q = Q()
            for value in _values(text):
                q |= Q(**{f"{field}__contains": {name: value}}) | Q(**{f"{field}__contains": {name: [value]}})
            return q
        case Like(pattern):
            return _holds(f"{column} ->> %s ~* %s", [name, texts.glob(pattern)])
        case Between():
            is_number = f"jsonb_typeof({column} -> %s) = 'number'"
            compared = " AND ".join(
                f"({column} ->> %s)::numeric {SQL[how]} %s::numeric" for how, _ in bounds(term)
            )
            parameters = [name] + [part for _, bound in bounds(term) for part in (name, repr(bound))]
            # Only CASE is sure not to read as a number what is none.
            return _holds(f"CASE WHEN {is_number} THEN {compared} ELSE false END", parameters)
    return _holds(f"jsonb_exists({column}, %s)", [name])


def _holds(sql: str, parameters: list[Any]) -> Q:
    # Without attributes the answer is no, and its opposite yes; NULL would be neither.
    return Q(RawSQL(f"coalesce({sql}, false)", parameters, BooleanField()))


def _values(text: str) -> list[Any]:
    """What *text* may be in JSON: itself, a number, true or false."""
    values: list[Any] = [text]
    if _NUMBER.fullmatch(text) and math.isfinite(number := json.loads(text)):
        values.append(number)
    if text in ("true", "false"):
        values.append(text == "true")
    return values
