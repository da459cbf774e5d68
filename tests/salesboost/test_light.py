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
from importlib import import_module
{start}
from django.apps import apps
print(apps.ready, *(name for name in ("unfold.admin", "tools.admin", "twisted", "daphne") if name in sys.modules))
"""


def loaded(start):
    ran = subprocess.run(
        [sys.executable, "-c", TOLD.format(start=start)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "salesboost.settings"},
        capture_output=True,
        text=True,
        timeout=50,
        check=True,
    )
    return ran.stdout.split()


@pytest.mark.parametrize("name", LIGHT)
def test_a_light_command_sets_up_no_apps(name):
    assert loaded(f"import_module('{LIGHT[name]}').Command()") == ["False"]


def test_a_process_without_addresses_has_no_pages_of_the_admin():
    told = loaded(
        "import django; django.setup(); import salesboost.celery as own; own.app.loader.import_default_modules()"
    )
    assert told[0] == "True" and {"tools.admin", "twisted", "daphne"}.isdisjoint(told)


def test_a_process_with_addresses_has_them_and_they_are_sound():
    import_module("salesboost.urls")
    assert len(admin.site._registry) > 20
    assert checks.run_checks() == []
