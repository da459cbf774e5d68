"""E-mail through Django's SMTP back end: plain text and simple HTML, one message for all addresses."""

from collections.abc import Mapping
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string

from telemetry.alerts.channels.base import ConfigError, DeliveryError, Message, Receipt, read_config

CONSOLE = "django.core.mail.backends.console.EmailBackend"


class Email:
    """Configured by ``{"to": ["ops@example.com"]}``."""

    def __init__(self, config: Mapping[str, Any], secret: str) -> None:
        (self.to,) = read_config(config, {"to": list})
        if secret:
            raise ConfigError("An e-mail route has no secret: leave it empty.", "secret")
        for address in self.to:
            try:
                validate_email(str(address))
            except ValidationError as error:
                raise ConfigError(f"{address!r} is not an e-mail address.") from error

    def send(self, message: Message) -> Receipt:
        try:
            self.compose(message).send()
        except SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise DeliveryError(
                f"The mail server refused every address: {refusals(error)}.",
                permanent=all(code >= 500 for code in codes),
                status=codes[0],
            ) from error
        except SMTPResponseException as error:
            raise DeliveryError(
                f"The mail server answered {error.smtp_code} {text(error.smtp_error)}",
                # A refused login or connection may be mended in the settings; a refused sender will stay so.
                permanent=isinstance(error, SMTPSenderRefused) and error.smtp_code >= 500,
                status=error.smtp_code,
            ) from error
        except (SMTPException, OSError) as error:
            raise DeliveryError(f"The mail server cannot be reached: {error}") from error
        if settings.EMAIL_BACKEND == CONSOLE:
            return Receipt(
                status=None, excerpt="Written to the log: EMAIL_URL is not set, so there is no mail server."
            )
        return Receipt(status=250, excerpt="taken by the mail server")

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


def refusals(error: SMTPRecipientsRefused) -> str:
    return "; ".join(f"{address}: {code} {text(said)}" for address, (code, said) in error.recipients.items())


def readable(stamp: str | None) -> str:
    """``2026-11-20 12:00:00 UTC`` for the ISO time of a message, "" for none."""
    return stamp.replace("T", " ").replace("Z", " UTC") if stamp else ""


def text(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
