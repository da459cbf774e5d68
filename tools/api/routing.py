"""WebSocket routes of tool events."""

from typing import Any

from django.urls import path

from tools.api.consumers import ChatConsumer

chat: Any = ChatConsumer.as_asgi()  # Django's path() knows only the type of views
websocket_urlpatterns: list[Any] = [path("ws/chat", chat)]
