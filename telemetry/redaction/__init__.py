"""Takes secrets and personal data out of whatever is stored, previewed, logged or sent to watchers.

A net under care, not a licence to send secrets. Pure; each detector is a file and a line in ``DETECTORS``, and
takes time linear in the text. Which of them are used is ``REDACT`` in the settings.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from telemetry.redaction.cards import find_cards
from telemetry.redaction.emails import find_emails
from telemetry.redaction.phones import find_phones
from telemetry.redaction.secrets import REDACTED, find_secrets, names_secret

__all__ = ["DETECTORS", "REDACTED", "Redactor", "configure", "names_secret", "redact", "redact_value"]

# Shorter text cannot hold the name of a secret and its value, or a key, or a number that says whose it is.
SHORTEST = 6
Detector = Callable[[str, str], str]
# A detector is given the text and the text in lower case, and gives the text without what it found.
DETECTORS: Mapping[str, Detector] = {
    "secrets": find_secrets,
    "cards": find_cards,
    "emails": find_emails,
    "phones": find_phones,
}


class Redactor:
    """Some of the detectors, in their order."""

    def __init__(self, names: Iterable[str] = DETECTORS) -> None:
        """Raises ValueError that lists the detectors there are."""
        wanted = list(names)
        if unknown := [name for name in wanted if name not in DETECTORS]:
            raise ValueError(
                f"there is no detector {', '.join(map(repr, unknown))}: choose from {', '.join(DETECTORS)}."
            )
        self._detectors = [find for name, find in DETECTORS.items() if name in wanted]
        self._secrets = "secrets" in wanted

    def redact(self, text: str) -> str:
        """*text* without what the detectors find."""
        if len(text) < SHORTEST:
            return text
        lower = text.lower()
        for find in self._detectors:
            text = find(text, lower)
        return text

    def redact_value(self, key: str, value: Any) -> Any:
        """The *value* of the attribute *key*, redacted at every depth; all of it where *key* names a secret."""
        if self._secrets and value is not None and names_secret(key):
            return REDACTED
        if isinstance(value, bool | int | float | None):
            return value
        if isinstance(value, Mapping):
            return {str(name): self.redact_value(str(name), item) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.redact_value("", item) for item in value]
        return self.redact(str(value))


class _Configured:
    """The redactor of this process."""

    redactor = Redactor()


def configure(names: Iterable[str]) -> None:
    """Use these detectors from now on. Raises ValueError for a name that is none."""
    _Configured.redactor = Redactor(names)


def redact(text: str) -> str:
    """*text* without secrets and personal data."""
    return _Configured.redactor.redact(text)


def redact_value(key: str, value: Any) -> Any:
    """The *value* of the attribute *key*, redacted at every depth; all of it where *key* names a secret."""
    return _Configured.redactor.redact_value(key, value)
