import pytest

from tools.catalog.compliance.checksums import iban, luhn


@pytest.mark.parametrize("number", ["4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005"])
def test_card_numbers_pass_luhn_and_fail_with_one_digit_changed(number):
    assert luhn(number)
    assert not luhn(number[:-1] + str((int(number[-1]) + 1) % 10))


def test_zeros_are_no_card_number():
    assert not luhn("0000 0000 0000 0000")


@pytest.mark.parametrize(
    "number", ["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "BE68 5390 0754 7034"]
)
def test_ibans_pass_and_fail_with_two_digits_swapped(number):
    assert iban(number)
    assert not iban(number[:-2] + "9" + number[-1])
