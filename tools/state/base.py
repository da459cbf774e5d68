"""What the stages ask of shared state. Valkey answers it for all processes, memory for one."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from telemetry.semconv import Outcome
from tools.definition.policy import BreakerHold, BreakerPolicy, Rate
from tools.state.quotas.quota import Quota, Used
from tools.state.slots.slot import Exchange, Exchanged, InUse, SlotWish

if TYPE_CHECKING:
    from tools.state.buckets.lease import Wish

# A call waits for shared state no longer than this.
ASK_TIMEOUT_S = 0.25
US = 1_000_000
# How far back the health of tools looks.
HEALTH_MINUTES = 5


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    HELD_OPEN = "held_open"  # by an admin, whatever it counts
    HELD_CLOSED = "held_closed"


@dataclass(frozen=True, slots=True)
class Claim:
    """A call that is to be made once: whoever comes with the same *key* later gets its ending."""

    key: str
    fingerprint: str  # of what is called: another one may not use the key
    owner: str  # the call's id
    lease_s: float  # nobody having said by then how it ended, the key is free again


@dataclass(frozen=True, slots=True)
class Earlier:
    """The call that took an idempotency key first: ``another`` call, one that still ``runs``, or its *ending*."""

    state: str  # another | runs | ended
    ending: bytes = b""


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a call wants of the kept results: the one under *key*, else the first of those under *like*."""

    key: str
    like: tuple[str, ...] = ()
    # For how long other processes wait for this call's result, if it is the one that fetches it; 0: they do not.
    claim_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Found:
    """A kept result."""

    key: str
    value: bytes
    fresh_s: float = 0.0  # not above 0: it is stale
    tags: tuple[str, ...] = ()
    refresh: bool = False  # it is stale, and nobody but this call is to fetch it anew


@dataclass(frozen=True, slots=True)
class Question:
    """All that one call asks of shared state before its tool runs, so that one round trip answers it."""

    tool: str
    lookup: Lookup | None = None  # None: the call is not answered from the cache
    rate: Rate | None = None  # an edited rate starts with a full bucket
    caller_rate: Rate | None = None
    caller: str = ""  # whose bucket that is; a digest, for it becomes part of a key
    quotas: tuple[Quota, ...] = ()
    tells_left: bool = False  # whether the answer says what is left of rates and quotas
    breaker_hold: BreakerHold = BreakerHold.NONE
    probes: int = 1  # how many calls may probe a rested tool at once
    # For how long this call counts as a probe if it becomes one and is not heard of again.
    probe_lease_s: float = 60.0
    claim: Claim | None = None
    wish: SlotWish | None = None  # for a slot, where the tool has a limit of calls at the same time


class Left(NamedTuple):
    """What a call that took its share left of one limit ("rate", "caller_rate", or the name of a quota)."""

    name: str
    left: int
    full_in_s: float  # until all of it is there again


@dataclass(frozen=True, slots=True)
class Admission:
    """The answer. A cache hit leaves limiter and breaker untouched, a resting tool costs no token.

    ``breaker`` is OPEN where the call has to be refused, HALF_OPEN where this call is a probe.
    """

    found: Found | None = None
    fetched_elsewhere: bool = False  # another process fetches this result just now: ask again
    # When the question was answered, by the clock of shared state; a result goes back with it.
    at_s: float = 0.0
    allowed: bool = True  # by rates and quotas
    refused_by: str = ""  # "rate", "caller_rate", or the name of a quota
    breaker: BreakerState = BreakerState.CLOSED
    probe: str = ""  # which probe of which rest this call is; to be given back when it ends
    retry_after_s: float = 0.0
    # Of each limit that was asked. Valkey reckons in microseconds, so that two equal answers may differ here.
    left: tuple[Left, ...] = field(default=(), compare=False)
    slot: str = ""  # as wished for; empty where none is free
    earlier: Earlier | None = None  # the call that has its idempotency key

    @property
    def cached(self) -> bytes | None:
        """What is kept of the call, if anything."""
        return self.found.value if self.found else None


@dataclass(frozen=True, slots=True)
class Ran:
    """A call reached its tool and ended. ``failed`` None: nothing was learned (the caller went away)."""

    tool: str
    outcome: Outcome | None
    failed: bool | None
    policy: BreakerPolicy = field(default_factory=BreakerPolicy)
    probe: str = ""  # as its admission had it
    duration_s: float = 0.0  # in its tool, retries included, waiting for its turn not

    @property
    def slow(self) -> bool:
        return 0 < self.policy.slow_s < self.duration_s


@dataclass(frozen=True, slots=True)
class Decided:
    """An admin opens (True) or closes a breaker now; from then on it goes by its counts again."""

    tool: str
    open: bool
    policy: BreakerPolicy = field(default_factory=BreakerPolicy)


class Look(StrEnum):
    """How a call that looked into the cache was answered."""

    HIT = "hit"  # from Valkey
    PROCESS = "process"  # a hit, too, from the memory of the process
    STALE = "stale"  # by a result whose time is over, while a new one is fetched
    JOINED = "joined"  # by an equal call that was running already
    SEMANTIC = "semantic"  # by the result of a question that means the same
    MISS = "miss"  # by the tool
    REFRESH = "refresh"  # nobody waited: the tool replaces a stale result

    @property
    def is_hit(self) -> bool:
        return self not in (Look.MISS, Look.REFRESH)


@dataclass(frozen=True, slots=True)
class Looked:
    """A call looked into the cache; where it ran its tool, *value* (if any) is to be kept for *ttl_s*.

    For *stale_s* more it is still given, while one call fetches it anew.
    It is not kept if one of its *tags* was dropped since *since_s* (an ``Admission``'s ``at_s``).
    *asked* tells people what the call asked: its arguments, redacted and cut.
    """

    tool: str
    key: str
    look: Look
    value: bytes | None = None
    ttl_s: float = 0.0
    stale_s: float = 0.0
    tags: tuple[str, ...] = ()
    since_s: float = math.inf
    asked: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """A call with an idempotency key ended; without an *ending* to keep, the key is free again."""

    claim: Claim
    ending: bytes | None
    keep_s: float = 0.0


# The tags of all results, and of one tool's; ``cache_drop`` takes them like any other.
ALL_RESULTS = "*"


def tag_of_tool(tool: str) -> str:
    return f"tool:{tool}"


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something was written: results with one of *tags* are out of date."""

    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spent:
    """*amount* more of a quota of days is used: what a call took that was known only behind it."""

    quota: Quota
    amount: int


HearDropped = Callable[[str], None]
Report = Ran | Looked | Settled | Decided | Dropped | Spent


@dataclass(frozen=True, slots=True)
class RunCounts:
    """How the calls that reached one tool ended in the last minutes."""

    succeeded: int = 0
    broken: int = 0  # timeout, provider, tool_bug
    returned: int = 0  # the tool said that it could not do it

    @property
    def total(self) -> int:
        return self.succeeded + self.broken + self.returned


@dataclass(frozen=True, slots=True)
class CacheOptions:
    """How the cache of results is kept. Without *lru* the oldest result goes first, read or not."""

    lru: bool = True
    access_tracking: bool = True  # count the reads of each result
    max_results: int = 10_000


class SharedState(Protocol):
    """Token buckets, breakers and cached results, of one process (memory) or of all (Valkey)."""

    async def ask(self, question: Question) -> Admission:
        """Cache look-up, breaker, then a token, in one round trip."""

    async def report(self, reports: Sequence[Report]) -> None:
        """Count outcomes and keep results, in one round trip for all of *reports*."""

    def breaker_state(self, tool: str) -> BreakerState:
        """The last state heard of, without a round trip. HALF_OPEN: its rest is over, ask for the probe."""

    def breaker_rest_s(self, tool: str) -> float:
        """How long the tool goes on resting, as far as this process has heard."""

    async def cache_statistics(self) -> dict[str, Any]:
        """The shape of ``GET /api/v1/cache/statistics``."""

    async def cache_top(self, limit: int) -> list[dict[str, Any]]:
        """The results read most often: ``{"tool", "key", "hits", "expires_in_s"}``."""

    async def cache_drop(self, tags: Sequence[str]) -> int:
        """Forget the results with one of *tags*, in every process. The number forgotten."""

    def hear_dropped(self, hear: HearDropped) -> None:
        """From now on tell *hear*, from any thread, of each tag that is dropped anywhere."""

    async def lease(self, process: str, wishes: "Sequence[Wish]") -> list[int]:
        """Lease tokens to *process*: how many it is granted of each bucket that it wishes for."""

    async def quotas_used(self, quotas: Sequence[Quota]) -> list[Used]:
        """How much of each of *quotas* is used."""

    async def exchange_slots(self, asked: Exchange) -> Exchanged:
        """Give slots of one tool back, renew those that are held, and take more."""

    async def slots_in_use(self, tools: Sequence[str]) -> Mapping[str, InUse]:
        """How many slots of each of *tools* are taken, and how many calls wait."""

    async def run_counts(self) -> Mapping[str, RunCounts]:
        """By tool, over the last five minutes."""

    async def claim(self, name: str, hold_s: float) -> bool:
        """Whether *name* is the asker's for *hold_s*: until then it is nobody else's, in any process."""

    async def post(self, notes: Mapping[str, bytes]) -> None:
        """Let every process read *notes*, each under its name until it is posted anew, for a day at most."""

    async def notes(self) -> Mapping[str, bytes]:
        """What was posted, by its name."""
