"""The ways of telling people. The only place that names them all; a new channel is one file and one line."""

import json
from collections.abc import Mapping
from importlib import import_module
from threading import Lock
from typing import Any

from telemetry.alerts.channels.base import Channel, ConfigError
from telemetry.database.sealing import UNOPENED, Unopened

CHANNELS = {
    "email": ("e-mail", "telemetry.alerts.channels.email.Email"),
    "webhook": ("signed webhook", "telemetry.alerts.channels.webhook.Webhook"),
}
_loading = Lock()


def load_channel(kind: str, config: Mapping[str, Any], secret: str) -> Channel:
    """The channel *kind*, ready to send. ConfigError says what is wrong with *config* or *secret*."""
    if isinstance(secret, Unopened):
        raise ConfigError(UNOPENED, "secret")
    channel: Channel = class_of(kind)(config, secret)
    return channel


def channel_choices() -> list[tuple[str, str]]:
    return [(kind, label) for kind, (label, _) in CHANNELS.items()]


def config_help() -> str:
    """What the configuration of each channel looks like, for people who write one."""
    return " ".join(
        f"{label[:1].upper()}{label[1:]}: {json.dumps(class_of(kind).EXAMPLE)}."
        for kind, (label, _) in CHANNELS.items()
    )


def secret_help() -> str:
    """What the channels do with a secret, as far as they have one."""
    return " ".join(filter(None, (class_of(kind).SECRET for kind in CHANNELS)))


def class_of(kind: str) -> Any:
    """The class of the channel *kind*, loaded with its first use, by one thread at a time.

    A channel brings a client's library; two threads that load one see each other's modules half done.
    """
    module, _, name = CHANNELS[kind][1].rpartition(".")
    with _loading:
        return getattr(import_module(module), name)
