"""Takes secrets and personal data out of whatever is stored, previewed, logged or sent to watchers.

A net under care, not a licence to send secrets. Pure; each detector is a file and a line in ``DETECTORS``, and
takes time linear in the text. Which of them are used is ``REDACT`` in the settings.
"""

from collections.abc import Container, Iterable, Mapping
from importlib.util import find_spec
from typing import Any

from telemetry.redaction import addresses, ibans, people, phones, secrets, ssns
from telemetry.redaction.cards import find_cards
from telemetry.redaction.emails import find_emails
from telemetry.redaction.keys import names_secret
from telemetry.redaction.redactor import Detector
from telemetry.redaction.redactor import Redactor as _Redactor
from telemetry.redaction.stretches import REDACTED

__all__ = [
    "DETECTORS",
    "REDACTED",
    "USUAL",
    "Redactor",
    "configure",
    "names_secret",
    "redact",
    "redact_attributes",
    "redact_key",
    "redact_secrets",
    "redact_value",
]

DETECTORS: Mapping[str, Detector] = {
    "secrets": Detector(clues=secrets.CLUES, names_secret=names_secret),
    "ibans": Detector(clues=ibans.CLUES, in_number=ibans.find_ibans),
    "cards": Detector(in_number=find_cards),
    "ssns": Detector(clues=ssns.CLUES, in_number=ssns.find_ssns),
    "emails": Detector(in_text=find_emails),
    "phones": Detector(
        clues=phones.CLUES, in_number=phones.find_phones, of_keys=(phones.names_phone, phones.without_number)
    ),
    "names": Detector(in_text=people.find_names, needs=people.NEEDS),
    "addresses": Detector(in_text=addresses.find_addresses, needs=addresses.NEEDS),
}
# What is used where nothing is said. The others cost more, and need a package.
USUAL = tuple(name for name, detector in DETECTORS.items() if not detector.needs)
EXTRA = "salesboost[personal]"


class Redactor(_Redactor):
    """Some of the detectors by their names."""

    def __init__(self, names: Iterable[str] = USUAL) -> None:
        """Raises ValueError that lists the detectors there are, or names the package that one needs."""
        wanted = list(names)
        if unknown := [name for name in wanted if name not in DETECTORS]:
            raise ValueError(
                f"there is no detector {', '.join(map(repr, unknown))}: choose from {', '.join(DETECTORS)}."
            )
        used = {name: detector for name, detector in DETECTORS.items() if name in wanted}
        for name, detector in used.items():
            if detector.needs and find_spec(detector.needs) is None:
                raise ValueError(f"the detector {name!r} needs a package: run `pip install '{EXTRA}'`.")
        super().__init__([*used.values()])


class _Configured:
    """The redactors of this process: of all that is wanted, and of secrets alone."""

    redactor = Redactor()
    of_secrets = Redactor(["secrets"])


def configure(names: Iterable[str]) -> None:
    """Use these detectors from now on. Raises ValueError for a name that is none."""
    wanted = list(names)
    _Configured.redactor = Redactor(wanted)
    _Configured.of_secrets = Redactor([name for name in wanted if name == "secrets"])


def redact(text: str) -> str:
    """*text* without secrets and personal data."""
    return _Configured.redactor.redact(text)


def redact_secrets(text: str) -> str:
    """*text* without secrets; what is personal stays, for those who wrote it or have to act on it."""
    return _Configured.of_secrets.redact(text)


def redact_key(key: str) -> str:
    """The name *key* of an attribute, without secrets and personal data."""
    return _Configured.redactor.redact_key(key)


def redact_attributes(attributes: Mapping[str, Any], spared: Container[str], most_chars: int) -> dict[str, Any]:
    """A copy of *attributes*, names and values redacted but for *spared*; of texts two ends of *most_chars*."""
    return _Configured.redactor.redact_attributes(attributes, spared, most_chars)


def redact_value(key: str, value: Any) -> Any:
    """The *value* of the attribute *key*, redacted at every depth; all texts in it where *key* names a secret."""
    return _Configured.redactor.redact_value(key, value)
