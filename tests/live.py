"""A real daphne on the tests' database, and a real browser, for the tests that look at pages."""

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from telemetry.recorder.backlog import spooled_bytes
from tests.browser import ARGUMENTS, find_browser
from tests.ports import free_port

ROOT = Path(__file__).parent.parent


@dataclass
class Daphne:
    """A daphne process that can be stopped and started again on the same port."""

    database_name: str
    log: Path
    port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    application: str = "salesboost.asgi:application"
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers."""
        address = re.sub(r"(postgres\w*://[^/]*/)[^?]*", rf"\g<1>{self.database_name}", os.environ["DATABASE_URL"])
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "salesboost.server",
                    "-b",
                    "127.0.0.1",
                    "-p",
                    str(self.port),
                    self.application,
                ],
                cwd=ROOT,
                env={**os.environ, "DATABASE_URL": address, "PORT": str(self.port), **self.environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        wait_for(self._answers, 120, "daphne answering")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(5)
            self.process = None

    def settle(self) -> None:
        """Wait until all that it recorded is stored, so that the next test finds none of it."""
        if (process := self.process) is not None and self.running:
            # Its own: the tests' process has a journal in the same folder, which nobody reads.
            spool = Path(self.environment.get("DATA_DIR", os.environ["DATA_DIR"])) / "spool"
            wait_for(lambda: not spooled_bytes(spool, process.pid), 30, "all spans of daphne being stored")

    def _answers(self) -> bool:
        if not self.running:
            raise RuntimeError(f"daphne ended: {self.log.read_text()[-3000:]}")
        try:
            return httpx.get(f"{self.url}/login/", timeout=3).status_code == 200
        except httpx.HTTPError:
            return False


def wait_for(holds: Callable[[], Any], timeout_s: float, what: str) -> Any:
    """Poll until *holds* returns something true, and return it."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {timeout_s} s")


@contextmanager
def a_browser() -> Iterator[Browser]:
    """A Chromium of its own."""
    kept = KeptBrowser()
    try:
        with kept.in_use() as browser:
            yield browser
    finally:
        kept.close()


class KeptBrowser:
    """A Chromium that is started when it is first used, and between its uses leaves no trace in this thread.

    Playwright's sync API marks its event loop as the thread's running one for as long as it is started: no asyncio
    test could run between two tests with a browser.
    """

    def __init__(self) -> None:
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @contextmanager
    def in_use(self) -> Iterator[Browser]:
        """The browser; contexts that are left open in it are closed at the end."""
        if self._browser is None or not self._browser.is_connected():
            self._start()
        assert self._browser is not None
        asyncio._set_running_loop(self._loop)
        try:
            yield self._browser
            for context in self._browser.contexts:
                context.close()
        finally:
            # Beside an event loop Django keeps connections in the context, not by thread: nobody would find them.
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
                connections.close_all()
            asyncio._set_running_loop(None)

    def close(self) -> None:
        if self._playwright is not None:
            asyncio._set_running_loop(self._loop)
            self._playwright.stop()
            asyncio._set_running_loop(None)
            self._playwright = self._browser = None

    def _start(self) -> None:
        self.close()
        path = find_browser()
        if path is None:
            raise RuntimeError("There is no Chromium: run `python tests/browser.py`, which installs one.")
        self._playwright = sync_playwright().start()
        self._loop = asyncio.get_running_loop()
        try:
            self._browser = self._playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        finally:
            asyncio._set_running_loop(None)


def sign_in(page: Page, url: str, session_key: str) -> None:
    """Give *page* the cookie of a session that exists in the database."""
    page.context.add_cookies([{"name": "sessionid", "value": session_key, "url": url}])
