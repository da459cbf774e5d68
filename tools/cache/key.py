"""The key under which a call's result is kept."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json, to_jsonable_python

from tools.calls.call import Caller, ToolCall
from tools.calls.nested import Calls
from tools.definition.cache_rules import CacheScope

# What a tool may take that makes its answer one for this caller alone.
SEE_CALLER = frozenset({Caller, ToolCall, Calls})
# Values that have one form in JSON. Most arguments are such, and need not be put in order.
PLAIN = frozenset({str, int, float, bool, type(None)})


def cache_key(call: ToolCall) -> str:
    """SHA-256 (hexadecimal) over the tool and its version, the coerced arguments, and who may share the result.

    Over its times too: an admin who shortens them means the results that are already kept.
    """
    return _hashed(call, call.arguments)


def kinship(call: ToolCall, without: str) -> str:
    """The same over all arguments but one: calls whose results differ by that one alone share it."""
    return _hashed(call, {name: value for name, value in call.arguments.items() if name != without})


def _hashed(call: ToolCall, arguments: Mapping[str, Any]) -> str:
    tool, policy = call.tool, call.policy
    head = [tool.name, tool.version, policy.cache_ttl_s, policy.cache_stale_s, *_sharers(call)]
    return hashlib.sha256(to_json(head) + canonical(arguments)).hexdigest()


def _sharers(call: ToolCall) -> list[str]:
    """What of the caller the result depends on."""
    scope, caller = call.tool.cache.scope, call.caller
    if scope is None:
        scope = CacheScope.SESSION if sees_caller(call.tool.schema.injected) else CacheScope.ALL
    if scope is CacheScope.ALL:
        return []
    if scope is CacheScope.ROLE:
        return [caller.role]
    if scope is CacheScope.CALLER:
        return [caller.role, caller.identity]
    return [caller.role, caller.api_key_name, caller.caller_id, caller.session_id]


def sees_caller(injected: Mapping[str, type]) -> bool:
    return bool(injected) and not SEE_CALLER.isdisjoint(injected.values())


def canonical(arguments: Mapping[str, Any]) -> bytes:
    """Equal *arguments* as equal bytes, whatever their order."""
    if all(type(value) in PLAIN for value in arguments.values()):
        return to_json(dict(sorted(arguments.items())))
    ordered = to_jsonable_python(_ordered(arguments), serialize_unknown=True)
    return json.dumps(ordered, sort_keys=True, separators=(",", ":")).encode()


def _ordered(value: Any) -> Any:
    """Sets as sorted lists; dictionaries are put in order as JSON."""
    if isinstance(value, Mapping):
        return {key: _ordered(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((_ordered(item) for item in value), key=repr)
    return value
