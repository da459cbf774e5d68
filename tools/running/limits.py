"""What limits a call: its tool's rate and its caller's, its caller's quotas and its API key's."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from tools.calls.call import ToolCall
from tools.definition.policy import Rate
from tools.state.quotas.owners import digest, quotas_of_caller, quotas_of_key
from tools.state.quotas.quota import Quota


class KeyQuotas(Protocol):
    """What is known of an API key."""

    @property
    def quota_day(self) -> int: ...
    @property
    def quota_month(self) -> int: ...


def no_keys(name: str) -> KeyQuotas | None:
    """No API key has a quota."""
    return None


@dataclass(frozen=True, slots=True)
class CallLimits:
    """The part of a ``Question`` that may refuse a call for being one too many."""

    rate: Rate | None = None
    caller_rate: Rate | None = None
    caller: str = ""
    quotas: tuple[Quota, ...] = ()


NONE = CallLimits()


class Limits:
    """*key_quotas* finds an API key by its name; where limits are not *enabled*, nothing is limited."""

    def __init__(self, key_quotas: Callable[[str], KeyQuotas | None] = no_keys, enabled: bool = True) -> None:
        self._key_quotas = key_quotas
        self._enabled = enabled

    def concern(self, call: ToolCall) -> bool:
        """Whether *call* has to be counted before it may run."""
        if not self._enabled:
            return False
        return call.policy.limited or bool(call.caller.api_key_name and self._of_key(call.caller.api_key_name))

    def of(self, call: ToolCall) -> CallLimits:
        """All that *call* is counted by."""
        if not self._enabled:
            return NONE
        policy, quotas = call.policy, self._of_key(call.caller.api_key_name)
        if not (policy.caller_rate or policy.quota_day or policy.quota_month):
            return CallLimits(policy.rate, quotas=quotas) if quotas or policy.rate else NONE
        caller = digest(call.caller.identity)
        return CallLimits(
            policy.rate, policy.caller_rate, caller, quotas + quotas_of_caller(call.tool.name, policy, caller)
        )

    def _of_key(self, name: str) -> tuple[Quota, ...]:
        key = self._key_quotas(name) if name else None
        if key is None or not (key.quota_day or key.quota_month):
            return ()
        return quotas_of_key(name, key.quota_day, key.quota_month)
