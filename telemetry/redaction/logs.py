"""Keeps secrets out of log lines and tracebacks."""

import logging
import sys
import threading
from traceback import format_exception
from types import TracebackType

from telemetry.redaction import redact


class RedactingFormatter(logging.Formatter):
    """Formats a record, its traceback included, then takes secrets and personal data out of it."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def redact_uncaught() -> None:
    """From now on also in what Python itself writes of exceptions that nobody catches, in threads too."""
    # Whoever put another hook there wants to see them as they are.
    if sys.excepthook is sys.__excepthook__:
        sys.excepthook = _say
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _say_of_thread


def _say(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error or kind(), trace)
    elif sys.stderr is not None:
        sys.stderr.write(redact("".join(format_exception(kind, error, trace))))


def _say_of_thread(said: threading.ExceptHookArgs) -> None:
    if not issubclass(said.exc_type, SystemExit):
        _say(said.exc_type, said.exc_value, said.exc_traceback)
