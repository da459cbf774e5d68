"""What is checked before anything starts, and what the first start makes up."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from salesboost import checks, credentials
from salesboost.children import Child, restart_delay_s
from salesboost.programs import bin_dir, reachable_copy
from salesboost.services import first_closed_parent, wait_until


def test_a_taken_port_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(checks.StartError, match=f"PORT {port} is taken"):
            checks.check_port("127.0.0.1", port)


def test_a_folder_that_cannot_be_made_is_named():
    with pytest.raises(checks.StartError, match="DATA_DIR /proc/salesboost cannot be written"):
        checks.check_data_dir(Path("/proc/salesboost"))


def test_a_second_start_on_the_same_folder_is_refused(tmp_path):
    with (
        checks.take_lock(tmp_path),
        pytest.raises(checks.StartError, match=f"already runs on .*process {os.getpid()}"),
    ):
        checks.take_lock(tmp_path)
    checks.take_lock(tmp_path).close()


def test_a_database_that_does_not_answer_is_named_without_its_password():
    with pytest.raises(checks.StartError) as caught:
        checks.check_database("postgresql://me:hidden@127.0.0.1:9/main")
    assert "127.0.0.1:9/main does not answer" in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_a_valkey_that_does_not_answer_is_named():
    with pytest.raises(checks.StartError, match=r"127\.0\.0\.1:9"):
        checks.check_valkey("redis://:hidden@127.0.0.1:9/0")


def test_the_key_of_the_last_start_is_known_to_the_one_that_brings_another(tmp_path):
    assert credentials.former_keys(tmp_path, "first") == []
    credentials.write(tmp_path, {"secret_key": "first"})
    assert credentials.former_keys(tmp_path, "first") == []
    assert credentials.former_keys(tmp_path, "second") == ["first"]


def test_credentials_are_made_once_and_readable_by_their_owner_alone(tmp_path):
    first = credentials.complete(tmp_path, {"url": "http://127.0.0.1:8000/"})
    path = credentials.write(tmp_path, first)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = credentials.complete(tmp_path, {"url": "http://127.0.0.1:9000/", "admin_password": ""})
    assert again == {**first, "url": "http://127.0.0.1:9000/"}


def test_a_given_password_wins_over_a_made_up_one(tmp_path):
    assert credentials.complete(tmp_path, {"admin_password": "chosen by me"})["admin_password"] == "chosen by me"


def test_a_closed_folder_above_the_data_is_found(tmp_path):
    tmp_path.chmod(0o700)
    assert first_closed_parent(tmp_path / "data") is not None


def test_postgres_runs_from_a_copy_where_its_account_cannot_reach_the_programs(tmp_path):
    tmp_path.chmod(0o755)
    copy = reachable_copy(bin_dir(), tmp_path / "state")
    assert reachable_copy(bin_dir(), tmp_path / "state") == copy
    made = subprocess.run([copy / "postgres", "--version"], capture_output=True, text=True, check=True)
    assert made.stdout.startswith("postgres (PostgreSQL) 18")
    assert [path.name for path in (tmp_path / "state").iterdir()] == [copy.parents[2].name]


def sleeper(tmp_path, *, program="import time; time.sleep(60)"):
    return Child(
        name="sleeper",
        command=lambda: [sys.executable, "-c", program],
        log=tmp_path / "log",
        environment=dict(os.environ),
    )


def test_a_killed_child_is_started_again_at_once(tmp_path):
    child = sleeper(tmp_path)
    child.start(now=0.0)
    first = child.process
    first.kill()
    first.wait()
    assert child.restart_if_dead(now=100.0)
    assert child.process is not first and child.alive
    child.sweep()


def test_a_child_that_keeps_dying_young_is_started_ever_more_slowly(tmp_path):
    child = sleeper(tmp_path, program="raise SystemExit(1)")
    child.start(now=0.0)
    child.process.wait()
    assert not child.restart_if_dead(now=1.0)
    assert child.restart_if_dead(now=1.0 + restart_delay_s(1))
    assert [restart_delay_s(count) for count in (0, 1, 2, 10)] == [0.0, 0.5, 1.0, 4.0]


def test_what_a_dead_child_left_behind_is_ended_with_it(tmp_path):
    program = "import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
    child = sleeper(tmp_path, program=program)
    child.start(now=0.0)
    assert wait_until(lambda: (tmp_path / "log").read_text().strip().isdigit() or not child.alive, 5)
    left = int((tmp_path / "log").read_text().split()[0])
    child.process.kill()
    child.process.wait()
    child.restart_if_dead(now=100.0)
    child.sweep()
    assert wait_until(lambda: not alive(left), 5)


def test_a_child_that_ignores_the_signal_is_ended_by_force(tmp_path):
    program = "import signal as s, time; s.signal(s.SIGTERM, s.SIG_IGN); print('up', flush=True); time.sleep(60)"
    child = sleeper(tmp_path, program=program)
    child.start(now=0.0)
    assert wait_until(lambda: "up" in (tmp_path / "log").read_text(), 5)
    child.ask_to_stop()
    child.wait_stopped(deadline=time.monotonic() + 0.2)
    assert not child.alive


def test_a_child_ends_with_its_parent_even_on_kill_9(tmp_path):
    program = (
        "import os, sys, time; from pathlib import Path; from salesboost.children import Child;"
        "c = Child('c', lambda: ['sleep', '60'], Path(sys.argv[1]), dict(os.environ)); c.start(0.0);"
        "print(c.process.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "log")], stdout=subprocess.PIPE)
    child = int(parent.stdout.readline())
    # Amid an exec it is empty; and before setpriv has done its work the kernel knows of no bond.
    assert wait_until(lambda: Path(f"/proc/{child}/cmdline").read_bytes().startswith(b"sleep"), 5)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert wait_until(lambda: not alive(child), 5)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
