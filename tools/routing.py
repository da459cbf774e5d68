"""WebSocket routes of tool events."""

from typing import Any

websocket_urlpatterns: list[Any] = []
