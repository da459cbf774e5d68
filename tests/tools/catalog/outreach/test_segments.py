import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.catalog.outreach.segments import (
    CAPACITY,
    GSM7_BASIC,
    GSM7_EXTENSION,
    Encoding,
    segment,
    unusual_characters,
)

plain = st.text(st.sampled_from(sorted(GSM7_BASIC)), max_size=700)
gsm7 = st.text(st.sampled_from(sorted(GSM7_BASIC | GSM7_EXTENSION)), max_size=700)
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@pytest.mark.parametrize(
    ("length", "segments"), [(0, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)]
)
def test_plain_text_fits_160_characters_alone_and_153_in_parts(length, segments):
    assert segment("a" * length).segments == segments


@pytest.mark.parametrize(("length", "segments"), [(70, 1), (71, 2), (134, 2), (135, 3), (201, 3), (202, 4)])
def test_other_text_fits_70_characters_alone_and_67_in_parts(length, segments):
    assert segment("ж" * length).segments == segments


@pytest.mark.parametrize(("count", "segments"), [(80, 1), (81, 2), (152, 2), (153, 3)])
def test_a_euro_sign_takes_two_places_and_is_never_cut(count, segments):
    assert segment("€" * count).segments == segments  # 76 a part: 153 is odd


@pytest.mark.parametrize(("count", "segments"), [(35, 1), (36, 2), (66, 2), (67, 3)])
def test_an_emoji_takes_two_units_and_is_never_cut(count, segments):
    assert segment("😀" * count).segments == segments  # 33 a part: 67 is odd


def test_one_curly_quotation_mark_makes_a_message_dearer_and_is_named():
    text = "a" * 100
    assert segment(text).segments == 1
    assert segment(text + "’").segments == 2
    assert unusual_characters("it’s a “deal”, isn’t it?") == "’“”"


def test_the_alphabets_are_those_of_the_standard():
    assert len(GSM7_BASIC) == 127  # 128 less the escape
    assert len(GSM7_EXTENSION) == 10
    assert not GSM7_BASIC & GSM7_EXTENSION


@given(plain)
def test_plain_text_takes_a_septet_a_character(text):
    counted = segment(text)
    assert (counted.encoding, counted.units) == (Encoding.GSM7, len(text))
    assert counted.segments == (1 if len(text) <= 160 else -(-len(text) // 153))


@given(anything)
def test_units_of_ucs2_are_those_of_utf16(text):
    counted = segment(text + "ж")
    assert (counted.encoding, counted.units) == (Encoding.UCS2, len((text + "ж").encode("utf-16-le")) // 2)


@given(st.one_of(gsm7, anything), st.one_of(gsm7, anything))
def test_a_longer_text_never_takes_fewer_segments(text, more):
    assert segment(text + more).segments >= segment(text).segments


@given(st.one_of(gsm7, anything))
def test_no_packing_in_order_takes_fewer_segments(text):
    counted = segment(text)
    alone, part = CAPACITY[counted.encoding]
    if counted.units <= alone:
        assert (counted.segments, counted.left) == (1, alone - counted.units)
        return
    # At most one unit a part can be lost to a character that is not cut.
    assert -(-counted.units // part) <= counted.segments <= -(-counted.units // (part - 1))
    assert 0 <= counted.left < part
