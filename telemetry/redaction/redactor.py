"""Some of the detectors, put to work on texts and on values at every depth."""

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from telemetry.redaction.clues import Clues
from telemetry.redaction.numbers import InNumber, in_numbers
from telemetry.redaction.pairs import NONE, are_pairs, is_schema, secret_values
from telemetry.redaction.stretches import REDACTED, Find, Span, replaced
from telemetry.values.texts import LEFT_OUT

# Shorter text cannot hold the name of a secret and its value, or a key, or a number that says whose it is.
SHORTEST = 6
# Short values repeat (the names of models, hosts, roles): what was found in one need not be looked for again.
REMEMBERED_CHARS, REMEMBERED = 64, 16_384
# A private key of 4,096 bits has so many.
MARGIN_CHARS = 4_096
# Never a secret.
_NUMBERS = (bool, int, float, type(None))
OfValue = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Detector:
    """Ways of finding; each is given a text and gives back what it found there.

    ``clues`` are words in lower case, and who looks closer where one stands; ``in_number`` is asked about each
    piece with many digits; ``of_keys`` tells of a key whether its values are looked at, and of such a value
    what to put for it, or None. ``needs`` is a module that is not there unless somebody installs it.
    """

    clues: Mapping[str, Find] = field(default_factory=dict)
    in_text: Callable[[str], Iterable[Span]] | None = None
    in_number: InNumber | None = None
    of_keys: tuple[Callable[[str], bool], OfValue] | None = None
    names_secret: Callable[[str], bool] | None = None
    needs: str = ""


def _no(key: str) -> bool:
    return False


def _hide(value: str) -> str | None:
    return REDACTED if value else None


class Redactor:
    """Works with *detectors*, in their order."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._clues = Clues({word: find for each in detectors for word, find in each.clues.items()})
        self._in_text = [each.in_text for each in detectors if each.in_text]
        self._in_numbers = [each.in_number for each in detectors if each.in_number]
        self._names_secret = next((each.names_secret for each in detectors if each.names_secret), _no)
        of_keys = [(self._names_secret, _hide), *(each.of_keys for each in detectors if each.of_keys)]
        self._of_values = lru_cache(4096)(lambda key: [of_value for names, of_value in of_keys if names(key)])
        self._redact_again = lru_cache(REMEMBERED)(self.redact)

    def redact(self, text: str) -> str:
        """*text* without what the detectors find."""
        if len(text) < SHORTEST:
            return text
        # Mostly nothing is found: then nothing is made of it either.
        if spans := self._clues.spans(text):
            text = replaced(text, spans)
        for find in self._in_text:
            if spans := find(text):
                text = replaced(text, spans)
        if spans := in_numbers(text, self._in_numbers):
            text = replaced(text, spans)
        return text

    def redact_key(self, key: str) -> str:
        """The name of an attribute or of an item, which may be a secret itself."""
        return self._redact_again(key) if len(key) <= REMEMBERED_CHARS else self.redact(key)

    def redact_attributes(
        self, attributes: Mapping[str, Any], spared: Container[str], most_chars: int
    ) -> dict[str, Any]:
        """A copy of *attributes*, names and values redacted, but for those of *spared*; of texts the two ends.

        These have *most_chars* together.
        """
        kept: dict[str, Any] = {}
        again, of_values = self._redact_again, self._of_values
        for name, value in attributes.items():
            if name in spared:
                kept[name] = value
                continue
            known = again(name) if len(name) <= REMEMBERED_CHARS else self.redact(name)
            if known in kept:
                known = f"{known} {len(kept) + 1}"
            if type(value) is not str:
                kept[known] = self.redact_value(name, value)
            elif len(value) <= REMEMBERED_CHARS and not of_values(name):
                kept[known] = again(value)  # as most are
            else:
                is_long = len(value) > most_chars
                kept[known] = self._long(name, value, most_chars) if is_long else self._text(name, value)
        return kept

    def _long(self, name: str, value: str, most_chars: int) -> Any:
        """The two ends of *value*, redacted.

        Of the second end the first MARGIN_CHARS are looked at and left out: a secret may have begun before them.
        """
        half = most_chars // 2
        end_at = len(value) - half
        looked_at = max(0, end_at - MARGIN_CHARS)
        end = self.redact_value(name, value[looked_at:])
        return f"{self.redact_value(name, value[:half])}{LEFT_OUT}{end[end_at - looked_at :]}"

    def redact_value(self, key: str, value: Any) -> Any:
        """The *value* of the attribute *key*, redacted at every depth; no text of it if *key* names a secret."""
        if type(value) is str:
            return self._text(key, value)
        if isinstance(value, _NUMBERS):
            return value
        if self._names_secret(key):
            return self._hidden(value)
        if isinstance(value, Mapping):
            return self._mapping(value)
        return self._list(value) if isinstance(value, list | tuple) else self.redact(str(value))

    def _text(self, key: str, value: str) -> str:
        for of_value in self._of_values(key):
            if found := of_value(value):
                return found
        return self._redact_again(value) if len(value) <= REMEMBERED_CHARS else self.redact(value)

    def _mapping(self, items: Mapping[Any, Any]) -> dict[str, Any]:
        secret = NONE if self._names_secret is _no else secret_values(items)
        return unlike(
            (
                self.redact_key(str(name)),
                self._hidden(item) if name in secret else self.redact_value(str(name), item),
            )
            for name, item in items.items()
        )

    def _list(self, items: Sequence[Any]) -> list[Any]:
        if are_pairs(items):
            return [[self.redact_value("", name), self.redact_value(name, value)] for name, value in items]
        return [self.redact_value("", item) for item in items]

    def _hidden(self, value: Any) -> Any:
        """*value* without its texts. Numbers stay, and schemas, which tell of a value and hold none."""
        if isinstance(value, _NUMBERS):
            return value
        if isinstance(value, Mapping):
            if is_schema(value):
                return self._mapping(value)
            return unlike((self.redact_key(str(name)), self._hidden(item)) for name, item in value.items())
        if isinstance(value, list | tuple):
            return [self._hidden(item) for item in value]
        return REDACTED if value else value


def unlike(items: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """*items* as a dictionary, none lost: of names that became alike all but the first get a number."""
    found: dict[str, Any] = {}
    for name, item in items:
        found[name if name not in found else f"{name} {len(found) + 1}"] = item
    return found
