"""The ASGI application: pages and REST over HTTP, live pages and tool events over WebSocket."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesboost.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from dashboard.routing import websocket_urlpatterns as page_routes
from salesboost.memory import settle
from telemetry.tracing import configure_tracing
from tools.routing import websocket_urlpatterns as tool_routes
from tools.sockets.origin import BrowserOriginValidator

configure_tracing()

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": BrowserOriginValidator(URLRouter([*page_routes, *tool_routes])),
    }
)

settle()
