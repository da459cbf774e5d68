"""One span with all that is known of it, as its page shows it. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.pages.traces.marks import state_of
from dashboard.pages.traces.messages import LONG_CHARS, Exchange, exchange, pretty, start_of
from dashboard.pages.traces.spans import TraceSpan
from dashboard.wording import formats
from dashboard.wording.formats import dollars
from dashboard.wording.states import State
from telemetry import semconv as sc
from telemetry.errors.models import ErrorGroup
from telemetry.exports.otlp_json import key_of, trace_as_otlp_json
from telemetry.models import Span, SpanPayload

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
ORIGINS = {str(sc.Origin.OWN): "recorded here", str(sc.Origin.REPORTED): "reported over OTLP"}


@dataclass(frozen=True, slots=True)
class Text:
    """A text that can be copied; a long one begins folded."""

    title: str
    text: str
    empty: str
    note: str = ""

    @property
    def is_long(self) -> bool:
        return len(self.text) > LONG_CHARS

    @property
    def start(self) -> str:
        return start_of(self.text)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened during the span, ``after_ms`` its start (None where no time was sent)."""

    name: str
    after_ms: float | None
    attributes: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Detail:
    """The parts of the page, each empty where nothing was recorded."""

    span: TraceSpan
    state: State
    group: ErrorGroup | None
    kind: str
    status: str
    hint: str
    caller_role: str
    api_key: str
    origin: str
    texts: Sequence[Text]
    exchange: Exchange
    tables: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    raw: str
    events: Sequence[Event]

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Who asked, and what answered; what is not known is left out."""
        span = self.span
        said = (
            ("Provider · model", " · ".join(filter(None, (span.provider, span.model)))),
            ("Prompt version", span.prompt_version),
            ("Agent", span.agent),
            ("Caller role", self.caller_role),
            ("API key", self.api_key),
            ("Call", span.tool_call_id),
            ("Tokens", _tokens(span)),
            ("Cost", cost_words(span)),
            ("Service", span.service),
            ("Origin", ORIGINS.get(self.origin, self.origin)),
            ("Kind · status", f"{self.kind} · {self.status}"),
        )
        return [(name, value) for name, value in said if value]


# Beside a permission that is not there the page says so, not that there was nothing.
WITHHELD = "Only for who has the permission telemetry.view_spanpayload."


def detail(
    span: TraceSpan,
    stored: Span,
    payload: SpanPayload | None = None,
    group: ErrorGroup | None = None,
    *,
    withheld: bool = False,
) -> Detail:
    """*span* with what is *stored* of it, its *payload*, and the *group* of its error.

    *withheld*: whoever asks may not see payloads, and there is none among what is given.
    """
    attributes: Mapping[str, Any] = stored.attributes
    return Detail(
        span=span,
        state=state_of(span),
        group=group,
        kind=_word(KINDS, span.kind),
        status=_word(STATUSES, span.status),
        hint=words(attributes.get(sc.ERROR_HINT, "")),
        caller_role=stored.caller_role,
        api_key=stored.api_key,
        origin=stored.origin,
        texts=withheld_texts(span) if withheld else _texts(span, payload, attributes.get(sc.REPAIRS)),
        exchange=exchange(payload.messages) if payload else Exchange(),
        raw=_raw(stored, payload),
        tables=[(title, rows) for title, rows in _tables(stored) if rows],
        events=[_event(event, span) for event in stored.events or () if isinstance(event, dict)],
    )


def cost_words(span: TraceSpan) -> str:
    """What a span cost; ``unpriced`` where its tokens have no known price, nothing where it used none."""
    if span.cost_usd is not None:
        return dollars(span.cost_usd)
    return "unpriced" if span.is_unpriced else ""


def pairs(attributes: Mapping[str, Any]) -> list[tuple[str, str]]:
    return sorted((name, words(value)) for name, value in attributes.items())


def words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _tables(stored: Span) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    source = stored.source
    yield "Attributes", pairs(stored.attributes)
    for number, link in enumerate(stored.links or (), 1):
        ids = {name: link.get(name, "") for name in ("trace_id", "span_id")}
        yield f"Link {number}", [*ids.items(), *pairs(link.get("attributes") or {})]
    yield "Resource", pairs(source.resource)
    named = {"name": source.scope_name, "version": source.scope_version}
    yield "Scope", [*((key, value) for key, value in named.items() if value), *pairs(source.scope_attributes)]


def _raw(stored: Span, payload: SpanPayload | None) -> str:
    request = trace_as_otlp_json([stored], {key_of(stored): payload} if payload else None)
    return json.dumps(request["resourceSpans"][0], indent=2, ensure_ascii=False)


def _texts(span: TraceSpan, payload: SpanPayload | None, repairs: Any) -> list[Text]:
    """Arguments and result: of a call always, of another span where they were recorded."""
    arguments, result = (pretty(payload.arguments), pretty(payload.result)) if payload else ("", "")
    texts = (
        Text("Arguments", arguments, "None were recorded.", _repaired(repairs)),
        Text("Result", result, "Nothing was returned."),
    )
    return [text for text in texts if text.text or span.is_call]


def withheld_texts(span: TraceSpan) -> list[Text]:
    """What stands in the place of the arguments and the result of a call; nothing for other spans."""
    return [Text(title, "", WITHHELD) for title in ("Arguments", "Result")] if span.is_call else []


def _tokens(span: TraceSpan) -> str:
    if span.tokens is None:
        return ""
    return f"{formats.count(span.input_tokens)} in · {formats.count(span.output_tokens)} out"


def _repaired(repairs: Any) -> str:
    if not repairs:
        return ""
    return f"repaired: {'; '.join(map(str, repairs)) if isinstance(repairs, list) else repairs}"


def _event(event: Mapping[str, Any], span: TraceSpan) -> Event:
    attributes, time_ns = event.get("attributes"), event.get("time_ns")
    return Event(
        name=str(event.get("name") or "unnamed"),
        after_ms=(time_ns - span.start_ns) / 1e6 if isinstance(time_ns, int) and time_ns else None,
        attributes=pairs(attributes) if isinstance(attributes, dict) else [],
    )


def _word(choices: Sequence[str], number: int) -> str:
    return choices[number] if 0 <= number < len(choices) else choices[0]
