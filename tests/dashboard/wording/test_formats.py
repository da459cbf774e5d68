import pytest

from dashboard.wording import formats


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.8121, "81.2 %"),
        (1.0, "100 %"),
        (0.99999, "99.9 %"),
        (0.0, "0 %"),
        (0.00001, "< 0.1 %"),
        (0.0007, "0.1 %"),
        (None, "–"),
    ],
)
def test_a_percentage_never_rounds_to_all_or_nothing(share, text):
    assert formats.percent(share) == text.replace(" ", formats.THIN)


@pytest.mark.parametrize(
    ("value", "text"), [(0.2, "0.2 ms"), (38.4, "38 ms"), (1240.2, "1,240 ms"), (12_400, "12.4 s"), (None, "–")]
)
def test_milliseconds_keep_sensible_digits(value, text):
    assert formats.ms(value) == text.replace(" ", formats.THIN)


@pytest.mark.parametrize(
    ("per_second", "text"), [(22.41, "22.4/s"), (0.2, "12.0/min"), (0.01, "36.0/h"), (0, "0.0/h")]
)
def test_a_frequency_chooses_its_unit(per_second, text):
    assert "".join(formats.frequency(per_second)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.84, "0.8_s"), (42, "42_s"), (1440, "24_min"), (11_100, "3_h 5_min"), (187_200, "2_d 4_h"), (-1, "0.0_s")],
)
def test_a_length_of_time_has_two_units_at_most(seconds, text):
    assert formats.span_of(seconds) == text.replace("_", formats.THIN)


@pytest.mark.parametrize(("size", "text"), [(0, "0 B"), (12_300, "12 kB"), (1_400_000_000, "1.4 GB")])
def test_a_size_has_two_digits_or_so(size, text):
    assert formats.size(size) == text.replace(" ", formats.THIN)
