"""The ways of telling people. The only place that names them all; a new channel is one file and one line."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from telemetry.alerts.channels.base import Channel, ConfigError
from telemetry.database.sealing import UNOPENED, Unopened

CHANNELS = {
    "email": ("e-mail", "telemetry.alerts.channels.email.Email"),
    "webhook": ("signed webhook", "telemetry.alerts.channels.webhook.Webhook"),
}


def load_channel(kind: str, config: Mapping[str, Any], secret: str) -> Channel:
    """The channel *kind*, ready to send. ConfigError says what is wrong with *config* or *secret*."""
    if isinstance(secret, Unopened):
        raise ConfigError(UNOPENED, "secret")
    module, _, name = CHANNELS[kind][1].rpartition(".")
    channel: Channel = getattr(import_module(module), name)(config, secret)
    return channel


def channel_choices() -> list[tuple[str, str]]:
    return [(kind, label) for kind, (label, _) in CHANNELS.items()]
