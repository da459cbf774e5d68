"""Headers that every answer has: pages, the API, static files, and errors that no view has made."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.conf import settings

Message = MutableMapping[str, Any]
Application = Callable[[Any, Any, Any], Awaitable[None]]

# What a page could ask a browser for, and ours never do.
UNUSED = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid"),
    *("magnetometer", "microphone", "midi", "payment", "publickey-credentials-get", "screen-wake-lock"),
    *("serial", "usb"),
)
HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": ", ".join(f"{feature}=()" for feature in UNUSED).encode(),
    # Of what is no page of ours and has no policy of its own: a document for a program loads nothing.
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
}
# A year. Neither the subdomains nor a browser's own list are ours to decide on.
HSTS = {b"strict-transport-security": b"max-age=31536000"}


def wanted(scope: Any, *, https: bool) -> dict[bytes, bytes]:
    """The headers of an answer to *scope*. ``https``: people reach SalesBoost by TLS."""
    plain = (b"x-forwarded-proto", b"http") in scope["headers"]
    return {**HEADERS, **HSTS} if https and not plain else HEADERS


def with_headers(application: Application) -> Application:
    """*application*, over HTTP, with the headers that its answers lack."""
    https = settings.HTTPS or settings.PUBLIC_URL.startswith("https://")

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        headers = wanted(scope, https=https)

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                has = list(message.get("headers", ()))
                names = {name.lower() for name, _ in has}
                message["headers"] = [*has, *(each for each in headers.items() if each[0] not in names)]
            await send(message)

        await application(scope, receive, send_with)

    return answer
