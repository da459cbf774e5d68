"""Takes secrets and personal data out of whatever is stored, previewed, logged or sent to watchers.

A net under care, not a licence to send secrets. Pure; each detector is a file and a line in ``DETECTORS``, and
takes time linear in the text. Which of them are used is ``REDACT`` in the settings.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from telemetry.redaction.cards import without_cards
from telemetry.redaction.emails import find_emails
from telemetry.redaction.numbers import in_numbers
from telemetry.redaction.phones import find_keyed_phones, without_phones
from telemetry.redaction.secrets import REDACTED, find_secrets, names_secret

__all__ = ["DETECTORS", "REDACTED", "Redactor", "configure", "names_secret", "redact", "redact_value"]

# Shorter text cannot hold the name of a secret and its value, or a key, or a number that says whose it is.
SHORTEST = 6
# Short values repeat (the names of models, hosts, roles): what was found in one need not be looked for again.
REMEMBERED_CHARS, REMEMBERED = 64, 16_384


@dataclass(frozen=True, slots=True)
class Detector:
    """``in_text`` is given the text and the same in lower case, ``in_number`` each piece with many digits.

    Both give back what they were given, without what they found.
    """

    in_text: Callable[[str, str], str] | None = None
    in_number: Callable[[str], str] | None = None


DETECTORS: Mapping[str, Detector] = {
    "secrets": Detector(in_text=find_secrets),
    "cards": Detector(in_number=without_cards),
    "emails": Detector(in_text=find_emails),
    "phones": Detector(in_text=find_keyed_phones, in_number=without_phones),
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
        used = [detector for name, detector in DETECTORS.items() if name in wanted]
        self._in_text = [each.in_text for each in used if each.in_text]
        self._in_numbers = [each.in_number for each in used if each.in_number]
        self._secrets = "secrets" in wanted
        self._redact_again = lru_cache(REMEMBERED)(self.redact)

    def redact(self, text: str) -> str:
        """*text* without what the detectors find."""
        if len(text) < SHORTEST:
            return text
        lower = text.lower()
        for find in self._in_text:
            text = find(text, lower)
        return in_numbers(text, self._in_numbers)

    def redact_value(self, key: str, value: Any) -> Any:
        """The *value* of the attribute *key*, redacted at every depth; all of it where *key* names a secret."""
        if self._secrets and value is not None and names_secret(key):
            return REDACTED
        if isinstance(value, str):
            return self._redact_again(value) if len(value) <= REMEMBERED_CHARS else self.redact(value)
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
