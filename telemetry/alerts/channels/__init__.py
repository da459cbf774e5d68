"""The ways of telling people. The only place that names them all; a new channel is one file and one line."""

import json
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
    channel: Channel = _class_of(kind)(config, secret)
    return channel


def channel_choices() -> list[tuple[str, str]]:
    return [(kind, label) for kind, (label, _) in CHANNELS.items()]


def config_help() -> str:
    """What the configuration of each channel looks like, for people who write one."""
    return " ".join(
        f"{label[:1].upper()}{label[1:]}: {json.dumps(_class_of(kind).EXAMPLE)}."
        for kind, (label, _) in CHANNELS.items()
    )


def secret_help() -> str:
    """What the channels do with a secret, as far as they have one."""
    return " ".join(filter(None, (_class_of(kind).SECRET for kind in CHANNELS)))


def _class_of(kind: str) -> Any:
    module, _, name = CHANNELS[kind][1].rpartition(".")
    return getattr(import_module(module), name)
