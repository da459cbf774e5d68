"""An installation is backed up while it runs, destroyed, and brought back: everything is there and equal."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tarfile

import pytest
from django.db import connection

from salesboost import backup
from salesboost.programs import ServiceError, check_version
from tests.running import ROOT, a_data_dir, clean_environment, eventually, up

pytestmark = [pytest.mark.kill, pytest.mark.timeout(300), pytest.mark.xdist_group("kill")]

# The tables whose rows have to be the same; the others change while it runs.
TABLES = """
SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition
AND relnamespace = 'public'::regnamespace AND relname NOT IN (
    'telemetry_heartbeat', 'telemetry_recorder', 'django_session', 'alerts_rulestate',
    'telemetry_series'  -- to which the canary adds a row of its own
) ORDER BY 1"""
EDIT = """
from django.contrib.auth.models import User
from telemetry.alerts.models import Route, Rule
from tools.models import Tool
Tool.objects.update_or_create(name="crm_integration", defaults={"timeout_s": 7})
Rule.objects.create(name="mine")
Route.objects.create(name="mine", kind="email", config={"to": ["ops@example.com"]})
User.objects.create_user("ana", password="correct horse battery")
"""


def manage(data_dir, *words, code=None, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=clean_environment(DATA_DIR=str(data_dir), **environment),
        input=code,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def counts(running):
    names = [name for (name,) in running.rows(TABLES)]
    assert {"telemetry_span", "telemetry_rollup", "alerts_rule", "alerts_route", "tools_tool"} <= set(names)
    return {name: running.rows(f'SELECT count(*) FROM "{name}"')[0][0] for name in names}


def test_a_store_that_was_destroyed_comes_back_from_its_backup():
    with a_data_dir() as data_dir:
        file = data_dir.parent / "salesboost.tar"
        with up(data_dir) as running:
            for number in range(20):
                answer = running.call("competitor_analysis", {"aspects": ["pricing"]}, session_id=f"s{number}")
                assert answer.status_code == 200
            edited = manage(data_dir, "shell", code=EDIT)
            assert edited.returncode == 0, edited.stderr
            eventually(lambda: running.rows("SELECT count(*) FROM telemetry_span")[0][0] >= 20, 20, "20 spans")
            expected, kept = counts(running), running.credentials
            made = manage(data_dir, "backup", str(file))
            assert made.returncode == 0, made.stderr
            assert manage(data_dir, "restore", str(file)).returncode == 1  # it runs
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        shutil.rmtree((data_dir / "postgres").resolve(), ignore_errors=True)
        shutil.rmtree(data_dir)

        restored = manage(data_dir, "restore", str(file))
        assert restored.returncode == 0, restored.stderr
        with up(data_dir) as again:
            assert counts(again) == expected
            assert {**again.credentials, "url": "", "redis_url": ""} == {**kept, "url": "", "redis_url": ""}
            assert again.rows("SELECT timeout_s FROM tools_tool WHERE name = 'crm_integration'") == [(7,)]
            assert again.rows("SELECT count(*) FROM alerts_route WHERE name = 'mine'") == [(1,)]
            checked = manage(data_dir, "rebuild_rollups", "--check", "--since", "2026-01-01")
            assert checked.returncode == 0 and "No difference" in checked.stdout, checked.stderr
            answer = again.call("crm_integration", {"action": "read", "customer_id": "CUST001"})
            assert answer.status_code == 200, answer.text  # the key of before still works
            second = manage(data_dir, "restore", str(file))
            assert second.returncode == 1 and "is in use" in second.stderr


@pytest.fixture
def stopped():
    """A DATA_DIR of an installation that does not run and has nothing but an empty database."""
    with a_data_dir(empty=True) as data_dir:
        data_dir.mkdir()
        (data_dir / "spool").mkdir()
        (data_dir / "spool" / "1.spans").write_bytes(b"a span that waits")
        (data_dir / "spool" / "recorder.lock").touch()
        (data_dir / "credentials.json").write_text(json.dumps({"secret_key": "kept", "admin_user": "admin"}))
        yield data_dir


def test_what_waits_and_the_credentials_come_back_and_nothing_needs_to_run(stopped):
    file = stopped.parent / "stopped.tar"
    backup.back_up(stopped, "", file)
    with tarfile.open(file) as archive:
        assert set(archive.getnames()) == {"spool", "spool/1.spans", "credentials.json", "database.dump"}
    fresh = stopped.parent / "fresh"
    fresh.mkdir()
    backup.restore(fresh, "", file)
    assert (fresh / "spool" / "1.spans").read_bytes() == b"a span that waits"
    assert json.loads((fresh / "credentials.json").read_text())["secret_key"] == "kept"
    assert stat.S_IMODE((fresh / "credentials.json").stat().st_mode) & 0o077 == 0
    assert not [path for path in fresh.iterdir() if path.name.startswith(".restore")]


def test_what_stands_in_the_way_is_one_sentence(stopped, tmp_path):
    (tmp_path / "other.tar").write_bytes(b"not a backup")
    with pytest.raises(backup.BackupError, match="exists already"):
        backup.back_up(stopped, "", tmp_path / "other.tar")
    with pytest.raises(backup.BackupError, match="is in use"):
        backup.restore(stopped, "", tmp_path / "other.tar")
    with pytest.raises(backup.BackupError, match="cannot be read as a backup"):
        backup.restore(tmp_path, "", tmp_path / "other.tar")
    with pytest.raises(backup.BackupError, match=r"pg_dump failed: .*127\.0\.0\.1") as caught:
        backup.back_up(stopped, "postgresql://me:hush@127.0.0.1:9/main", tmp_path / "new.tar")
    assert "hush" not in str(caught.value)
    assert not (tmp_path / "new.tar").exists()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_has_tables_is_not_written_over(stopped, tmp_path, settings):
    file = stopped.parent / "stopped.tar"
    backup.back_up(stopped, "", file)
    with pytest.raises(backup.BackupError, match="has tables already"):
        backup.restore(
            tmp_path,
            os.environ["DATABASE_URL"].replace("/salesboost?", f"/{connection.settings_dict['NAME']}?"),
            file,
        )
    assert not (tmp_path / "credentials.json").exists()


def test_a_cluster_of_another_postgres_is_told_how_to_move():
    check_version("18")
    with pytest.raises(ServiceError, match="of Postgres 17, and this release brings 18"):
        check_version("17")
