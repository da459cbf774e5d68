"""Refuses calls beyond a rate or a quota, and says which and until when."""

from collections.abc import Sequence
from dataclasses import replace

from tools.calls.call import LimitLeft, Next, ToolCall, ToolResult
from tools.errors import RateLimited
from tools.running.admissions import Admissions
from tools.running.limits import CallLimits, Limits
from tools.state.base import Admission, Left
from tools.state.quotas.quota import DAY_S, Period, Quota

BEGINS = {Period.DAY: "at midnight UTC", Period.MONTH: "with the next month, UTC"}


class RateLimit:
    """Token buckets and quotas that all processes share."""

    def __init__(self, admissions: Admissions, limits: Limits) -> None:
        self._admissions = admissions
        self._limits = limits

    async def __call__(self, call: ToolCall, call_next: Next) -> ToolResult:
        if call.admission is None and self._limits.concern(call):
            call = await self._admissions.admit(call)
        if call.admission is not None and not call.admission.allowed:
            raise refusal(call, self._limits.of(call), call.admission)
        told = call.admission.left if call.admission else ()
        left = what_is_left(self._limits.of(call), told) if told else ()
        if call.on_limits is not None:
            call.on_limits(left)
        result = await call_next(call)
        return replace(result, limits=left) if left else result


def what_is_left(limits: CallLimits, left: Sequence[Left]) -> tuple[LimitLeft, ...]:
    """*left* with what each of *limits* allows."""
    rates = {"rate": limits.rate, "caller_rate": limits.caller_rate}
    allowed = {name: (rate.count, round(rate.per_s)) for name, rate in rates.items() if rate}
    allowed |= {quota.name: (quota.limit, window_s(quota)) for quota in limits.quotas}
    return tuple(
        LimitLeft(name, *allowed[name], rest, full_in_s) for name, rest, full_in_s in left if name in allowed
    )


def window_s(quota: Quota) -> int:
    """The length of the period of *quota*; months have several."""
    return DAY_S if quota.period is Period.DAY else 0


def refusal(call: ToolCall, limits: CallLimits, admission: Admission) -> RateLimited:
    """The error of a *call* that one of *limits* refused."""
    wait_s = admission.retry_after_s
    for quota in limits.quotas:
        if quota.name == admission.refused_by:
            return _quota_refusal(call, quota, wait_s)
    rate, whose = limits.rate, ""
    if admission.refused_by == "caller_rate":
        rate, whose = limits.caller_rate, " from each caller"
    return RateLimited(
        f"The tool {call.tool.name!r} takes {rate}{whose}: try again in {_shown(wait_s)}.",
        retry_after_s=wait_s,
        limit=(admission.refused_by, rate.count, round(rate.per_s)) if rate else None,
    )


def _quota_refusal(call: ToolCall, quota: Quota, wait_s: float) -> RateLimited:
    of_key = quota.name.startswith("key_")
    whose = f"the API key {call.caller.api_key_name!r}" if of_key else f"this caller of {call.tool.name!r}"
    return RateLimited(
        f"The quota of {whose} is used up ({quota.limit:,} a {quota.period}): it begins anew in "
        f"{_shown(wait_s)}, {BEGINS[quota.period]}.",
        code="quota_exceeded",
        hint=f"an admin raises it under /admin/tools/{'apikey' if of_key else 'tool'}/",
        retry_after_s=wait_s,
        limit=(quota.name, quota.limit, window_s(quota)),
    )


def _shown(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes = seconds / 60
    if minutes < 120:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.0f} h" if minutes < 48 * 60 else f"{minutes / 60 / 24:.0f} days"
