"""Property tests of a tool: arguments that its schema allows, whatever else they are. Needs hypothesis."""

from collections.abc import Callable, Mapping
from functools import partial
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from tools.definition.tool import ToolDefinition

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

# Of what a schema does not bound, so much is tried.
MOST_CHARS, MOST_ITEMS, MOST_EXTRA = 60, 4, 2
LOW, HIGH = -1_000_000, 1_000_000
# Words of JSON Schema that are not drawn by: better said than ignored.
UNKNOWN = ("allOf", "not", "if", "patternProperties", "multipleOf", "contains", "dependentRequired", "prefixItems")
Schema = Mapping[str, Any]
Values = Any  # a strategy of hypothesis, which need not be installed


class CannotDraw(ValueError):
    """The schema has something that is not known here; the message says what to do."""


def arguments_of(tool: ToolDefinition[..., Any], **instead: Values) -> "SearchStrategy[dict[str, Any]]":
    """Arguments that the schema of *tool* takes, for ``@given``; *instead* are strategies for some of them.

    Raises CannotDraw.
    """
    st = strategies()
    root = tool.schema.parameters
    known = root.get("properties", {})
    if unknown := instead.keys() - known.keys():
        there = ", ".join(known) or "none"
        raise CannotDraw(f"{tool.name} has no argument {min(unknown)!r}: it has {there}.")
    needed = set(root.get("required", ()))
    drawn = {
        name: instead[name] if name in instead else values_of(schema, root, f"{tool.name}.{name}")
        for name, schema in known.items()
    }
    made: SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
        {name: each for name, each in drawn.items() if name in needed},
        optional={name: each for name, each in drawn.items() if name not in needed},
    )
    return made


def strategies() -> Any:
    """hypothesis.strategies. Raises CannotDraw where it is not installed."""
    try:
        from hypothesis import strategies as found
    except ImportError:
        raise CannotDraw("Property tests need hypothesis: install it with `pip install hypothesis`.") from None
    return found


def values_of(schema: Any, root: Schema, place: str) -> Values:
    """Values that *schema* takes; *root* is what its references lead into. Raises CannotDraw."""
    st = strategies()
    if schema is True or schema == {}:
        return st.none() | st.booleans() | st.integers(LOW, HIGH) | st.text(max_size=MOST_CHARS)
    if found := [word for word in UNKNOWN if word in schema]:
        argument = place.partition(".")[2].partition(".")[0]
        raise CannotDraw(f"{place} has {found[0]!r}, by which nothing is drawn here: give {argument} a strategy.")
    if "$ref" in schema:
        # Drawn when it is needed: a schema may lead to itself.
        return st.deferred(lambda: values_of(referred(schema["$ref"], root), root, place))
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return st.one_of([values_of(each, root, place) for each in choices])
    return by_kind(schema, root, place)


def by_kind(schema: Schema, root: Schema, place: str) -> Values:
    kinds = schema.get("type", "object" if "properties" in schema else None)
    if isinstance(kinds, list):
        return strategies().one_of([by_kind({**schema, "type": kind}, root, place) for kind in kinds])
    if kinds not in KINDS:
        raise CannotDraw(f"{place} has the type {kinds!r}: give that argument a strategy of its own.")
    return KINDS[kinds](schema, root, place)


def referred(reference: str, root: Schema) -> Any:
    """What ``#/$defs/Place`` leads to."""
    found: Any = root
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def _text(schema: Schema, root: Schema, place: str) -> Values:
    st = strategies()
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    if kind := schema.get("format"):
        return _formatted(kind, place)
    if pattern := schema.get("pattern"):
        drawn = st.from_regex(pattern)
        return drawn if most is None and not least else drawn.filter(partial(_is_as_long, least, most))
    shown = st.characters(exclude_categories=("Cs", "Cc"))
    longest = max(MOST_CHARS, least)
    return st.text(shown, min_size=least, max_size=longest if most is None else min(most, longest))


def _is_as_long(least: int, most: int | None, text: str) -> bool:
    return least <= len(text) and (most is None or len(text) <= most)


def _formatted(kind: str, place: str) -> Values:
    st = strategies()
    by_format: Mapping[str, Callable[[], Values]] = {
        "date": lambda: st.dates().map(lambda day: day.isoformat()),
        "time": lambda: st.times().map(lambda moment: moment.isoformat()),
        "date-time": lambda: st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
        "email": st.emails,
        "uuid": lambda: st.uuids().map(str),
    }
    if kind not in by_format:
        raise CannotDraw(f"{place} has the format {kind!r}: give that argument a strategy of its own.")
    return by_format[kind]()


def _number(schema: Schema, root: Schema, place: str) -> Values:
    low, high = bounds(schema)
    broken = strategies().floats(
        low,
        high,
        exclude_min=low == schema.get("exclusiveMinimum"),
        exclude_max=high == schema.get("exclusiveMaximum"),
        allow_nan=False,
    )
    first, last = whole_bounds(schema)
    return broken | strategies().integers(first, last) if first <= last else broken


def _whole(schema: Schema, root: Schema, place: str) -> Values:
    return strategies().integers(*whole_bounds(schema))


def whole_bounds(schema: Schema) -> tuple[int, int]:
    """From which whole number to which one is drawn; the first is beyond the last where there is none."""
    low, high = bounds(schema)
    first, last = ceil(low), floor(high)
    return first + (first == schema.get("exclusiveMinimum")), last - (last == schema.get("exclusiveMaximum"))


def bounds(schema: Schema) -> tuple[float, float]:
    """From where to where a number is drawn."""
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is None:
        low = LOW if high is None else min(LOW, high)
    return low, max(HIGH, low) if high is None else high


def _list(schema: Schema, root: Schema, place: str) -> Values:
    least = schema.get("minItems", 0)
    most = min(schema.get("maxItems", least + MOST_ITEMS), least + MOST_ITEMS)
    each = values_of(schema.get("items", True), root, f"{place}[]")
    unique = repr if schema.get("uniqueItems") else None
    return strategies().lists(each, min_size=least, max_size=most, unique_by=unique)


def _object(schema: Schema, root: Schema, place: str) -> Values:
    st = strategies()
    needed = set(schema.get("required", ()))
    drawn = {name: values_of(each, root, f"{place}.{name}") for name, each in schema.get("properties", {}).items()}
    made = st.fixed_dictionaries(
        {name: each for name, each in drawn.items() if name in needed},
        optional={name: each for name, each in drawn.items() if name not in needed},
    )
    more = schema.get("additionalProperties", False)
    if not more:
        return made
    names = st.text(st.characters(categories=("Ll",)), min_size=1, max_size=8)
    others = st.dictionaries(names, values_of(more, root, f"{place}.*"), max_size=MOST_EXTRA)
    return st.builds(lambda given, extra: {**extra, **given}, made, others)


KINDS: Mapping[Any, Callable[[Schema, Schema, str], Values]] = {
    "string": _text,
    "number": _number,
    "integer": _whole,
    "boolean": lambda schema, root, place: strategies().booleans(),
    "null": lambda schema, root, place: strategies().none(),
    "array": _list,
    "object": _object,
}
