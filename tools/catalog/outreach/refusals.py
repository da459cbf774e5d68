"""How a message did not go out, in the words of the gateway's client (``gateway.py``), without that client."""

from collections.abc import Mapping
from typing import Any

from tools.errors import ProviderError, ToolError

# The gateway's number for it.
OPTED_OUT = 21610
# The statuses by which it says that it does not know us.
BAD_CREDENTIALS = frozenset({401, 403})


class NotSent(Exception):
    """The gateway did not take the message. ``error`` is for the caller, ``answer`` what the gateway said."""

    def __init__(self, error: ToolError, answer: Mapping[str, Any]) -> None:
        super().__init__(error.detail)
        self.error = error
        self.answer = dict(answer)


class PerhapsSent(Exception):
    """There was no answer that can be understood, so the message may or may not be on its way."""


def not_configured() -> ProviderError:
    """No gateway is set."""
    return ProviderError(
        "No SMS gateway is configured: set SMS_GATEWAY_URL, SMS_GATEWAY_ACCOUNT and SMS_GATEWAY_TOKEN.",
        code="sms_gateway_not_configured",
        retryable=False,
    )


def bad_credentials(number: str = "") -> ProviderError:
    """The gateway does not take our account or token; *number* is what it says of it."""
    return ProviderError(
        f"The SMS gateway refuses our credentials{number}: check SMS_GATEWAY_ACCOUNT and SMS_GATEWAY_TOKEN.",
        code="sms_gateway_credentials",
        retryable=False,
    )


def unreachable() -> ProviderError:
    """It did not answer."""
    return ProviderError(
        "The SMS gateway cannot be reached: try again, and if it stays so, check SMS_GATEWAY_URL.",
        code="sms_gateway_unreachable",
    )
