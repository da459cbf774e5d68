"""An HTTP POST signed by the Standard Webhooks scheme (standardwebhooks.com)."""

import binascii
import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, ClassVar

import httpx
from standardwebhooks import Webhook as Signer
from standardwebhooks.webhooks import EmptyWebhookSecretError

from telemetry.alerts.channels.base import (
    EXCERPT_CHARS,
    ConfigError,
    DeliveryError,
    Message,
    Receipt,
    if_quick,
    read_config,
)
from telemetry.outbound.guard import Refused, check_url, guarded_client
from telemetry.outbound.name_resolution import TooManyHang

# Of the time for an attempt, what one address of a name may take to connect.
CONNECT_S = 4.0
# Other 4xx say that the request itself is wrong; these may pass: a service being deployed, busy, or behind.
PASSING = {404, 408, 409, 425, 429}


class Webhook:
    """Configured by the address to post to; signs with its secret."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"url": "https://example.com/hook"}
    SECRET: ClassVar[str] = "A webhook signs with it: “whsec_” and base64."

    def __init__(self, config: Mapping[str, Any], secret: str) -> None:
        (self.url,) = read_config(config, {"url": str})
        try:
            check_url(self.url)
        except Refused as error:
            raise ConfigError(str(error)) from error
        self.signer = read_secret(secret)

    async def send(self, message: Message) -> Receipt:
        body = json.dumps(message.payload, separators=(",", ":"))
        headers = {
            "content-type": "application/json",
            "accept-encoding": "identity",
            "user-agent": "SalesBoost",
            "webhook-id": message.key,
            "webhook-timestamp": str(int(message.attempted_at.timestamp())),
            "webhook-signature": self.signer.sign(message.key, message.attempted_at, body),
        }
        host = httpx.URL(self.url).host
        try:
            async with (
                guarded_client(CONNECT_S) as client,
                client.stream("POST", self.url, content=body, headers=headers) as response,
            ):
                excerpt = await if_quick(read_excerpt(response), otherwise="")
        except Refused as error:
            raise DeliveryError(str(error), permanent=True) from error
        except httpx.ConnectTimeout as error:
            raise DeliveryError(f"Could not connect to {host} within {CONNECT_S:.0f} s.") from error
        except (httpx.HTTPError, TooManyHang) as error:
            raise DeliveryError(f"Could not post to {host}: {error}") from error
        return judge(response, excerpt)

    def only_logs(self) -> bool:
        return False


def judge(response: httpx.Response, excerpt: str) -> Receipt:
    """A receipt for 2xx, else the error that says whether to try again."""
    status = response.status_code
    if response.is_success:
        return Receipt(status, excerpt)
    if response.has_redirect_location:
        sentence = f"It answered {status}, a redirect, which is not followed: set its final address."
    else:
        sentence = f"It answered {status} {response.reason_phrase}.".replace(" .", ".")
    retry_after = response.headers.get("retry-after", "")
    raise DeliveryError(
        sentence,
        permanent=300 <= status < 500 and status not in PASSING,
        status=status,
        excerpt=excerpt,
        retry_after_s=float(retry_after) if retry_after.isdecimal() else 0.0,
    )


async def read_excerpt(response: httpx.Response) -> str:
    """The beginning of the answer as it first arrives; a slow or endless rest is not waited for."""
    async for chunk in response.aiter_raw():
        return chunk.decode(errors="replace")[:EXCERPT_CHARS]
    return ""


def read_secret(secret: str) -> Signer:
    """What signs with *secret*; ConfigError if it cannot."""
    try:
        b64decode(secret.removeprefix("whsec_"), validate=True)
        return Signer(secret)
    except (binascii.Error, ValueError, EmptyWebhookSecretError) as error:
        raise ConfigError(
            'The secret must be "whsec_" and base64. Make one: '
            "python3 -c \"import base64, os; print('whsec_' + base64.b64encode(os.urandom(32)).decode())\"",
            "secret",
        ) from error
