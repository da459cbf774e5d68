"""What every channel takes and gives back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

EXCERPT_CHARS = 500


@dataclass(frozen=True, slots=True)
class Message:
    """One telling. *key* is the same for every attempt; *incident* names the thread, "" for a test."""

    key: str
    subject: str
    payload: Mapping[str, Any]
    attempted_at: datetime
    incident: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The receiver's answer."""

    status: int | None
    excerpt: str


class Channel(Protocol):
    """Takes its configuration apart when made (ConfigError), and sends."""

    def send(self, message: Message) -> Receipt:
        """Give *message* to the receiver. DeliveryError if it did not take it."""


class ConfigError(ValueError):
    """The route's configuration cannot work; *field* is "config" or "secret"."""

    def __init__(self, sentence: str, field: str = "config") -> None:
        super().__init__(sentence)
        self.field = field


class DeliveryError(Exception):
    """The receiver did not take the message. *permanent*: trying again cannot help."""

    def __init__(
        self,
        sentence: str,
        *,
        permanent: bool = False,
        status: int | None = None,
        excerpt: str = "",
        retry_after_s: float = 0.0,
    ) -> None:
        super().__init__(sentence)
        self.permanent = permanent
        self.status = status
        self.excerpt = excerpt
        self.retry_after_s = retry_after_s


def read_config(config: object, required: Mapping[str, type]) -> list[Any]:
    """The values of *config* in the order of *required*; ConfigError for a missing, unknown or wrong one."""
    shape = ", ".join(f'"{name}": …' for name in required)
    if not isinstance(config, dict) or set(config) != set(required):
        raise ConfigError(f"Write {{{shape}}}, and nothing else.")
    for name, kind in required.items():
        if not isinstance(config[name], kind) or not config[name]:
            raise ConfigError(f'"{name}" must be a {"text" if kind is str else "list"} that is not empty.')
    return [config[name] for name in required]
