"""The ASGI application: pages and REST over HTTP, live pages and tool events over WebSocket."""

import os
from importlib import import_module
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesboost.settings")

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import re_path

django.setup(set_prefix=False)  # what follows needs the apps

from dashboard.routing import websocket_urlpatterns as page_routes
from salesboost.garbage import settle
from salesboost.gates import wait_at_gate
from salesboost.headers import with_headers
from salesboost.server.threads import Handler
from telemetry.tracing.provider import configure_tracing
from tools.api.routing import websocket_urlpatterns as tool_routes
from tools.web.sockets.origin import BrowserOriginValidator

import_module(settings.ROOT_URLCONF)  # all pages, or the first request would wait for them
wait_at_gate()  # what follows needs the tables
configure_tracing()


async def no_such_socket(scope: Any, receive: Any, send: Any) -> None:
    """Refuses the handshake. Without a route, each one would cost a traceback in the log."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


nowhere: Any = no_such_socket  # Django's re_path() knows only the type of views
sockets: list[Any] = [*page_routes, *tool_routes, re_path("", nowhere)]
application = ProtocolTypeRouter(
    {
        "http": with_headers(Handler()),
        "websocket": BrowserOriginValidator(URLRouter(sockets)),
    }
)

settle()
