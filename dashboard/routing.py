"""WebSocket routes of the live pages."""

from typing import Any

from django.urls import path

from dashboard.live.consumers import DashboardConsumer

# Channels routes any ASGI application by Django's path; its types only know views.
dashboard_socket: Any = DashboardConsumer.as_asgi()
websocket_urlpatterns: list[Any] = [path("ws/dashboard", dashboard_socket)]
