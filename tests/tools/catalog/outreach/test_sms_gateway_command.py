"""`manage.py sms_gateway` as a process of its own."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).parents[4]
MESSAGE = {"To": "+442079460958", "From": "+15005550006", "Body": "Hello"}


def start(*options):
    command = [sys.executable, str(ROOT / "manage.py"), "sms_gateway", "--port", "0", *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def post(process, settings):
    line = process.stdout.readline()
    url = re.search(r"http://127\.0\.0\.1:\d+", line)[0]
    account = settings.SMS_GATEWAY_ACCOUNT
    address = f"{url}/2010-04-01/Accounts/{account}/Messages.json"
    return httpx.post(address, data=MESSAGE, auth=(account, settings.SMS_GATEWAY_TOKEN))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_takes_messages_and_stops_when_told(settings, how):
    process = start("--latency-ms", "20")
    answer = post(process, settings)
    process.send_signal(how)
    assert process.wait(10) == 0
    assert (answer.status_code, answer.json()["status"]) == (201, "queued")
    assert answer.elapsed.total_seconds() >= 0.02


def test_it_fails_as_often_as_it_is_told(settings):
    process = start("--failure-rate", "1", "--seed", "3")
    answer = post(process, settings)
    process.terminate()
    assert process.wait(10) == 0
    assert answer.status_code in (429, 500, 503)
    assert answer.json()["code"] == 20000 + answer.status_code


def test_a_failure_rate_that_is_no_share_is_refused():
    with pytest.raises(CommandError, match="number from 0 to 1"):
        call_command("sms_gateway", "--failure-rate", "3")
