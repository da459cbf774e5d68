"""The options of ``@tool`` that are policy: read into a ToolPolicy, every mistake told at once."""

import math
from collections.abc import Collection, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any

from rapidfuzz import process

from tools.definition.policy import BreakerPolicy, Rate, ToolPolicy

# An admin's alone: a tool's code does not switch itself off.
NOT_FOR_CODE = frozenset({"description", "enabled", "breaker_hold"})
RATES = frozenset({"rate", "caller_rate"})
NAMES = frozenset({"roles", "retry_on"})
# Of these, 0 would mean that nothing can ever run.
ABOVE_ZERO = frozenset({"timeout_s", "deadline_s", "window_s", "cooldown_s", "failures", "share", "slow_share"})
AT_MOST_ONE = frozenset({"share", "slow_share", "semantic_threshold"})
BOUNDED = ABOVE_ZERO | {"max_queued"}
# What is said of a tool besides its policy.
TRAITS = frozenset({"tags", "version", "idempotent", "calls", "semantic", "read_only", "probe", "sample"})
OPTIONS = {option.name: option for option in fields(ToolPolicy) if option.name not in NOT_FOR_CODE}


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """*options* without those that are None, as people write who pass their own defaults on.

    Of what is always bounded None may be meant as no bound, and is told.
    """
    may_be_none = (OPTIONS.keys() | TRAITS) - BOUNDED
    return {name: value for name, value in options.items() if value is not None or name not in may_be_none}


def read_traits(options: dict[str, Any], faults: list[str]) -> dict[str, Any]:
    """What *options* (they are taken out of it) say of the tool besides policy; what is wrong goes to *faults*."""
    traits: dict[str, Any] = {}
    of_names = [_take_names(traits, name, options.pop(name, ())) for name in ("tags", "calls")]
    faults += filter(None, of_names)
    traits["version"] = version = options.pop("version", "")
    if not isinstance(version, str):
        faults.append(f"version must be a text, not {version!r}: write {str(version)!r}")
    traits["idempotent"] = options.pop("idempotent", False)
    return traits


def read_policy(options: Mapping[str, Any], faults: list[str]) -> ToolPolicy:
    """The policy of *options*; what is wrong with them is added to *faults*, and left out."""
    read: dict[str, Any] = {}
    for name, value in options.items():
        if name not in OPTIONS:
            close = process.extractOne(name, list(OPTIONS), score_cutoff=60)
            meant = f": did you mean {close[0]!r}?" if close else f": it takes {', '.join(sorted(OPTIONS))}"
            faults.append(f"there is no option {name!r}{meant}")
        elif fault := _take(read, name, value):
            faults.append(fault)
    return ToolPolicy(**read)


def _take(read: dict[str, Any], name: str, value: Any) -> str:
    """Put the option into *read*, or answer what is wrong with it."""
    if name == "breaker":
        return _take_breaker(read, value)
    if name in RATES:
        return _take_rate(read, name, value)
    if name in NAMES:
        return _take_names(read, name, value)
    read[name] = value
    fault = _fault_of_number(OPTIONS[name], value)
    if fault:
        del read[name]
    return fault


def _take_rate(read: dict[str, Any], name: str, value: Any) -> str:
    try:
        read[name] = value if isinstance(value, Rate) else Rate.parse(value or "")
    except (ValueError, AttributeError):
        return f"{name} {value!r} is not a rate: write a number and a unit, such as '10/min' or '20/hour'"
    return ""


def _take_names(read: dict[str, Any], name: str, value: Any) -> str:
    if isinstance(value, str) or not isinstance(value, Collection):
        return f"{name} must be a collection of names, not {value!r}: write {{{str(value)!r}}}"
    if wrong := [one for one in value if not isinstance(one, str) or not one.strip()]:
        return f"{name} holds {wrong[0]!r}, which is no name"
    read[name] = frozenset(value)
    return ""


def _take_breaker(read: dict[str, Any], value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, BreakerPolicy):
        return f"breaker must be a BreakerPolicy, not {value!r}"
    wrong = [fault for option in fields(value) if (fault := _fault_of_number(option, getattr(value, option.name)))]
    read["breaker"] = value
    return "; ".join(f"breaker's {fault}" for fault in wrong)


def _fault_of_number(option: Field[Any], value: Any) -> str:
    """Why *value* is none for *option*, whose default says whether it is a whole number."""
    whole = option.default is not MISSING and isinstance(option.default, int)
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float) or not math.isfinite(value):
        return f"{option.name} must be a {'whole ' if whole else ''}number, not {value!r}"
    if value < 0 or (value == 0 and option.name in ABOVE_ZERO):
        return (
            f"{option.name} must be {'more than 0' if option.name in ABOVE_ZERO else '0 or more'}, not {value!r}"
        )
    if value > 1 and option.name in AT_MOST_ONE:
        return f"{option.name} must be at most 1, not {value!r}"
    return ""
