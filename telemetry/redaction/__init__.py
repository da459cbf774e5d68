"""Takes secrets and personal data out of whatever is stored, previewed, logged or sent to watchers.

A net under care, not a licence to send secrets. Pure; each detector is a file and a line in ``DETECTORS``, and
takes time linear in the text. Which of them are used is ``REDACT`` in the settings.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from telemetry.redaction import phones, secrets
from telemetry.redaction.cards import find_cards
from telemetry.redaction.emails import find_emails
from telemetry.redaction.ibans import find_ibans
from telemetry.redaction.keys import names_secret
from telemetry.redaction.redactor import Detector
from telemetry.redaction.redactor import Redactor as _Redactor
from telemetry.redaction.spans import REDACTED
from telemetry.redaction.ssns import find_ssns

__all__ = [
    "DETECTORS",
    "REDACTED",
    "Redactor",
    "configure",
    "names_secret",
    "redact",
    "redact_key",
    "redact_value",
]

DETECTORS: Mapping[str, Detector] = {
    "secrets": Detector(clues=secrets.CLUES, names_secret=names_secret),
    "ibans": Detector(in_number=find_ibans),
    "cards": Detector(in_number=find_cards),
    "ssns": Detector(in_number=find_ssns),
    "emails": Detector(in_text=find_emails),
    "phones": Detector(clues=phones.CLUES, in_number=phones.find_phones, in_value=phones.in_value),
}
# What is used where nothing is said.
USUAL = (*DETECTORS,)


class Redactor(_Redactor):
    """Some of the detectors by their names."""

    def __init__(self, names: Iterable[str] = USUAL) -> None:
        """Raises ValueError that lists the detectors there are."""
        wanted = list(names)
        if unknown := [name for name in wanted if name not in DETECTORS]:
            raise ValueError(
                f"there is no detector {', '.join(map(repr, unknown))}: choose from {', '.join(DETECTORS)}."
            )
        super().__init__([detector for name, detector in DETECTORS.items() if name in wanted])


class _Configured:
    """The redactor of this process."""

    redactor = Redactor()


def configure(names: Iterable[str]) -> None:
    """Use these detectors from now on. Raises ValueError for a name that is none."""
    _Configured.redactor = Redactor(names)


def redact(text: str) -> str:
    """*text* without secrets and personal data."""
    return _Configured.redactor.redact(text)


def redact_key(key: str) -> str:
    """The name *key* of an attribute, without secrets and personal data."""
    return _Configured.redactor.redact_key(key)


def redact_value(key: str, value: Any) -> Any:
    """The *value* of the attribute *key*, redacted at every depth; all texts in it where *key* names a secret."""
    return _Configured.redactor.redact_value(key, value)
