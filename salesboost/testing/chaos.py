"""Chaos profiles: mixes of the lab's faults under one name, as outages and bad days are."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from salesboost.lab import Lab
from salesboost.lab.script import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """``faults`` by name: of how many requests each happens to, at vendors that have such a fault."""

    about: str
    faults: Mapping[str, float] = field(default_factory=dict)
    latency_ms: float = 0.0


# Of those that happen to a request, only the first does: shares below one another add up to about their sum.
PROFILES: Mapping[str, Profile] = {
    "flaky": Profile(
        about="one request in six fails, each for another reason",
        faults={"server_error": 0.06, "bad_gateway": 0.06, "closed_connection": 0.06},
    ),
    "overloaded": Profile(
        about="most requests are turned away, some with a time to wait",
        faults={"overloaded": 0.5, "rate_limited": 0.4},
    ),
    "malformed": Profile(
        about="calls are cut off, empty, of tools that nobody offers, or one level too deep",
        faults={
            "cut_arguments_silently": 0.3,
            "empty_arguments": 0.3,
            "invented_tool": 0.4,
            "no_arguments": 0.3,
            "unknown_tool": 0.3,
            "malformed_call": 0.3,
            "tool_use_failed_half_tag": 0.2,
        },
    ),
    "broken_streams": Profile(
        about="streams break off or end in an error",
        faults={"cut_stream": 0.3, "overloaded_stream": 0.3},
    ),
    "slow": Profile(about="each answer takes most of a second", latency_ms=800.0),
    "silent": Profile(about="connections are held, and nothing is ever said", faults={"silence": 1.0}),
    "outage": Profile(about="nothing answers", faults={"closed_connection": 1.0}),
    "revoked": Profile(about="the key is refused", faults={"wrong_key": 1.0}),
}


@contextmanager
def chaos(lab: Lab, name: str, *, vendor: str = "", model: str = "") -> Iterator[Profile]:
    """Have *lab* behave as the profile *name* says, to *vendor* and *model* ("": all), for a ``with``.

    Several may be on at once. Latency is of the whole lab, whoever is asked. Raises ValueError for a name that
    there is not.
    """
    profile = PROFILES.get(name)
    if profile is None:
        raise ValueError(f"There is no chaos profile {name!r}: use one of {', '.join(PROFILES)}.")
    orders = [Order(fault, vendor, model, None, share) for fault, share in profile.faults.items()]
    known = [order for order in orders if is_known(lab, order)]
    before = lab.latency_ms
    lab.latency_ms = max(before, profile.latency_ms)
    for order in known:
        lab.script.order(order)
    try:
        yield profile
    finally:
        lab.latency_ms = before
        for order in known:
            lab.script.take_back(order)


def is_known(lab: Lab, order: Order) -> bool:
    """Whether a vendor that *order* concerns has such a fault. Raises ValueError for one that there is not."""
    if order.vendor and order.vendor not in lab.script.faults:
        raise ValueError(f"The lab has no vendor {order.vendor!r}: use one of {', '.join(lab.script.faults)}.")
    return any(
        order.fault in faults for vendor, faults in lab.script.faults.items() if order.vendor in ("", vendor)
    )
