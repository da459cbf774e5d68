"""What calls were counted by and what is left, as headers of their answer."""

import math
from collections.abc import Iterable, Sequence

from tools.calls.call import LimitLeft, ToolResult
from tools.errors import RateLimited


def limits_of(ending: object) -> Sequence[LimitLeft]:
    """What a call that ended so was counted by, as far as its ending says."""
    if isinstance(ending, ToolResult):
        return ending.limits
    if isinstance(ending, RateLimited) and ending.limit:
        return (LimitLeft(*ending.limit, left=0, full_in_s=ending.retry_after_s or 0),)
    return ()


def scarcest(endings: Iterable[object]) -> list[LimitLeft]:
    """The limits of all *endings*, each name once: where least is left, and for longest.

    Calls of one tool count by the same limit, of which the last knows what is left. Those of two tools may each
    have a ``rate``: who heeds the scarcer one is refused by neither.
    """
    found: dict[str, LimitLeft] = {}
    for limit in (limit for ending in endings for limit in limits_of(ending)):
        known = found.setdefault(limit.name, limit)
        if (limit.left, -limit.full_in_s) < (known.left, -known.full_in_s):
            found[limit.name] = limit
    return list(found.values())


def rate_limit_headers(limits: Sequence[LimitLeft]) -> dict[str, str]:
    """*limits* as in the IETF's draft "RateLimit header fields for HTTP"."""
    if not limits:
        return {}
    windows = [f";w={limit.window_s}" if limit.window_s else "" for limit in limits]
    policies = [f'"{limit.name}";q={limit.quota}{window}' for limit, window in zip(limits, windows, strict=True)]
    left = [f'"{limit.name}";r={limit.left};t={math.ceil(limit.full_in_s)}' for limit in limits]
    return {"RateLimit-Policy": ", ".join(policies), "RateLimit": ", ".join(left)}
