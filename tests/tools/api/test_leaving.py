"""A client that hangs up."""

import asyncio
import json
import os

import pytest
from asgiref.testing import ApplicationCommunicator
from django.core.asgi import get_asgi_application

from tools import tool
from tools.running import runtime


@pytest.fixture
def waiting():
    """A tool that waits for ever, when it began, and when it was cancelled."""
    began, cancelled = asyncio.Event(), asyncio.Event()

    @tool
    async def wait() -> None:
        """Waits for ever."""
        began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    return wait, began, cancelled


async def test_a_request_that_is_hung_up_cancels_its_tool(make_executor, known_keys, waiting, monkeypatch):
    wait, began, cancelled = waiting
    monkeypatch.setitem(runtime._executors, os.getpid(), make_executor(wait))
    body = json.dumps({"tool": "wait"}).encode()
    headers = [
        (b"host", b"localhost"),
        (b"authorization", b"Bearer sb_full"),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/tools/execute",
        "query_string": b"",
        "headers": headers,
        "client": ["127.0.0.1", 1],
    }
    request = ApplicationCommunicator(get_asgi_application(), scope)
    await request.send_input({"type": "http.request", "body": body})
    await asyncio.wait_for(began.wait(), 5)
    await request.send_input({"type": "http.disconnect"})
    await asyncio.wait_for(cancelled.wait(), 5)
    await request.wait()
