"""E-mail by SMTP: plain text and simple HTML, one message for all addresses."""

import asyncio
import socket
from collections.abc import Mapping
from email.utils import parseaddr
from functools import partial
from typing import Any, ClassVar

from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import sanitize_address
from django.core.validators import validate_email
from django.template.loader import render_to_string

from telemetry.alerts.channels.base import ConfigError, DeliveryError, Message, Receipt, if_quick, read_config
from telemetry.outbound.name_resolution import LOOKUPS, TooManyHang

CONSOLE = "django.core.mail.backends.console.EmailBackend"
NO_SERVER = "EMAIL_URL is not set, so there is no mail server."
# Of the time for an attempt, what one address of the mail server may take to connect.
CONNECT_S = 4.0
ADDRESSES_TRIED = 2


class Email:
    """Configured by the addresses to write to; without a secret."""

    EXAMPLE: ClassVar[Mapping[str, Any]] = {"to": ["ops@example.com"]}
    SECRET: ClassVar[str] = ""

    def __init__(self, config: Mapping[str, Any], secret: str) -> None:
        (self.to,) = read_config(config, {"to": list})
        if secret:
            raise ConfigError("An e-mail route has no secret: leave it empty.", "secret")
        for address in self.to:
            try:
                validate_email(str(address))
            except ValidationError as error:
                raise ConfigError(f"{address!r} is not an e-mail address.") from error

    async def send(self, message: Message) -> Receipt:
        mail = self.compose(message)
        if self.only_logs():
            mail.send()
            return Receipt(status=None, excerpt=f"Written to the log: {NO_SERVER}", logged=True)
        try:
            refused = await deliver(mail)
        except SMTPRecipientsRefused as error:
            codes = [refused.code for refused in error.recipients]
            raise DeliveryError(
                f"The mail server refused every address: {refusals(error)}.",
                permanent=all(code >= 500 for code in codes),
                status=codes[0],
            ) from error
        except SMTPResponseException as error:
            raise DeliveryError(
                f"The mail server answered {error.code} {error.message}",
                # A refused login or connection may be mended in the settings; a refused sender will stay so.
                permanent=isinstance(error, SMTPSenderRefused) and error.code >= 500,
                status=error.code,
            ) from error
        except (SMTPException, OSError, ValueError, TooManyHang) as error:
            raise DeliveryError(f"The mail server cannot be reached: {error}") from error
        return Receipt(status=250, excerpt=f"taken by the mail server{', but not for ' * bool(refused)}{refused}")

    def only_logs(self) -> bool:
        return bool(settings.EMAIL_BACKEND == CONSOLE)

    def compose(self, message: Message) -> EmailMultiAlternatives:
        """The mail. A repeat has the same Message-ID, and all of one incident share a thread."""
        told = message.payload["data"]
        context = {
            **told,
            "subject": message.subject,
            "began_at": readable(told["began_at"]),
            "resolved_at": readable(told["resolved_at"]),
        }
        headers = {"Message-ID": f"<{message.key}@salesboost>", "Auto-Submitted": "auto-generated"}
        if message.incident:
            headers["References"] = f"<{message.incident}@salesboost>"
        mail = EmailMultiAlternatives(
            subject=" ".join(message.subject.split()),
            body=render_to_string("alerts/email.txt", context),
            to=self.to,
            headers=headers,
        )
        mail.attach_alternative(render_to_string("alerts/email.html", context), "text/html")
        return mail


async def deliver(mail: EmailMultiAlternatives) -> str:
    """Give *mail* to the settings' mail server; what it said to addresses that it refused. May raise OSError."""
    own_name = await LOOKUPS.ask("our own name", socket.getfqdn)
    connection = await connect(settings.EMAIL_HOST, settings.EMAIL_PORT)
    client = SMTP(
        hostname=settings.EMAIL_HOST,
        sock=connection,
        username=settings.EMAIL_HOST_USER or None,
        password=settings.EMAIL_HOST_PASSWORD,
        use_tls=settings.EMAIL_USE_SSL,
        start_tls=settings.EMAIL_USE_TLS,
        local_hostname=own_name,
        timeout=None,  # the attempt has one for the whole dialogue
    )
    sender, *recipients = (parseaddr(sanitize_address(one, "utf-8"))[1] for one in (mail.from_email, *mail.to))
    try:
        await client.connect()
        refused, _ = await client.sendmail(sender, recipients, mail.message().as_bytes())
        await if_quick(client.quit(), otherwise=None)
    finally:
        client.close()
        connection.close()
    return "; ".join(f"{address}: {answer.code} {answer.message}" for address, answer in refused.items())


async def connect(host: str, port: int) -> socket.socket:
    """A connection to the first address of *host* that takes one. OSError."""
    found = await LOOKUPS.ask((host, port), partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM))
    refused: OSError = ConnectionError(f"{host} has no address")
    for family, kind, protocol, _, address in found[:ADDRESSES_TRIED]:
        connection = socket.socket(family, kind, protocol)
        connection.setblocking(False)
        try:
            async with asyncio.timeout(CONNECT_S):
                await asyncio.get_running_loop().sock_connect(connection, address)
        except TimeoutError:
            connection.close()
            refused = TimeoutError(f"{address[0]} did not connect within {CONNECT_S:.0f} s")
        except OSError as error:
            connection.close()
            refused = error
        except BaseException:
            connection.close()
            raise
        else:
            return connection
    raise refused


def refusals(error: SMTPRecipientsRefused) -> str:
    return "; ".join(f"{refused.recipient}: {refused.code} {refused.message}" for refused in error.recipients)


def readable(stamp: str | None) -> str:
    """``2026-11-20 12:00:00 UTC`` for the ISO time of a message, "" for none."""
    return stamp.replace("T", " ").replace("Z", " UTC") if stamp else ""
