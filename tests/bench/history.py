"""A month of spans, made from a seed by SQL alone: ten million take minutes, where the store would take an hour.

What it makes: traces of an agent's turn (one agent span, two of a model, three tool calls), 4 % of the calls
failing, 3 % retried, sessions of four turns, two thousand customers, and one call that a person may look for.
"""

import hashlib
import json
import uuid
from datetime import UTC, datetime, time, timedelta

from django.db import connection

from telemetry.database import partitions
from telemetry.dictionaries.lookup import ATTRIBUTE_SETS, SERIES, SOURCES
from telemetry.rollups import rollup_sql
from telemetry.spans.finished import SourceKey
from telemetry.spans.rows import SeriesKey

SPANS_A_TRACE = 6
TOOLS = (
    *("crm_integration", "knowledge_retriever", "price_calculator", "compliance_check"),
    *("profile_reader", "stage_classifier", "sms_outreach", "competitor_analysis"),
)
MODELS = (
    ("openai", "gpt-4o"),
    ("openai", "gpt-4o-mini"),
    ("groq", "llama-3.3-70b-versatile"),
    ("anthropic", "claude-sonnet-4"),
)
PROMPTS = ("v7", "v8", "v9")
SERVICE = {"service": "shop", "api_key": "shop"}
RARE = SeriesKey(operation="execute_tool", tool="rare_tool", provider="openai", model="gpt-4o", **SERVICE)
RARE_SESSION, RARE_CUSTOMER = "session-that-is-looked-for", "CUST-LOOKED-FOR"
# A fingerprint is any number; forty kinds of errors, and their messages differ in a number.
ERROR_KINDS = 40

# A number from 0 to 1 that follows from the trace, the place in it, a salt and the seed alone.
R = "((hashint8extended(t.trace * 8 + p.place, {salt}) & 2147483647) / 2147483648.0)"


def r(salt: int) -> str:
    return R.format(salt=f"%(seed)s + {salt}")


ONE_DAY = f"""
INSERT INTO telemetry_span (
    start_time, start_ns, trace_id, span_id, parent_span_id, duration_ms, series_id, source_id, attribute_set_id,
    outcome, status, attempts, input_tokens, output_tokens, cost_usd, fingerprint, own_name, session_id,
    tool_call_id, error_type, error_message, attributes, events, links
)
SELECT
    began + place * interval '300 milliseconds', 0, md5(trace || 'of' || %(seed)s)::uuid,
    hashint8extended(trace * 8 + place, 77), CASE WHEN place > 0 THEN hashint8extended(trace * 8, 77) END,
    CASE WHEN place = 0 THEN 2000 ELSE 20 END * exp(3 * d), series_id, source_id, attribute_set_id,
    CASE WHEN NOT is_tool THEN ''
         WHEN fails THEN (ARRAY['timeout', 'provider', 'arguments', 'tool_bug'])[1 + (kind %% 4)]
         WHEN retried THEN 'after_retry' WHEN d < 0.1 THEN 'from_cache' ELSE 'first_try' END::telemetry_outcome,
    CASE WHEN fails THEN 2 ELSE 0 END, CASE WHEN retried OR fails THEN 3 ELSE 1 END,
    CASE WHEN is_model THEN 200 + (d * 1800)::int END, CASE WHEN is_model THEN 20 + (d * 400)::int END,
    CASE WHEN is_model THEN round(d::numeric / 500, 9) END, CASE WHEN fails THEN 1000 + kind END, NULL,
    'session-' || (trace / 4),
    CASE WHEN is_tool THEN 'call_' || left(md5(trace || '-' || place), 24) ELSE '' END,
    CASE WHEN fails THEN (ARRAY['timeout', 'provider_error', 'invalid_arguments', 'tool_bug'])[1 + (kind %% 4)]
         ELSE '' END,
    CASE WHEN fails THEN 'Error of kind ' || kind || ' while it asked for CUST' || trace %% 2000 ELSE '' END,
    CASE WHEN is_model
             THEN jsonb_build_object('gen_ai.response.id', 'chatcmpl-' || left(md5(place || '/' || trace), 20))
         WHEN is_tool AND d < 0.5 THEN jsonb_build_object('customer_id', 'CUST' || trace %% 2000) END,
    CASE WHEN retried THEN jsonb_build_array(
        jsonb_build_object('name', 'salesboost.attempt', 'time_ns', 0, 'attributes',
            jsonb_build_object('salesboost.attempt.number', 1, 'salesboost.attempt.error', 'timeout'))) END,
    NULL
FROM (
    SELECT t.trace, t.began, p.place, p.place >= 3 AS is_tool, p.place IN (1, 2) AS is_model,
        p.place >= 3 AND {r(1)} < 0.04 AS fails, p.place >= 3 AND {r(1)} > 0.97 AS retried, {r(2)} AS d,
        ({r(3)} * {ERROR_KINDS})::int %% {ERROR_KINDS} AS kind,
        CASE WHEN p.place = 0 THEN w.agents[1]
             WHEN p.place < 3 THEN w.models[1 + ({r(4)} * cardinality(w.models))::int %% cardinality(w.models)]
             ELSE w.tools[1 + (power({r(4)}, 2) * cardinality(w.tools))::int %% cardinality(w.tools)]
        END AS series_id,
        w.sources[1 + (t.trace %% cardinality(w.sources))] AS source_id,
        w.sets[1 + ({r(5)} * cardinality(w.sets))::int %% cardinality(w.sets)] AS attribute_set_id
    FROM (
        SELECT trace, %(day)s::timestamptz + interval '1 day' * (trace - %(first)s) / %(count)s AS began
        FROM generate_series(%(first)s::bigint, %(first)s + %(count)s - 1) AS trace
    ) t CROSS JOIN generate_series(0, {SPANS_A_TRACE - 1}) AS p(place)
    CROSS JOIN (
        SELECT %(agents)s::int[] AS agents, %(models)s::int[] AS models, %(tools)s::int[] AS tools,
            %(sources)s::int[] AS sources, %(sets)s::int[] AS sets
    ) AS w
) AS spans
WHERE began + place * interval '300 milliseconds' < %(day)s::timestamptz + interval '1 day'
ORDER BY began, place
ON CONFLICT DO NOTHING"""
PAYLOADS = """
INSERT INTO telemetry_span_payload (start_time, trace_id, span_id, arguments, result, messages)
SELECT start_time, trace_id, span_id, '{"action": "read", "customer_id": "CUST' || (span_id & 2047) || '"}',
    '{"customer_id": "CUST' || (span_id & 2047) || '", "name": "Jane Doe", "stage": "proposal"}', ''
FROM telemetry_span
WHERE start_time >= %(day)s::timestamptz AND start_time < %(day)s::timestamptz + interval '1 day'
    AND outcome <> '' AND span_id %% 4 = 0
ON CONFLICT DO NOTHING"""


# Of the store's own making, in the steps that are kept so long.
ROLLUPS = [
    f"""
WITH spans AS (
    SELECT * FROM telemetry_span
    WHERE start_time >= %(day)s::timestamptz AND start_time < %(day)s::timestamptz + interval '1 day'
), {rollup_sql.rollups_of("spans")}
{rollup_sql.upsert(level)}"""
    for level in rollup_sql.LEVELS
]


def fill(spans: int, days: int = 30, seed: int = 1) -> None:
    """Make about *spans* spans over the last *days* days, yesterday the newest, with rollups and statistics."""
    today = datetime.combine(datetime.now(UTC).date(), time.min, UTC)
    count = spans // days // SPANS_A_TRACE
    given = {"seed": seed, "count": count, **words()}
    partitions.ensure(connection, [(today - timedelta(days=back)).date() for back in range(days + 1)])
    for back in range(days, 0, -1):
        day = today - timedelta(days=back)
        with connection.cursor() as cursor:
            cursor.execute(ONE_DAY, {**given, "day": day, "first": (days - back) * count})
            cursor.execute(PAYLOADS, {"day": day})
            for rollups in ROLLUPS:
                cursor.execute(rollups, {"day": day})
    rare(today - timedelta(days=days // 2))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def trace_id(trace: int, seed: int = 1) -> str:
    """The id, in hexadecimal, of the trace of that number; the oldest is 0."""
    return hashlib.md5(f"{trace}of{seed}".encode(), usedforsecurity=False).hexdigest()


def words() -> dict[str, list[int]]:
    """The ids of all that the spans share."""
    tools = [
        SeriesKey(
            operation="execute_tool",
            tool=tool,
            provider=provider,
            model=model,
            prompt_version=prompt,
            caller_role="coach",
            **SERVICE,
        )
        for prompt in PROMPTS
        for provider, model in MODELS
        for tool in TOOLS
    ]
    models = [
        SeriesKey(operation="chat", kind=3, provider=provider, model=model, prompt_version=prompt, **SERVICE)
        for prompt in PROMPTS
        for provider, model in MODELS
    ]
    agent = SeriesKey(operation="invoke_agent", agent="sales-coach", **SERVICE)
    resources = [
        SourceKey(json.dumps({"host.name": f"host-{n}", "service.name": "shop"}), "shop.agent") for n in range(4)
    ]
    sets = [
        json.dumps(
            {"gen_ai.tool.type": "function", "salesboost.cache": cache, "server.address": f"api-{n}.example.com"}
        )
        for n in range(5)
        for cache in ("hit", "miss")
    ]
    return {
        "tools": ids(SERIES, tools),
        "models": ids(SERIES, models),
        "agents": ids(SERIES, [agent]),
        "sources": ids(SOURCES, resources),
        "sets": ids(ATTRIBUTE_SETS, sets),
    }


def ids(dictionary, keys) -> list[int]:
    found = dictionary.ids(keys)
    return [found[key] for key in keys]


def rare(at: datetime) -> None:
    """One call that a person may look for among all others."""
    from dataclasses import replace

    from telemetry.spans.rows import SpanRow
    from telemetry.store.batches import write_spans

    trace = uuid.UUID(hashlib.md5(b"rare", usedforsecurity=False).hexdigest())
    row = SpanRow(start_time=at, trace_id=trace, span_id=1, duration_ms=61_000.0, series=RARE, outcome="first_try")
    write_spans(
        [
            replace(
                row, session_id=RARE_SESSION, tool_call_id="call_rare", attributes={"customer_id": RARE_CUSTOMER}
            )
        ]
    )
