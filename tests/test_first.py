"""What the first tests of a process do is no matter of the others'."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.started import STARTED

# pytest-django has such tests run last; but pytest-xdist begins with the largest group.
NO_DATABASE = """
import pytest


@pytest.mark.xdist_group("first")
@pytest.mark.parametrize("number", range(3))
def test_first(number):
    pass
"""
PROJECT = Path(__file__).parent.parent
# With the project's configuration, and so servers of its own: files elsewhere would not find it.
COMMAND = [sys.executable, "-m", "pytest", "-c", str(PROJECT / "pyproject.toml"), "--rootdir", str(PROJECT), "-q"]
WORKERS = ["-n", "1", "--dist", "loadgroup", "-p", "tests.conftest"]
OTHER_THREADS = """
import threading

import pytest
from django.db import connection


@pytest.mark.django_db(transaction=True)
def test_then():
    found = [database()]
    thread = threading.Thread(target=lambda: found.append(database()))
    thread.start()
    thread.join()
    assert found == [connection.settings_dict["NAME"]] * 2


def database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        name = cursor.fetchone()[0]
    connection.close()
    return name
"""


@pytest.mark.timeout(120)
def test_a_first_test_without_a_database_does_not_send_the_others_to_another_one(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    monkeypatch.delenv(STARTED)
    files = [tmp_path / "test_a.py", tmp_path / "test_b.py"]
    for file, content in zip(files, (NO_DATABASE, OTHER_THREADS), strict=True):
        file.write_text(content)
    ran = subprocess.run(
        [*COMMAND, *WORKERS, *map(str, files)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-1000:]
