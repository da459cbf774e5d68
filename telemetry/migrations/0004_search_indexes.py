"""The indexes of search: each finds what is rare; what is common is found by walking along the primary key.

Together they take about a tenth of a span. Two of them know only in which few pages a value may be (BRIN): for
numbers the least and the greatest, for ids a Bloom filter. That costs two bytes a span where a b-tree takes twenty.
"""

from django.db import migrations, models

# telemetry.search.texts has the same expressions; a test holds them together.
WORDS = """array_to_tsvector(array_remove(regexp_split_to_array(lower((coalesce(own_name, '') || ' ' || error_type
 || ' ' || error_message) COLLATE pg_c_utf8), '[^[:alnum:]]+'), ''))"""
HAS_WORDS = "(error_message <> '' OR error_type <> '' OR own_name IS NOT NULL)"
INDEXES = f"""
-- Equal entries are kept once, so that outcome, status and weight cost nothing beside the series.
DROP INDEX telemetry_span_series;
CREATE INDEX telemetry_span_series ON telemetry_span (series_id, outcome, status, weight);
CREATE INDEX telemetry_span_numbers ON telemetry_span
    USING brin (
        duration_ms, attempts, input_tokens, output_tokens,
        (coalesce(input_tokens, 0)::bigint + coalesce(output_tokens, 0)), cost_usd, weight
    ) WITH (pages_per_range = 8, autosummarize = on);
-- The id negated bit by bit: asked for the id itself, Postgres would rather read all of the primary key.
CREATE INDEX telemetry_span_ids ON telemetry_span
    USING brin (
        (~ span_id) int8_bloom_ops(n_distinct_per_range = 2000),
        attribute_set_id int4_bloom_ops(n_distinct_per_range = 100)
    ) WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX telemetry_span_unpriced ON telemetry_span (series_id)
    WHERE cost_usd IS NULL AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL);
CREATE INDEX telemetry_span_words ON telemetry_span USING gin (({WORDS})) WHERE {HAS_WORDS};
CREATE INDEX telemetry_span_attributes ON telemetry_span USING gin (attributes jsonb_path_ops)
    WHERE attributes IS NOT NULL;
CREATE INDEX telemetry_attribute_set_attributes ON telemetry_attribute_set USING gin (attributes jsonb_path_ops);
"""
BEFORE = """
DROP INDEX telemetry_attribute_set_attributes, telemetry_span_attributes, telemetry_span_words,
    telemetry_span_unpriced, telemetry_span_ids, telemetry_span_numbers, telemetry_span_series;
CREATE INDEX telemetry_span_series ON telemetry_span (series_id);
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0003_forwarding")]
    operations = [
        migrations.RunSQL(
            INDEXES,
            BEFORE,
            state_operations=[
                migrations.RemoveIndex("span", "telemetry_span_series"),
                migrations.AddIndex(
                    "span",
                    models.Index("series_id", "outcome", "status", "weight", name="telemetry_span_series"),
                ),
            ],
        ),
    ]
