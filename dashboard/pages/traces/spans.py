"""One span as the pages about traces see it: exact times, and what happened inside. Plain values."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from dashboard.addresses.links import hex16
from telemetry.counts.outcome_counts import ANSWERED_BEFORE
from telemetry.semconv import FAILED, REFUSED, SUCCEEDED

NOT_RUN = (*ANSWERED_BEFORE, *REFUSED)
STATUS_OK, STATUS_ERROR = 1, 2
KIND_SERVER = 2
NO_TRACE = uuid.UUID(int=0)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try inside a call: it began ``delay_ns`` after the one before had ended."""

    number: int
    end_ns: int  # since 1970; 0: not recorded
    duration_ns: int
    delay_ns: int = 0
    error: str = ""
    hedge: str = ""  # "first" | "second" of two beside each other

    @property
    def duration_ms(self) -> float:
        return self.duration_ns / 1e6

    @property
    def delay_ms(self) -> float:
        return self.delay_ns / 1e6

    @property
    def is_second(self) -> bool:
        return self.hedge == "second"


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSpan:
    """What the waterfall, the flame graph and the comparison draw of a span, without its payload."""

    span_id: int  # signed, as stored
    start_ns: int  # since 1970
    duration_ns: int
    trace_id: uuid.UUID = NO_TRACE
    parent_id: int | None = None
    name: str = ""
    kind: int = 1
    status: int = 0
    operation: str = ""
    tool: str = ""
    provider: str = ""
    model: str = ""
    prompt_version: str = ""
    agent: str = ""
    service: str = ""
    outcome: str = ""
    attempts_made: int = 1
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: Decimal | None = None
    error_type: str = ""
    error_message: str = ""
    fingerprint: int | None = None
    session_id: str = ""
    tool_call_id: str = ""
    cache: str = ""
    breaker: str = ""
    queue_wait_ns: int = 0
    first_chunk_ns: int = 0  # from the start of the span; 0: not told
    attempts: tuple[Attempt, ...] = ()

    @property
    def end_ns(self) -> int:
        return self.start_ns + self.duration_ns

    @property
    def duration_ms(self) -> float:
        return self.duration_ns / 1e6

    @property
    def start_time(self) -> datetime:
        return EPOCH + timedelta(microseconds=self.start_ns // 1000)

    @property
    def hex(self) -> str:
        """The span id as OpenTelemetry writes it."""
        return hex16(self.span_id)

    @property
    def label(self) -> str:
        """What it is called in a list: the tool, or else the span's name."""
        return self.tool or self.name or "unnamed"

    @property
    def is_call(self) -> bool:
        return bool(self.outcome)

    @property
    def succeeded(self) -> bool:
        return self.outcome in SUCCEEDED

    @property
    def refused(self) -> bool:
        return self.outcome in REFUSED

    @property
    def failed(self) -> bool:
        """Ended badly: a call by its outcome, any other span by its status."""
        return self.outcome in FAILED if self.outcome else self.status == STATUS_ERROR

    @property
    def was_answered_before(self) -> bool:
        """The tool did not run: the cache answered, or a stage refused the call."""
        return self.outcome in NOT_RUN

    @property
    def tokens(self) -> int | None:
        if self.input_tokens is None and self.output_tokens is None:
            return None
        return (self.input_tokens or 0) + (self.output_tokens or 0)

    @property
    def is_unpriced(self) -> bool:
        """It used tokens whose price is not known, which is not the same as free."""
        return self.tokens is not None and self.cost_usd is None
