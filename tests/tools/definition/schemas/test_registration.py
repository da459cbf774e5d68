"""A function that cannot be a tool is told everything that is wrong with it, at once."""

import sys
import typing
from types import ModuleType

import pytest
from pydantic import Field

from tools import Caller, Injected, ToolExecutor, ToolRegistry, tool, tool_from_schema
from tools.definition.policy import BreakerPolicy
from tools.definition.registry import registry_of
from tools.definition.schema import NotATool, infer_schema
from tools.definition.schemas.faults import FaultyTools
from tools.definition.tool import faults_of_name
from tools.state.memory import MemoryState


class Session:
    """No pydantic type."""


def complaint(define):
    with pytest.raises(NotATool) as caught:
        define()
    return str(caught.value)


def test_everything_wrong_with_a_function_stands_in_one_error():
    def define():
        @tool(name="bad name", rate="often", timeout_s=-1, retris=2, roles="coach")
        def messy(untyped, session: Session, later: "Nowhere", count: int = "many", /, *args: int): ...  # noqa: F821

    said = complaint(define)
    for part in (
        "'bad name' is not a name",
        "parameter 'args' is variable",
        "parameter 'untyped' is positional-only",
        "its docstring is missing",
        "rate 'often' is not a rate",
        "timeout_s must be more than 0",
        "there is no option 'retris': did you mean 'retries'?",
        "roles must be a collection of names, not 'coach'",
    ):
        assert part in said


def fault_of(**parameters):
    def one(value):
        """Takes one."""

    if "annotation" in parameters:
        one.__annotations__["value"] = parameters["annotation"]
    one.__defaults__ = (parameters["default"],) if "default" in parameters else None
    return complaint(lambda: infer_schema(one))


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        ({}, "parameter 'value' has no annotation"),
        ({"annotation": Session}, "has a type without JSON Schema (Session): use a type that pydantic knows"),
        ({"annotation": "Nowhere"}, "has the annotation 'Nowhere', which names nothing known"),
        ({"annotation": int, "default": "many"}, "has the default 'many', which its own type refuses"),
        ({"annotation": list[int], "default": "[1]"}, "has the default '[1]', which its own type refuses"),
        ({"annotation": "Any", "default": object()}, "names nothing known"),
        ({"annotation": object, "default": Session()}, "has a default that is no JSON (Session)"),
    ],
)
def test_a_parameter_that_cannot_be_one_is_told_why(parameter, said):
    assert said in fault_of(**parameter)


def test_a_typed_dict_that_pydantic_cannot_read_is_told_the_way():
    assert "use typing_extensions.TypedDict" in fault_of(annotation=typing.TypedDict("Movie", {"a": int}))


def test_a_pattern_that_cannot_be_matched_in_linear_time_is_refused():
    assert "pattern with look-around" in fault_of(annotation=typing.Annotated[str, Field(pattern="(?=a)a")])


def test_a_forward_reference_to_an_enclosing_function_is_resolved():
    class Local:
        def __init__(self) -> None: ...

    def one(value: "int", caller: "Injected[Caller]") -> "list[int]":
        """Takes one."""

    assert infer_schema(one).injected == {"caller": Caller}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"retries": 1.5}, "retries must be a whole number"),
        ({"retries": True}, "retries must be a whole number"),
        ({"cache_ttl_s": -1}, "cache_ttl_s must be 0 or more"),
        ({"cache_ttl_s": float("nan")}, "cache_ttl_s must be a number"),
        ({"deadline_s": 0}, "deadline_s must be more than 0"),
        ({"semantic_threshold": 1.5}, "semantic_threshold must be at most 1"),
        ({"caller_rate": "10 per min"}, "caller_rate '10 per min' is not a rate"),
        ({"roles": [""]}, "roles holds '', which is no name"),
        ({"breaker": 5}, "breaker must be a BreakerPolicy"),
        ({"description": 5}, "description must be a text, not 5"),
        ({"name": 5}, "5 is not a name"),
        ({"version": 2}, "version must be a text, not 2: write '2'"),
        ({"tags": "sales"}, "tags must be a collection of names, not 'sales'"),
        ({"timeout_s": None}, "timeout_s must be a number, not None"),
        ({"max_queued": None}, "max_queued must be a whole number, not None"),
        ({"retris": None}, "there is no option 'retris'"),
        ({"breaker": BreakerPolicy(share=2, window_s=0)}, "breaker's share must be at most 1"),
    ],
)
def test_a_bad_option_is_told(options, said):
    def define():
        @tool(**options)
        def one():
            """Takes nothing."""

    assert said in complaint(define)


NOTHING = (
    *("name", "description", "roles", "tags", "version", "idempotent", "rate", "caller_rate", "quota_day"),
    *("retries", "retry_on", "cache_ttl_s", "cache_scope", "cache_when", "reads", "writes", "semantic"),
    *("semantic_threshold", "hedge_after_s", "max_concurrent", "breaker"),
)


@pytest.mark.parametrize("names", [*([name] for name in NOTHING), NOTHING], ids=str)
def test_none_is_as_not_given_where_none_may_be(names):
    def one() -> str:
        """Takes nothing."""
        return "one"

    registry = ToolRegistry()
    made = registry.tool(**dict.fromkeys(names))(one)
    assert (made.name, made.schema.description, made.policy) == ("one", "Takes nothing.", tool(one).policy)
    assert (made.tags, made.version, made.idempotent) == (frozenset(), "", False)
    assert registry.get("one") is made


def test_a_tool_of_a_document_needs_a_name_and_a_description():
    def define():
        tool_from_schema(name=None, description=None, parameters={}, function=lambda: None, tags=None)

    said = complaint(define)
    assert "None is not a name" in said and "its description is missing" in said


@pytest.mark.parametrize("name", ["crm.read", "files/list", "_a", "A-1", "a" * 64])
def test_a_name_may_have_parts(name):
    assert not faults_of_name(name)


@pytest.mark.parametrize("name", ["", "1a", "a b", "a..b", "a/", ".a", "ä", "a\n", "a" * 65, None])
def test_a_name_that_nobody_takes_is_refused(name):
    assert "use up to 64 letters" in faults_of_name(name)[0]


def make_tool(name):
    return tool_from_schema(name=name, description="Does it.", parameters={}, function=lambda: None)


def test_two_tools_of_one_name_are_refused_and_neither_is_added():
    registry = ToolRegistry()
    with pytest.raises(FaultyTools, match="two tools named 'a'"):
        registry.register_all([make_tool("a"), make_tool("b"), make_tool("a")])
    assert registry.names() == []


def test_all_faulty_modules_of_a_catalog_are_named_together(monkeypatch):
    for name, tools in {"one": ["a"], "two": ["a", "c"], "three": [], "four": ["d"]}.items():
        module = ModuleType(name)
        module.__dict__.update({f"tool_{each}": make_tool(each) for each in tools})
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(FaultyTools) as caught:
        registry_of(["one", "two", "three", "four"])
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["two", "three"]


def test_every_injected_type_that_nobody_provides_is_named(settings, no_edits):
    def first(session: Injected[Session]):
        """First."""

    def second(registry: Injected[ToolRegistry]):
        """Second."""

    registry = ToolRegistry()
    registry.register_all([tool(first), tool(second)])
    with pytest.raises(LookupError, match=r"(?s)'first' wants a Session.*'second' wants a ToolRegistry"):
        ToolExecutor(registry, state=MemoryState())
