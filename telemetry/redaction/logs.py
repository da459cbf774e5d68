"""Keeps secrets out of log lines and tracebacks."""

import logging

from telemetry.redaction import redact


class RedactingFormatter(logging.Formatter):
    """Formats a record, its traceback included, then takes secrets and personal data out of it."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
