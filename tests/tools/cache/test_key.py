"""What is the same call, and what is not."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools import Caller, Injected, tool
from tools.cache.key import cache_key
from tools.calls.call import ToolCall


@tool
async def plain(count: int, names: list[str] | None = None, more: dict[str, Any] | None = None) -> int:
    """Takes arguments of all kinds."""
    return count


@tool
async def of_a_set(names: set[str]) -> int:
    """Takes a set."""
    return len(names)


@tool
async def mine(*, caller: Injected[Caller]) -> str:
    """Differs by caller."""
    return caller.role


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
PAYLOADS = st.fixed_dictionaries(
    {"count": st.integers(0, 9)},
    optional={
        "names": st.lists(st.text(max_size=3), max_size=3),
        "more": st.dictionaries(st.text(max_size=3), JSON, max_size=3),
    },
)
QUICK = settings(max_examples=100)


ANONYMOUS = Caller()


def turned(value):
    """*value* with the keys of all its dictionaries in the opposite order."""
    if isinstance(value, dict):
        return {key: turned(item) for key, item in reversed(value.items())}
    return [turned(item) for item in value] if isinstance(value, list) else value


def typed(value):
    """*value* so that values of different JSON types are never equal: 1 is not true."""
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    return [typed(item) for item in value] if isinstance(value, list) else (type(value), value)


def key_of(payload, definition=plain, *, caller=ANONYMOUS, **policy):
    call = ToolCall(
        tool=definition,
        policy=replace(definition.policy, **policy),
        payload=payload,
        arguments=definition.schema.validate(payload),
        caller=caller,
    )
    return cache_key(call)


@given(payload=PAYLOADS)
@QUICK
def test_equal_arguments_have_one_key_in_any_order_and_form(payload):
    same = turned({**payload, "count": str(payload["count"])})
    assert key_of(payload) == key_of(same)


@given(one=PAYLOADS, other=PAYLOADS)
@QUICK
def test_different_arguments_have_different_keys(one, other):
    one, other = plain.schema.validate(one), plain.schema.validate(other)
    assert (key_of(one) == key_of(other)) is (typed(one) == typed(other))


def test_a_default_that_is_given_is_the_same_call():
    assert key_of({"count": 1}) == key_of({"count": 1, "names": None})


def test_the_order_of_a_set_does_not_count():
    assert key_of({"names": ["a", "b", "c"]}, of_a_set) == key_of({"names": ["c", "b", "a"]}, of_a_set)


def test_a_new_version_of_a_tool_has_new_keys():
    newer = tool(name="plain", version="2")(plain.function)
    assert key_of({"count": 1}) != key_of({"count": 1}, newer)


def test_changed_times_count_for_results_that_are_kept():
    assert key_of({"count": 1}, cache_ttl_s=3600) != key_of({"count": 1}, cache_ttl_s=10)
    assert key_of({"count": 1}, cache_stale_s=3600) != key_of({"count": 1}, cache_stale_s=10)


ANN = Caller(role="coach", session_id="s", caller_id="ann", api_key_name="crm")
CHANGED = {
    "role": Caller(role="guest", session_id="s", caller_id="ann", api_key_name="crm"),
    "session": Caller(role="coach", session_id="t", caller_id="ann", api_key_name="crm"),
    "caller": Caller(role="coach", session_id="s", caller_id="bob", api_key_name="crm"),
    "key": Caller(role="coach", session_id="s", caller_id="ann", api_key_name="web"),
}


@pytest.mark.parametrize(
    ("scope", "apart"),
    [
        ("all", set()),
        ("role", {"role"}),
        ("caller", {"role", "caller", "key"}),
        ("session", {"role", "session", "caller", "key"}),
        (None, {"role", "session", "caller", "key"}),
    ],
)
def test_a_scope_says_who_shares_a_result(scope, apart):
    scoped = tool(name="mine", cache_scope=scope)(mine.function)
    key = key_of({}, scoped, caller=ANN)
    assert {name for name, other in CHANGED.items() if key_of({}, scoped, caller=other) != key} == apart


def test_a_tool_that_does_not_see_its_caller_answers_all_alike():
    assert {key_of({"count": 1}, caller=caller) for caller in (ANN, *CHANGED.values())} == {key_of({"count": 1})}
