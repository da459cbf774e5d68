"""WebSocket routes of tool events."""

from typing import Any
from urllib.parse import ParseResult

from channels.security.websocket import OriginValidator
from django.conf import settings
from django.urls import path

from tools.consumers import ChatConsumer

chat: Any = ChatConsumer.as_asgi()  # Django's path() knows only the type of views
websocket_urlpatterns: list[Any] = [path("ws/chat", chat)]


class BrowserOriginValidator(OriginValidator):
    """Refuses a page of another site. A program sends no Origin, and has no cookies that it could misuse."""

    def __init__(self, application: Any) -> None:
        super().__init__(application, settings.ALLOWED_HOSTS)

    def valid_origin(self, parsed_origin: ParseResult | None) -> bool:
        return parsed_origin is None or bool(self.validate_origin(parsed_origin))
