"""Logs stay small: while their process writes, and whatever strangers send."""

import asyncio
import logging
import re
import subprocess
import sys

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from salesboost.logs import Sparing, cut
from salesboost.services import wait_until


def test_a_log_is_cut_while_its_process_writes_and_no_line_is_torn(tmp_path):
    log, old = tmp_path / "daphne.log", tmp_path / "daphne.log.1"
    program = "import time\nfor n in range(400):\n print(f'line {n:044d}', flush=True)\n time.sleep(0.002)"
    kept = []
    with log.open("ab") as output:
        writer = subprocess.Popen([sys.executable, "-c", program], stdout=output)
        while writer.poll() is None:
            if cut(log, 6_000):
                kept += old.read_text().splitlines()
            assert log.stat().st_size + (old.stat().st_size if old.exists() else 0) < 3 * 6_000 + 2_000
            wait_until(lambda: log.stat().st_size > 6_000 or writer.poll() is not None, 5)
    numbers = [int(line.removeprefix("line ")) for line in kept + log.read_text().splitlines()]
    assert numbers == sorted(set(numbers))
    assert len(kept) >= 100  # it was cut, more than once
    assert len(numbers) >= 395


def test_of_a_log_that_grew_fast_the_newest_is_kept(tmp_path):
    log = tmp_path / "daphne.log"
    log.write_bytes(b"old" * 1000 + b"new" * 30)
    assert cut(log, 90)
    assert (tmp_path / "daphne.log.1").read_bytes() == b"new" * 30
    assert log.read_bytes() == b""


def test_a_short_log_and_one_that_is_not_there_are_left_alone(tmp_path):
    (tmp_path / "daphne.log").write_text("short")
    assert not cut(tmp_path / "daphne.log", 90) and not cut(tmp_path / "none.log", 90)
    assert [path.name for path in tmp_path.iterdir()] == ["daphne.log"]


class Lines(logging.Handler):
    def __init__(self, sparing):
        super().__init__()
        self.lines = []
        self.addFilter(sparing)

    def emit(self, record):
        self.lines.append(self.format(record))


def log_of(clock, *, name="django.security.DisallowedHost"):
    handler = Lines(Sparing(lines_a_minute=3, most_chars=40, clock=clock))
    logger = logging.Logger(name)
    logger.addHandler(handler)
    return logger, handler


def test_what_strangers_provoke_is_one_short_line_and_few_of_them():
    now = [0.0]
    logger, handler = log_of(lambda: now[0])
    for _ in range(10):
        try:
            raise ValueError("a host\nover lines " + "x" * 500)
        except ValueError as error:
            logger.error(str(error), exc_info=error)
    assert handler.lines == ["a host over lines " + "x" * 22 + "…"] * 3
    now[0] = 61.0
    logger.error("again %s", "and again")
    assert handler.lines[3:] == ["again and again (7 more of the kind were left out before)"]


def test_a_flood_of_one_kind_hides_no_other():
    logger, handler = log_of(lambda: 0.0)
    for _ in range(10):
        logger.error("wrong host")
    other = logging.Logger("django.security.csrf")
    other.addHandler(handler)
    other.warning("forged form")
    assert handler.lines[-1] == "forged form"


# The tests' daphne also tells of every request; `up`'s does not.
ACCESS = re.compile(r"(\S+:\d+|None) - - \[")


def grown(server, send, times):
    before = server.log.stat().st_size
    for _ in range(times):
        send()
    said = server.log.read_bytes()[before:].decode().splitlines()
    return [line for line in said if not ACCESS.match(line)]


HOSTILE = {
    "a wrong host": lambda url: httpx.get(f"{url}/login/", headers={"Host": "evil.example"}),
    "a host that is long": lambda url: httpx.get(f"{url}/login/", headers={"Host": "e" * 3000 + ".example"}),
    "a wrong host, as a program": lambda url: httpx.get(f"{url}/api/v1/tools", headers={"Host": "evil.example"}),
    "a forged form": lambda url: httpx.post(f"{url}/login/", data={"username": "x"}),
    "too many fields": lambda url: httpx.post(f"{url}/login/", data={f"f{n}": "1" for n in range(1500)}),
    "an address that is not": lambda url: httpx.get(f"{url}/nowhere/{'x' * 1000}"),
    "a form that is none": lambda url: httpx.post(
        f"{url}/login/", content=b"x", headers={"Content-Type": "multipart/form-data"}
    ),
    "a socket that is not": lambda url: asyncio.run(refused_socket(url)),
}


async def refused_socket(url):
    with pytest.raises(InvalidStatus):
        async with connect(url.replace("http", "ws", 1) + "/ws/nowhere"):
            pass


@pytest.mark.timeout(180)
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hundred_hostile_requests_leave_few_short_lines(live_server_daphne, what):
    said = grown(live_server_daphne, lambda: HOSTILE[what](live_server_daphne.url), 100)
    assert len(said) <= 20  # ten, and ten more where a minute ends amid them
    assert all(len(line) <= 300 for line in said)
    assert not any("Traceback" in line for line in said)


def test_a_fault_of_our_own_keeps_its_traceback(caplog):
    assert not any(isinstance(each, Sparing) for each in logging.getLogger("django.request").filters)
    assert logging.getLogger("django.request").propagate
    assert not any(
        isinstance(each, Sparing) for handler in logging.getLogger().handlers for each in handler.filters
    )
