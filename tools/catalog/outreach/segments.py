"""How many text messages a text is billed as: GSM-7 and UCS-2, as 3GPP TS 23.038 and 23.040 define them."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

# 3GPP TS 23.038 §6.2.1. The escape character 0x1B is not a character of its own.
GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# §6.2.1.1: each is an escape and a character, and so takes two septets.
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")


class Encoding(StrEnum):
    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


# Units of one message that stands alone, and of each part of a longer one: six bytes of it say which part it is.
CAPACITY = {Encoding.GSM7: (160, 153), Encoding.UCS2: (70, 67)}


@dataclass(frozen=True, slots=True)
class Segmentation:
    """``units`` are septets in GSM-7, 16-bit units in UCS-2; the last segment still takes ``left`` of them."""

    encoding: Encoding
    units: int
    segments: int
    left: int


def segment(text: str) -> Segmentation:
    """What *text* is billed as. One character outside GSM-7 turns the whole text into UCS-2."""
    encoding = Encoding.UCS2 if unusual_characters(text) else Encoding.GSM7
    alone, part = CAPACITY[encoding]
    sizes = [_units(character, encoding) for character in text]
    units = sum(sizes)
    if units <= alone:
        return Segmentation(encoding, units, 1, alone - units)
    segments, used = _fill(sizes, part)
    return Segmentation(encoding, units, segments, part - used)


def _units(character: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM7:
        return 2 if character in GSM7_EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1


def _fill(sizes: Iterable[int], capacity: int) -> tuple[int, int]:
    """Segments, and units used of the last. A character of two units is never cut: it goes to the next segment."""
    segments, used = 1, 0
    for size in sizes:
        if used + size > capacity:
            segments, used = segments + 1, 0
        used += size
    return segments, used


def unusual_characters(text: str) -> str:
    """The characters that force UCS-2, each once, in order: what to replace to make the message cheaper."""
    return "".join(dict.fromkeys(character for character in text if character not in GSM7_BASIC | GSM7_EXTENSION))
