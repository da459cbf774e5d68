"""Finds bank accounts (IBAN, ISO 13616) by their check digits, written in one piece or in groups."""

import re
from collections.abc import Iterator, Mapping

from telemetry.redaction.stretches import Find, Span

REDACTED = "[iban]"
LONGEST = 44  # 34 characters and the spaces between groups of four
_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])")


# Behind what it is, people write it small.
_NAMED = re.compile(
    r"""iban(?:["']|\b)(?: number| no\.?)?(?:\s{0,3}[:=]| is)?\s{0,3}["']?"""
    r"""([a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?)(?![A-Za-z0-9])""",
    re.IGNORECASE,
)


def _find_named(text: str, start: int, end: int) -> Span | None:
    found = _NAMED.match(text, start)
    if found is None:
        return None
    valid = (account for account in _shorter(found[1]) if iban_valid(account.replace(" ", "").upper()))
    account = next(valid, "")
    return Span(found.start(1), found.start(1) + len(account), REDACTED) if account else None


def find_ibans(text: str, start: int, end: int) -> Iterator[Span]:
    """Each holds a piece of digits, behind capital letters."""
    before = text[start - 1] if start else ""
    if before == " " and start > 1:
        before = text[start - 2]
    if not before.isupper():
        return
    for found in _IBAN.finditer(text, max(0, start - LONGEST), end + LONGEST):
        for account in _shorter(found[0]):
            if iban_valid(account.replace(" ", "")):
                yield Span(found.start(), found.start() + len(account), REDACTED)
                break


def iban_valid(account: str) -> bool:
    """Whether *account*, without spaces, has the right check digits."""
    return len(account) >= 15 and int("".join(str(int(char, 36)) for char in account[4:] + account[:4])) % 97 == 1


def _shorter(found: str) -> Iterator[str]:
    """*found*, then without its last groups: a word of capitals may follow."""
    while len(found) >= 15:
        yield found
        found = found.rpartition(" ")[0]


CLUES: Mapping[str, Find] = {"iban": _find_named}
