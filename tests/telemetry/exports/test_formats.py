"""What is in the files: every column, typed, and nothing that a spreadsheet would run."""

import csv
import gzip
import json
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.exports.columns import Kind, columns
from telemetry.exports.formats import FORMATS, parquet
from telemetry.exports.formats import csv as csv_format
from telemetry.exports.otlp_json import key_of
from telemetry.ingest import otlp
from telemetry.models import Span, SpanPayload
from telemetry.store.batches import write_spans
from tests.telemetry.builders import make_row


def write(kind, path, *chunks, with_payloads=False):
    with FORMATS[kind].writer(path, with_payloads=with_payloads) as add:
        for chunk in chunks:
            add(chunk)
    return path


def lines_of(path):
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


def test_a_line_of_csv_has_the_span_to_the_nanosecond(tmp_path, make_span):
    [line] = lines_of(write("csv", tmp_path / "x", [(make_span(), None)]))
    assert line["start_time"] == "2026-11-20T12:00:00.000007089Z"
    assert (line["trace_id"], line["span_id"]) == ("0" * 29 + "abc", "f" * 16)
    assert (line["kind"], line["status"], line["cost_usd"]) == ("client", "error", "0.000123")
    assert (line["input_tokens"], line["output_tokens"], line["parent_span_id"]) == ("12", "", "")
    assert json.loads(line["attributes"]) == {"customer": "CUST001"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(tmp_path, make_span, start):
    hostile = f"{start}HYPERLINK(1)"
    [line] = lines_of(write("csv", tmp_path / "x", [(make_span(error_message=hostile, tool=hostile), None)]))
    assert line["error_message"] == line["tool"] == f"'{hostile}"


@given(st.sampled_from(list(csv_format.TEXTS)), st.text())
def test_no_text_becomes_a_formula_and_none_is_changed_otherwise(kind, text):
    shown = csv_format.cell(kind, text)
    assert not shown.startswith(csv_format.FORMULA)
    assert shown.removeprefix("'") == text.removeprefix("'")


def test_payloads_are_written_where_they_are_asked_for(tmp_path, make_span):
    payload = SimpleNamespace(arguments='{"a": 1}', result="=1+1", messages="")
    chunk = [(make_span(), payload), (make_span(), None)]
    first, second = lines_of(write("csv", tmp_path / "x", chunk, with_payloads=True))
    assert (first["arguments"], first["result"], second["result"]) == ('{"a": 1}', "'=1+1", "")
    assert "result" not in lines_of(write("csv", tmp_path / "y", chunk))[0]


def test_a_parquet_file_is_typed_and_keeps_words_once(tmp_path, make_span):
    path = write("parquet", tmp_path / "x", [(make_span(), None)] * 3, [(make_span(cost_usd=None), None)])
    table = pq.read_table(path)
    assert table.schema.field("start_time").type == pa.timestamp("ns", tz="UTC")
    assert table["start_time"].cast(pa.int64())[0].as_py() % 10**9 == 7089
    assert table["start_time"].cast(pa.timestamp("us", tz="UTC"), safe=False)[0].as_py() == datetime(
        2026, 11, 20, 12, 0, 0, 7, tzinfo=UTC
    )
    assert table["cost_usd"].to_pylist() == [Decimal("0.000123")] * 3 + [None]
    column = pq.ParquetFile(path).metadata.row_group(0).column(table.schema.get_field_index("tool"))
    assert column.has_dictionary_page and column.compression == "ZSTD"


def test_rows_of_many_chunks_share_a_row_group(tmp_path, make_span, monkeypatch):
    monkeypatch.setattr(parquet, "GROUP_ROWS", 50)
    path = write("parquet", tmp_path / "x", *[[(make_span(), None)] * 20, []] * 6)
    metadata = pq.ParquetFile(path).metadata
    assert [metadata.row_group(at).num_rows for at in range(metadata.num_row_groups)] == [60, 60]


@pytest.mark.django_db
def test_the_lines_of_otlp_are_requests_that_a_back_end_takes(tmp_path):
    write_spans([make_row(span_id=number, arguments='{"a": 1}') for number in range(1, 6)])
    payloads = {key_of(payload): payload for payload in SpanPayload.objects.all()}
    spans = [(span, payloads[key_of(span)]) for span in Span.objects.whole()]
    path = write("otlp", tmp_path / "x", spans[:3], [], spans[3:], with_payloads=True)
    requests = gzip.decompress(path.read_bytes()).splitlines()
    received = [otlp.read(request, otlp.JSON).spans for request in requests]
    assert [len(each) for each in received] == [3, 2]
    assert {each.span_id for each in (*received[0], *received[1])} == {1, 2, 3, 4, 5}
    assert received[0][0].attributes["gen_ai.tool.call.arguments"] == '{"a": 1}'


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_an_export_without_a_span_is_a_file_with_the_columns(tmp_path, kind):
    path = write(kind, tmp_path / "x")
    text = "" if kind == "parquet" else gzip.decompress(path.read_bytes()).decode()
    found = text.strip().split(",") if text else pq.read_schema(path).names
    assert found == [column.name for column in columns(with_payloads=False)]


def test_a_cost_with_more_digits_than_parquet_keeps_is_rounded():
    cost = SimpleNamespace(cost_usd=Decimal("0.12345678901234"))
    column = next(column for column in columns(with_payloads=False) if column.kind is Kind.MONEY)
    assert parquet.array(column, [(cost, None)]).to_pylist() == [Decimal("0.123456789012")]
