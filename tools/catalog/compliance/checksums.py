"""Whether digits that look like a card number or an IBAN really are one. Pure functions."""

from collections.abc import Callable


def luhn(text: str) -> bool:
    """ISO/IEC 7812: the check digit of payment cards."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return bool(digits) and any(digits) and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def iban(text: str) -> bool:
    """ISO 13616: the number, with country and check digits moved behind, is 1 modulo 97."""
    signs = "".join(text.split()).upper()
    return 15 <= len(signs) <= 34 and int("".join(str(int(sign, 36)) for sign in signs[4:] + signs[:4])) % 97 == 1


CHECKSUMS: dict[str, Callable[[str], bool]] = {"luhn": luhn, "iban": iban}
