"""Whose calls a quota counts: an API key's over all tools, and a caller's of one tool."""

import hashlib
from functools import lru_cache

from tools.definition.policy import ToolPolicy
from tools.state.quotas.quota import Period, Quota


@lru_cache(maxsize=4096)
def digest(identity: str) -> str:
    """*identity* as part of a key in shared state: it may be long, or somebody's mail address."""
    return hashlib.blake2b(identity.encode(errors="replace"), digest_size=12).hexdigest()


@lru_cache(maxsize=4096)
def quotas_of_key(name: str, quota_day: int, quota_month: int) -> tuple[Quota, ...]:
    """The quotas of the API key *name*; none for 0."""
    return _quotas("key_", f"key:{digest(name)}", quota_day, quota_month)


def quotas_of_caller(tool: str, policy: ToolPolicy, caller: str) -> tuple[Quota, ...]:
    """The quotas of one *caller* (a digest) of *tool*."""
    return _quotas("", f"tool:{tool}:{caller}", policy.quota_day, policy.quota_month)


def _quotas(prefix: str, owner: str, quota_day: int, quota_month: int) -> tuple[Quota, ...]:
    limits = ((Period.DAY, quota_day), (Period.MONTH, quota_month))
    return tuple(Quota(f"{prefix}quota_{period}", owner, period, limit) for period, limit in limits if limit)
