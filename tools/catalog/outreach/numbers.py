"""Phone numbers in the international form, E.164: a plus sign, the country code, at most 15 digits."""

from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from tools.errors import InvalidArguments


def normalise(text: str, *, home: str = "") -> str:
    """*text* as E.164; spaces, dashes and brackets in an international number are taken out.

    A number of possible length passes: numbering plans change faster than any table of them, and the gateway
    says which numbers exist. Raises InvalidArguments, which suggests the number that was probably meant;
    *home* is a number of our own, whose country is tried for a number without a country code.
    """
    if text.strip().startswith("+"):
        number = _parse(text)
        if number:
            return number
        raise InvalidArguments(
            f"{_shown(text)} is not a phone number that can exist: check the country code and count the digits.",
            code="invalid_phone_number",
            hint="write it in E.164, such as +442079460958",
        )
    suggestion = next(_suggestions(text, home), "")
    hint = f"did you mean {suggestion}?" if suggestion else "write it in E.164, such as +442079460958"
    raise InvalidArguments(
        f"{_shown(text)} has no country code: write the number in E.164, with a plus sign and the country code"
        + (f"; did you mean {suggestion}?" if suggestion else "."),
        code="invalid_phone_number",
        hint=hint,
    )


def _suggestions(text: str, home: str) -> Iterator[str]:
    """International numbers that *text* may stand for, likeliest first; only such as are assigned."""
    digits = phonenumbers.normalize_digits_only(text)
    if digits.startswith("00"):
        yield from filter(None, [_parse(f"+{digits[2:]}", assigned=True)])
    region = phonenumbers.region_code_for_number(phonenumbers.parse(home)) if home else None
    if region:
        yield from filter(None, [_parse(text, region, assigned=True)])
    if digits and not digits.startswith("0"):
        yield from filter(None, [_parse(f"+{digits}", assigned=True)])


def _parse(text: str, region: str | None = None, *, assigned: bool = False) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return None
    accept = phonenumbers.is_valid_number if assigned else phonenumbers.is_possible_number
    # Letters and extensions parse as well ("+1 800 FLOWERS", "… ext. 5"), but no text message goes there.
    if not accept(number) or number.extension or any(character.isalpha() for character in text):
        return None
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:39] + "…")
