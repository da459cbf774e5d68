"""The keys of the search language, one line each: docs, completion, messages and SQL all come from here."""

from dataclasses import dataclass
from functools import partial

from django.db.models import Q

from telemetry import semconv as sc
from telemetry.search import attributes
from telemetry.search import conditions as on
from telemetry.search.kinds import Choice, Hex, Kind, Number, Text, Time
from telemetry.search.plans import OfOutcome, OfSeries, OfSpan, Plan
from telemetry.semconv import FAILED, REFUSED, SUCCEEDED, Outcome


@dataclass(frozen=True, slots=True)
class Key:
    """A word before a colon: its other names, the kind of its values, how it compiles, what it is about."""

    name: str
    aliases: tuple[str, ...]
    kind: Kind
    compile: on.Compile
    help: str


_COUNT_UNITS = {"": 1.0, "k": 1e3, "m": 1e6}
_TEXT = Text()
_PHRASE = Text("words in this order, whole ones; `*` for anything")
_ID = Text("the id as it is, `*` for anything")
_COUNT = Number("a number, like 3 or >2", {"": 1.0}, {">1": "more than one", ">2": "more than two"})
_TOKENS = Number(
    "a number of tokens, like >1000 or >10k",
    {**_COUNT_UNITS, "tokens": 1.0, "tok": 1.0},
    {">1k": "more than 1,000 tokens", ">10k": "more than 10,000 tokens"},
)
_DURATION = Number(
    "a duration, like >500ms or 1s..2s",
    {"": 1.0, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "min": 6e4, "h": 3.6e6},
    {">500ms": "longer than half a second", ">2s": "longer than two seconds", "500ms..2s": "between the two"},
    "ms",
)
_COST = Number(
    "an amount of US dollars, like >$0.01", {"": 1.0, "$": 1.0, "usd": 1.0}, {">$0.01": "more than a cent"}
)
STATUSES = {"error": (2,), "ok": (1,), "unset": (0,), "fine": (0, 1)}
_STATUS = Choice(
    {
        "error": "ended in an error",
        "ok": "was said to be fine",
        "unset": "nothing was said, and so it is fine",
        "fine": "ended without an error: ok or unset",
    }
)
_OUTCOME_HELP = {
    Outcome.FIRST_TRY: "succeeded at once",
    Outcome.AFTER_RETRY: "succeeded after a retry",
    Outcome.AFTER_FALLBACK: "succeeded by a fallback",
    Outcome.FROM_CACHE: "was answered by the cache",
    Outcome.AUTHORIZATION: "refused: the caller may not",
    Outcome.RATE_LIMIT: "refused: too many calls",
    Outcome.ARGUMENTS: "failed: bad arguments",
    Outcome.BREAKER: "failed: the breaker was open",
    Outcome.TIMEOUT: "failed: it took too long",
    Outcome.PROVIDER: "failed: what it calls failed",
    Outcome.RETURNED_FAILURE: "failed: the tool returned a failure",
    Outcome.TOOL_BUG: "failed: an error in the tool",
}
OUTCOME_GROUPS = {"succeeded": SUCCEEDED, "failed": FAILED, "refused": REFUSED}
_OUTCOME = Choice(
    {group: f"every call that {'was ' * (group == 'refused')}{group}" for group in OUTCOME_GROUPS}
    | {str(outcome): says for outcome, says in _OUTCOME_HELP.items()}
)
_LAYER = Choice({str(outcome): _OUTCOME_HELP[outcome] for outcome in (*FAILED, *REFUSED)})
SPAN_KINDS = {
    word: (number,)
    for number, word in enumerate(("unspecified", "internal", "server", "client", "producer", "consumer"))
}
_KIND = Choice({kind: f"a span of kind {kind}" for kind in SPAN_KINDS})
_CACHE = Choice(
    {
        "hit": "the cache had the answer",
        "stale": "an older answer was given while a new one was made",
        "joined": "an equal call that ran already answered",
        "semantic": "the answer to a question in other words",
        "miss": "the cache had no answer, and the tool ran",
        "refresh": "ran to renew the cache, and nobody waited",
    }
)
_PLANS: dict[str, Plan] = {
    "root": OfSpan(Q(parent_span_id__isnull=True)),
    "tool": OfSeries(Q(operation=sc.OPERATION_EXECUTE_TOOL)),
    "llm": OfSeries(Q(operation__in=on.MODEL_OPERATIONS)),
    "agent": OfSeries(Q(operation__in=sc.AGENT_OPERATIONS)),
    "retried": OfSpan(Q(attempts__gt=1), is_indexed=True),
    "cached": OfOutcome(frozenset({str(Outcome.FROM_CACHE)})),
    "unpriced": OfSpan(
        Q(cost_usd__isnull=True) & (Q(input_tokens__isnull=False) | Q(output_tokens__isnull=False)),
        is_indexed=True,
    ),
    "sampled": OfSpan(Q(weight__gt=1), is_indexed=True),
}
_IS = Choice(
    {
        "root": "the first span of its trace",
        "tool": "a tool call",
        "llm": "a call of a model",
        "agent": "the run of an agent",
        "retried": "more than one attempt",
        "cached": "a tool call that the cache answered",
        "unpriced": "has tokens and no price",
        "sampled": "stands for others like it that were not kept",
    }
)
_ORIGIN = Choice(
    {
        "own": "this installation made it",
        "reported": "it was told of over OTLP",
        "counted": "what the pages count: our own, and what is reported of tools that are not registered here",
    }
)
_MOMENT = Time({"1h": "the last hour", "24h": "the last 24 hours", "7d": "the last 7 days", "yesterday": "UTC"})
_DAY = Time({"today": "today, UTC", "yesterday": "yesterday, UTC"}, is_day=True)

KEYS = (
    Key("tool", (), _TEXT, on.of_series("tool"), "the tool that was called"),
    Key("provider", (), _TEXT, on.of_series("provider"), "who serves the model: groq, openai, …"),
    Key("model", (), _TEXT, on.of_series("model"), "the model"),
    Key("prompt", ("prompt_version",), _TEXT, on.of_series("prompt_version"), "the version of the prompt"),
    Key("role", ("caller_role",), _TEXT, on.of_series("caller_role"), "the role of the caller"),
    Key("agent", (), _TEXT, on.of_series("agent"), "the agent"),
    Key("service", ("service.name",), _TEXT, on.of_series("service"), "the application that sent the span"),
    Key("key", ("api_key",), _TEXT, on.of_series("api_key"), "the name of the API key"),
    Key("origin", (), _ORIGIN, on.origin, "who saw it: this installation, or somebody who sent it"),
    Key("operation", ("op",), _TEXT, on.of_series("operation"), "execute_tool, chat, embeddings, invoke_agent, …"),
    Key("kind", (), _KIND, on.choice("kind", SPAN_KINDS, series=True), "the span's kind in OpenTelemetry"),
    Key("name", (), _TEXT, on.name, "the span's name"),
    Key("status", (), _STATUS, on.choice("status", STATUSES), "the span's status"),
    Key("outcome", (), _OUTCOME, on.outcome(OUTCOME_GROUPS, Outcome), "how a tool call ended"),
    Key("layer", (), _LAYER, on.outcome({}, (*FAILED, *REFUSED)), "where a tool call failed or was refused"),
    Key("error", ("message", "error_message"), _PHRASE, on.error, "words of the error's message"),
    Key("error_type", ("exception",), _TEXT, on.error_type, "the type of the error, like TimeoutError"),
    Key(
        "fingerprint",
        ("group",),
        Hex(16),
        on.digits("fingerprint", on.signed),
        "the group of errors it belongs to",
    ),
    Key("session", ("session_id", "conversation"), _ID, on.identity("session_id"), "the session, or conversation"),
    Key("trace", ("trace_id",), Hex(32), on.digits("trace_id", on.trace_id), "the trace"),
    Key("span", ("span_id",), Hex(16), on.span, "the span"),
    Key(
        "call",
        ("tool_call_id", "call_id"),
        _ID,
        on.identity("tool_call_id"),
        "the id that the model gave the call",
    ),
    Key(
        "duration",
        ("latency", "took"),
        _DURATION,
        on.number("duration_ms"),
        "how long it took; ms where no unit is given",
    ),
    Key("attempts", (), _COUNT, on.whole("attempts"), "how often the tool was tried"),
    Key("tokens", (), _TOKENS, on.tokens, "input and output tokens together"),
    Key("input_tokens", (), _TOKENS, on.whole("input_tokens"), "tokens that went in"),
    Key("output_tokens", (), _TOKENS, on.whole("output_tokens"), "tokens that came out"),
    Key(
        "cost",
        ("cost_usd",),
        _COST,
        on.number("cost_usd", on.dollars),
        "what it cost, in US dollars; what has no price is not found",
    ),
    Key("cache", (), _CACHE, partial(attributes.named, sc.CACHE), "what the cache said"),
    Key("is", (), _IS, on.flag(_PLANS), "what sort of span it is"),
    Key(
        "attr",
        ("attribute", "attributes"),
        _TEXT,
        attributes.attribute,
        "an attribute: attr.customer_id=CUST001, attr.retries:>2",
    ),
    Key(
        "text",
        (),
        _PHRASE,
        on.text,
        "words of the name, the tool or the error's message; a bare word means the same",
    ),
    Key("since", ("after", "from"), _MOMENT, on.everything, "began at that moment or later"),
    Key("until", ("before", "to"), _MOMENT, on.everything, "began before that moment"),
    Key("on", (), _DAY, on.everything, "began on that day"),
)
BY_NAME = {name: key for key in KEYS for name in (key.name, *key.aliases)}
TIMES = ("since", "until", "on")
