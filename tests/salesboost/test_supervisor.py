"""Whatever asks `up` to end, it ends in order; and no child knows what it does not need."""

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from salesboost.children import plain_environment
from salesboost.services import wait_until
from salesboost.starting.demonstration import environment, forget_vendors_keys
from salesboost.starting.plan import Plan
from salesboost.starting.up import Up
from salesboost.supervisor import without_first_run

ORDER = """
import os, signal, sys, time
from pathlib import Path
from salesboost.children import Child
from salesboost.supervisor import Stopped, Supervisor

folder = Path(sys.argv[1])
supervisor = Supervisor(folder, dict(os.environ), lambda line: None)
member = (
    "import signal, sys, time; out = open(sys.argv[1], 'a', buffering=1);"
    "signal.signal(signal.SIGTERM, lambda *a: (out.write(sys.argv[2] + '\\\\n'), sys.exit()));"
    "print('up', flush=True); time.sleep(60)"
)
def child(name):
    made = Child(name, lambda: [sys.executable, '-c', member, str(folder / 'order'), name], folder / f'{name}.log',
                 dict(os.environ))
    made.start(time.monotonic())
    return made
with supervisor.signals():
    try:
        supervisor.stores.append(child('store'))
        supervisor.applications += [child('server'), child('worker')]
        while not all('up' in (folder / f'{name}.log').read_text() for name in ('store', 'server', 'worker')):
            time.sleep(0.02)
        print('watching', flush=True)
        supervisor.watch()
    except Stopped:
        pass
    finally:
        supervisor.stop()
"""


def a_supervisor(tmp_path, **options):
    process = subprocess.Popen([sys.executable, "-c", ORDER, str(tmp_path)], stdout=subprocess.PIPE, **options)
    assert process.stdout.readline() == b"watching\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGQUIT, signal.SIGINT, signal.SIGTERM])
def test_every_signal_that_ends_it_ends_the_applications_before_the_stores(tmp_path, number):
    process = a_supervisor(tmp_path)
    process.send_signal(number)
    assert process.wait(20) == 0
    order = (tmp_path / "order").read_text().split()
    assert set(order[:2]) == {"server", "worker"} and order[2:] == ["store"]


def test_the_second_signal_of_a_terminal_that_goes_away_disturbs_nothing(tmp_path):
    process = a_supervisor(tmp_path)
    for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        process.send_signal(number)
    assert process.wait(20) == 0
    assert (tmp_path / "order").read_text().split()[2:] == ["store"]


def test_under_nohup_a_closed_terminal_ends_nothing(tmp_path):
    process = a_supervisor(tmp_path, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    process.send_signal(signal.SIGHUP)
    assert not wait_until(lambda: process.poll() is not None, 0.5)
    process.terminate()
    assert process.wait(20) == 0


class GoneTerminal:
    def write(self, text):
        raise OSError(errno.EIO, "Input/output error")

    flush = write


PLAN = Plan(Path("/data"), "::", 8000, "http://sales.example", 20.0, demo=True, gateway=False)


def test_a_terminal_that_is_gone_keeps_nothing_from_being_stopped(monkeypatch):
    monkeypatch.setattr(sys, "stdout", GoneTerminal())
    Up(PLAN).say("Stopping …")  # raises nothing


def test_its_command_line_says_what_the_settings_said():
    assert Plan.read(PLAN.arguments()) == PLAN


SHELL = {
    "PATH": "/usr/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C.UTF-8",
    "HOME": "/root",
    "DATABASE_URL": "postgresql://me:hush@host/db",
    "REDIS_URL": "redis://:hush@host",
    "EMAIL_URL": "smtp://me:hush@host",
    "SALESBOOST_SECRET_KEY": "hush",
    "SALESBOOST_ADMIN_PASSWORD": "hush",
    "SALESBOOST_API_KEY": "hush",
    "OPENAI_API_KEY": "hush",
    "PGPASSWORD": "hush",
    "PGPORT": "5433",
    "DATA_DIR": "/data",
    "SMS_GATEWAY_TOKEN": "demonstration",
}


def test_a_server_out_of_a_wheel_knows_language_and_paths_and_no_secret():
    assert plain_environment(SHELL) == {"PATH": "/usr/bin", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}


def test_the_demonstration_knows_no_secret_of_ours():
    known = environment(SHELL)
    assert "hush" not in str(known)
    assert (known["DATA_DIR"], known["SMS_GATEWAY_TOKEN"]) == ("/data", "demonstration")


def test_where_the_demonstration_runs_nobody_has_a_vendors_key():
    vendors = ("OPENAI", "ANTHROPIC", "GEMINI", "GROQ", "XAI", "OPENROUTER")
    others = ("ANTHROPIC_AUTH_TOKEN", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "GOOGLE_APPLICATION_CREDENTIALS")
    keys = dict.fromkeys((*(f"{vendor}_API_KEY" for vendor in vendors), *others), "hush")
    known = {**SHELL, **keys}
    forget_vendors_keys(known)
    assert known == {name: value for name, value in SHELL.items() if name != "OPENAI_API_KEY"}


def test_servers_and_workers_know_all_but_the_accounts_of_the_first_start():
    assert set(SHELL) - set(without_first_run(SHELL)) == {"SALESBOOST_ADMIN_PASSWORD", "SALESBOOST_API_KEY"}
