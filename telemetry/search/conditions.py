"""How a key compiles: from a term to a condition on a table. Every value is a parameter, never part of the SQL."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from math import ceil, floor
from typing import Any

from django.db.models import BooleanField, Case, F, Q, TextField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Collate, Concat, Lower

from telemetry import semconv as sc
from telemetry.counts.origins import Calls, looked_at
from telemetry.search import texts
from telemetry.search.plans import Either, Every, OfOutcome, OfSeries, OfSpan, Plan
from telemetry.search.tree import Between, Equals, Present, Term

Compile = Callable[[Term], Plan]
MODEL_OPERATIONS = ("chat", "text_completion", "generate_content", "embeddings")
# The name that a span of a series has where it has none of its own: telemetry.semconv.span_name, in SQL.
_TARGET = Case(
    When(operation=sc.OPERATION_EXECUTE_TOOL, then=F("tool")),
    When(operation__in=sc.AGENT_OPERATIONS, then=F("agent")),
    default=F("model"),
)
_SPAN_NAME = Case(
    When(target="", then=F("operation")),
    default=Concat(F("operation"), Value(" "), F("target"), output_field=TextField()),
)
# What the conditions on series name beside its columns.
SERIES_ALIASES = {
    "target": _TARGET,
    "span_name": _SPAN_NAME,
    "lower_name": Lower(Collate(F("span_name"), "pg_c_utf8")),
    "lower_tool": Lower(Collate("tool", "pg_c_utf8")),
}


def of_series(name: str) -> Compile:
    """A word of the series: its column *name*."""
    return lambda term: OfSeries(texts.column(name, term.test))


def origin(term: Term) -> Plan:
    """Who saw it: an Origin, or ``counted``: all but what others say of tools that are registered here."""
    if isinstance(term.test, Equals) and term.test.text == Calls.COUNTED:
        return OfSeries(looked_at(Calls.COUNTED, prefix=""))
    every = [str(each) for each in sc.Origin]
    return OfSeries(Q(origin__in=[term.test.text] if isinstance(term.test, Equals) else every))


def identity(name: str) -> Compile:
    """A text of the span of which the case of letters counts."""
    return lambda term: OfSpan(texts.column(name, term.test, exact=True), isinstance(term.test, Equals))


def digits(name: str, read: Callable[[str], Any]) -> Compile:
    """An id, which *read* makes of its digits."""

    def compiled(term: Term) -> Plan:
        if isinstance(term.test, Equals):
            return OfSpan(Q(**{name: read(term.test.text)}), is_indexed=True)
        return OfSpan(Q(**{f"{name}__isnull": False}))

    return compiled


def number(name: str, of: Callable[[float], Any] = float) -> Compile:
    """A number of the column *name*, of the type that *of* makes; a span without it is not found."""

    def compiled(term: Term) -> Plan:
        q = Q(**{f"{name}__isnull": False})
        for operator, bound in bounds(term):
            q &= Q(**{f"{name}__{operator}": of(bound)})
        return OfSpan(q, is_indexed=True)

    return compiled


def whole(name: str) -> Compile:
    """A whole number of the column *name*; a span without it is not found."""

    def compiled(term: Term) -> Plan:
        q = Q(**{f"{name}__isnull": False})
        for operator, bound in bounds(term):
            q &= Q(**{f"{name}__{operator}": _rounded(operator, bound)})
        return OfSpan(q, is_indexed=True)

    return compiled


def tokens(term: Term) -> Plan:
    """Input and output together, where one of them is known."""
    q = Q(input_tokens__isnull=False) | Q(output_tokens__isnull=False)
    for operator, bound in bounds(term):
        # To the letter as in the index of migration 0004.
        sql = f"(coalesce(input_tokens, 0)::bigint + coalesce(output_tokens, 0)) {SQL[operator]} %s"
        q &= Q(RawSQL(sql, [_rounded(operator, bound)], BooleanField()))
    return OfSpan(q, is_indexed=True)


def choice(name: str, values: Mapping[str, Iterable[Any]], *, series: bool = False) -> Compile:
    """One of the known words of the column *name*, each standing for some of its values."""

    def compiled(term: Term) -> Plan:
        words = [term.test.text] if isinstance(term.test, Equals) else list(values)
        q = Q(**{f"{name}__in": sorted({value for word in words for value in values[word]})})
        return OfSeries(q) if series else OfSpan(q, is_indexed=True)

    return compiled


def outcome(groups: Mapping[str, Iterable[str]], every: Iterable[str]) -> Compile:
    """How a tool call ended: an outcome, or one of *groups* of them; *every*: what any value means."""
    anything = frozenset(map(str, every))

    def compiled(term: Term) -> Plan:
        if not isinstance(term.test, Equals):
            return OfOutcome(anything)
        return OfOutcome(frozenset(map(str, groups.get(term.test.text, [term.test.text]))))

    return compiled


def flag(meanings: Mapping[str, Plan]) -> Compile:
    """One of some words, each with its own meaning."""
    every = Either(tuple(meanings.values()))
    return lambda term: meanings[term.test.text] if isinstance(term.test, Equals) else every


def everything(term: Term) -> Plan:
    """Of moments, which are no condition: ``Query.window`` has them."""
    return Every(())


def error(term: Term) -> Plan:
    """Words of the error's message."""
    if isinstance(term.test, Present) or term.test == Equals(""):
        return OfSpan(texts.column("error_message", term.test))
    return OfSpan(texts.words(term.test, "error_message"), texts.is_indexed(term.test))


def error_type(term: Term) -> Plan:
    """The type of the error."""
    return OfSpan(texts.column("error_type", term.test) & texts.indexed(term.test), texts.is_indexed(term.test))


def name(term: Term) -> Plan:
    """The span's name: its own, or the one that follows from its series."""
    own = Q(own_name__isnull=False) & texts.column("own_name", term.test) & texts.indexed(term.test)
    return _named(OfSpan(own, texts.is_indexed(term.test)), OfSeries(texts.column("span_name", term.test)))


def text(term: Term) -> Plan:
    """Words of the name, the tool or the error's message; no word at all is found in every span."""
    if isinstance(term.test, Present) or term.test == Equals(""):
        return Every(())
    pattern = texts.phrase(term.test)
    own = OfSpan(texts.words(term.test, "own_name", "error_message"), texts.is_indexed(term.test))
    tool = OfSeries(Q(lower_tool__regex=pattern))
    return Either((tool, _named(own, OfSeries(Q(lower_name__regex=pattern)))))


def _named(own: Plan, of_series: Plan) -> Plan:
    return Either((own, Every((OfSpan(Q(own_name__isnull=True)), of_series))))


def trace_id(text: str) -> uuid.UUID:
    return uuid.UUID(hex=text)


def signed(text: str) -> int:
    """The 64 bits of the digits *text* as Postgres holds them."""
    return int.from_bytes(bytes.fromhex(text), signed=True)


def span(term: Term) -> Plan:
    """The id of the span, which every span has."""
    if not isinstance(term.test, Equals):
        return Every(())
    # Negated bit by bit, as in the index of migration 0004.
    sql = '(~ "telemetry_span"."span_id") = %s::bigint'
    return OfSpan(Q(RawSQL(sql, [~signed(term.test.text)], BooleanField())), is_indexed=True)


def _rounded(operator: str, bound: float) -> int:
    """A whole number that divides whole numbers as *bound* does."""
    return ceil(bound) if operator in ("gte", "lt") else floor(bound)


def dollars(number: float) -> Decimal:
    return Decimal(repr(number))


SQL = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def bounds(term: Term) -> list[tuple[str, float]]:
    """What a number is compared with, and how (``gt``, ``gte``, ``lt``, ``lte``); nothing for any number."""
    if not isinstance(term.test, Between):
        return []
    low, high, is_open = term.test.low, term.test.high, term.test.is_open
    found = [("gt" if is_open else "gte", low), ("lt" if is_open else "lte", high)]
    return [(operator, bound) for operator, bound in found if bound is not None]
