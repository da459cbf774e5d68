"""What others hold on to by name, or on disk, from before ``telemetry`` had rooms: it is found where they look."""

import struct
import zlib
from importlib import import_module

import pytest
from django.conf import settings
from django.core.management import call_command, get_commands
from django.utils.module_loading import import_string

from salesboost.celery import app
from telemetry.exports.control import RUN_NEXT
from telemetry.recorder.journal_reader import JournalReader
from telemetry.spans import finished

PUBLIC = [
    *(f"telemetry.tracing.{name}" for name in ("configure_tracing", "flush_tracing", "shutdown_tracing")),
    "telemetry.health.store_health",
    "telemetry.redaction.redact",
    *(f"telemetry.models.{name}" for name in ("Span", "SpanPayload", "Rollup", "ToolRollup", "Series", "Source")),
    *(f"telemetry.errors.models.{name}" for name in ("ErrorGroup", "ErrorCount")),
    *("telemetry.errors.fingerprint.fingerprint", "telemetry.errors.fingerprint.normalise"),
    "telemetry.errors.violations.violations_of",
    *("telemetry.search.parse", "telemetry.search.page"),
    *("telemetry.cost.pricing.Book", "telemetry.cost.pricing.Rates", "telemetry.cost.pricing.Usage"),
    *(
        "telemetry.exports.control.submit",
        "telemetry.exports.request.new_export",
        "telemetry.exports.runner.Runner",
    ),
    *("telemetry.semconv.Outcome", "telemetry.urls.urlpatterns"),
]
# Messages of these names wait in the broker while an installation is upgraded.
TASKS = {
    *("telemetry.tasks.beat_heart", "telemetry.tasks.maintain_partitions"),
    *(f"telemetry.alerts.tasks.{name}" for name in ("evaluate_rules", "send_deliveries", "tell_heartbeat")),
    *(f"telemetry.exports.tasks.{name}" for name in ("run_next", "call_due_exports", "delete_old_exports")),
    *("telemetry.readers.tasks.end_overruns", "telemetry.sampling.tasks.thin_closed_hours"),
}
LABELS = {
    "telemetry": "telemetry",
    **{f"telemetry.{label}": label for label in ("alerts", "errors", "readers", "sampling", "exports", "cost")},
}
COMMANDS = {"rebuild_rollups", "rebuild_errors", "price_spans", "rehearse_rule", "reseal_secrets", "sql_reader"}
# A span as a release without rooms wrote it into its journal.
RECORD = (
    b"\x9f\xc4\x10N\x02\xefg\xae\xc0\n\xb5\xa2\xa7?M\x1d\x0f5\xa3\xcf\xa7k\x19\x1bu\xaeve\x00\xb7execute_tool"
    b" crm_lookup\x01\x00\xa0\xcf\x18\xfa\xe2v\x93\xb4\x00\x00\xcf\x18\xfa\xe2v\xcf\x4e\xca\x00\x83\xb5gen_ai"
    b".operation.name\xacexecute_tool\xb0gen_ai.tool.name\xaacrm_lookup\xb2salesboost.outcome\xa9first_try\x91\x93\xb2sales"
    b"boost.attempt\xcf\x18\xfa\xe2v\x93\xb4\x01\xf4\x81\xa1n\x01\xaasalesboost\xc3\x94"
    b'\xbe{"service.name": "salesboost"}'
    b"\xa5tools\xa0\xa2{}\x90"
)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_is_there(name):
    assert import_string(name) is not None


def test_tasks_have_the_names_under_which_messages_wait():
    app.loader.import_default_modules()
    assert {name for name in app.tasks if name.startswith("telemetry.")} == TASKS
    assert RUN_NEXT in TASKS
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_every_path_in_the_settings_leads_somewhere():
    paths = [*settings.MIDDLEWARE, *settings.DATABASE_ROUTERS, settings.TOOL_NAMES, *settings.TOOL_STAGES]
    paths.append(settings.MODEL_PRICE)
    paths += [formatter["()"] for formatter in settings.LOGGING["formatters"].values() if "()" in formatter]
    assert all(import_string(path) for path in paths if isinstance(path, str))


@pytest.mark.django_db
def test_apps_commands_and_tables_are_those_of_before():
    from django.apps import apps

    assert {name: apps.get_containing_app_config(f"{name}.models").label for name in LABELS} == LABELS
    assert get_commands().keys() >= COMMANDS
    call_command("makemigrations", *LABELS.values(), "--check", "--dry-run", verbosity=0)


def test_a_journal_of_before_is_stored(tmp_path):
    frame = struct.pack("<II", len(RECORD), zlib.crc32(RECORD)) + RECORD
    file = tmp_path / "1790000000000000000-1.spans"
    file.write_bytes(b"SBSPANS1" + struct.pack("<Q", 16) + frame + bytes(1024))
    stored = []
    JournalReader(tmp_path, stored.extend, interval_s=0.2, batch=10).adopt()
    (span,) = map(finished.decode, stored)
    assert (span.name, span.service, span.redacted) == ("execute_tool crm_lookup", "salesboost", True)
    assert span.attributes["salesboost.outcome"] == "first_try" and span.events[0][2] == {"n": 1}
    assert not file.exists()


def test_what_a_process_closes_by_its_name_is_there():
    assert callable(import_module("telemetry.store.writer").get_writer)
