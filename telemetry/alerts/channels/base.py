"""What every channel takes and gives back."""

import asyncio
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar

EXCERPT_CHARS = 500
# For what comes after the answer: its text, a farewell.
AFTERWARDS_S = 1.0

Answer = TypeVar("Answer")


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
    """The receiver's answer; *logged* where there is none, and the message only stands in the log."""

    status: int | None
    excerpt: str
    logged: bool = False


class Channel(Protocol):
    """Takes its configuration apart when made (ConfigError), and sends.

    The form of a route shows *EXAMPLE*, a configuration, and *SECRET*, a sentence on what a secret is for, "" if
    there is none.
    """

    EXAMPLE: ClassVar[Mapping[str, Any]]
    SECRET: ClassVar[str]

    async def send(self, message: Message) -> Receipt:
        """Give *message* to the receiver. DeliveryError if it did not take it.

        Other messages are sent by the same thread meanwhile, so it awaits, and never blocks. It is cancelled when
        the time for an attempt is over.
        """

    def only_logs(self) -> bool:
        """Whether a message would reach nobody as things are, and be written to the log instead."""


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


async def if_quick(rest: Awaitable[Answer], otherwise: Answer) -> Answer:
    """What *rest* gives within a second, else *otherwise*: for what comes after the answer that decides.

    The receiver has taken the message by then, so not even the end of the attempt's time may call it a failure:
    that would send it again.
    """
    try:
        async with asyncio.timeout(AFTERWARDS_S):
            return await rest
    except (Exception, asyncio.CancelledError):
        return otherwise
