"""The keys of the search language, one line each: documentation, completion and messages all come from here."""

from dataclasses import dataclass

from telemetry.search.kinds import Choice, Hex, Kind, Number, Text, Time
from telemetry.semconv import FAILED, REFUSED, SUCCEEDED, Outcome


@dataclass(frozen=True, slots=True)
class Key:
    """A word before a colon: its other names, the kind of its values, what it is about."""

    name: str
    aliases: tuple[str, ...]
    kind: Kind
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
SPAN_KINDS = {"unspecified": 0, "internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
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
_MOMENT = Time({"1h": "the last hour", "24h": "the last 24 hours", "7d": "the last 7 days", "yesterday": "UTC"})
_DAY = Time({"today": "today, UTC", "yesterday": "yesterday, UTC"}, is_day=True)

KEYS = (
    Key("tool", (), _TEXT, "the tool that was called"),
    Key("provider", (), _TEXT, "who serves the model: groq, openai, …"),
    Key("model", (), _TEXT, "the model"),
    Key("prompt", ("prompt_version",), _TEXT, "the version of the prompt"),
    Key("role", ("caller_role",), _TEXT, "the role of the caller"),
    Key("agent", (), _TEXT, "the agent"),
    Key("service", ("service.name",), _TEXT, "the application that sent the span"),
    Key("key", ("api_key",), _TEXT, "the name of the API key"),
    Key("operation", ("op",), _TEXT, "execute_tool, chat, embeddings, invoke_agent, …"),
    Key("kind", (), _KIND, "the span's kind in OpenTelemetry"),
    Key("name", (), _TEXT, "the span's name"),
    Key("status", (), _STATUS, "the span's status"),
    Key("outcome", (), _OUTCOME, "how a tool call ended"),
    Key("layer", (), _LAYER, "where a tool call failed or was refused"),
    Key("error", ("message", "error_message"), _PHRASE, "words of the error's message"),
    Key("error_type", ("exception",), _TEXT, "the type of the error, like TimeoutError"),
    Key("fingerprint", ("group",), Hex(16), "the group of errors it belongs to"),
    Key("session", ("session_id", "conversation"), _ID, "the session, or conversation"),
    Key("trace", ("trace_id",), Hex(32), "the trace"),
    Key("span", ("span_id",), Hex(16), "the span"),
    Key("call", ("tool_call_id", "call_id"), _ID, "the id that the model gave the call"),
    Key("duration", ("latency", "took"), _DURATION, "how long it took; ms where no unit is given"),
    Key("attempts", (), _COUNT, "how often the tool was tried"),
    Key("tokens", (), _TOKENS, "input and output tokens together"),
    Key("input_tokens", (), _TOKENS, "tokens that went in"),
    Key("output_tokens", (), _TOKENS, "tokens that came out"),
    Key("cost", ("cost_usd",), _COST, "what it cost, in US dollars; what has no price is not found"),
    Key("cache", (), _CACHE, "what the cache said"),
    Key("is", (), _IS, "what sort of span it is"),
    Key("attr", ("attribute", "attributes"), _TEXT, "an attribute: attr.customer_id=CUST001, attr.retries:>2"),
    Key("text", (), _PHRASE, "words of the name, the tool or the error's message; a bare word means the same"),
    Key("since", ("after", "from"), _MOMENT, "began at that moment or later"),
    Key("until", ("before", "to"), _MOMENT, "began before that moment"),
    Key("on", (), _DAY, "began on that day"),
)
BY_NAME = {name: key for key in KEYS for name in (key.name, *key.aliases)}
TIMES = ("since", "until", "on")
