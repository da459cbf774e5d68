"""`manage.py provider_lab` as a process of its own."""

import re
import signal
import socket
import subprocess
import sys

import httpx
import pytest
from django.core.management import CommandError, call_command

from tests.running import ROOT


def start(*options):
    command = [sys.executable, str(ROOT / "manage.py"), "provider_lab", "--port", "0", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def bases(process):
    """The base address of each vendor, as it is printed."""
    found = {}
    for line in process.stdout:
        if line.startswith("What goes wrong"):
            break
        found.update(re.findall(r"^(\w+) +(http://127\.0\.0\.1:\d+/\S+)$", line.strip()))
    return found


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_answers_and_stops_when_told(how):
    process = start("--latency-ms", "20", "--seed", "1")
    known = bases(process)
    answer = httpx.post(
        f"{known['anthropic']}/v1/messages",
        headers={"x-api-key": "any", "anthropic-version": "2023-06-01"},
        json={"model": "claude-haiku-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]},
    )
    process.send_signal(how)
    assert process.wait(10) == 0
    assert answer.json()["content"] == [{"type": "text", "text": "You said: Hi"}]
    assert answer.elapsed.total_seconds() >= 0.02
    assert known["gemini"].endswith("/gemini/v1beta")


def test_it_lists_what_may_go_wrong(capsys):
    call_command("provider_lab", "--list-faults")
    shown = capsys.readouterr().out
    assert re.search(r"^every vendor\n  rate_limited +429 with Retry-After: 2$", shown, re.MULTILINE)
    assert re.search(r"^anthropic\n(  .*\n)*  pause_turn ", shown, re.MULTILINE)
    assert re.search(r"^gemini\n(  .*\n)*  malformed_call ", shown, re.MULTILINE)


def test_what_cannot_be_is_refused():
    with pytest.raises(CommandError, match="number from 0 up"):
        call_command("provider_lab", "--latency-ms", "-1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with pytest.raises(CommandError, match=f"Port {port} cannot be used"):
            call_command("provider_lab", "--port", port)
