import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as pillow
from PIL.PngImagePlugin import PngInfo

from tests.tools.llm.images.pictures import drawn, noisy, saved, seen
from tools.llm.adapters.errors import ErrorKind, ModelError
from tools.llm.images.fitting import fitted
from tools.llm.images.reading import image_of
from tools.llm.images.sending import NOT_SHOWN, sendable
from tools.llm.images.takes import BY_PROVIDER, OTHERS, scaled, takes_of, tokens_of
from tools.llm.transcript import Image, Text, Transcript

VENDORS = [*BY_PROVIDER, "local"]


@pytest.mark.parametrize("provider", VENDORS)
@pytest.mark.parametrize(("form", "size"), [("JPEG", (4_000, 3_000)), ("PNG", (5_000, 40)), ("PNG", (30, 20))])
def test_it_is_as_large_as_the_vendor_takes(provider, form, size):
    takes = takes_of(provider)
    sent = fitted(image_of(drawn(form, size)), takes)
    assert seen(sent.data).size == scaled(size, takes) and max(seen(sent.data).size) <= takes.side
    assert len(sent.data) <= takes.bytes_each


@given(st.tuples(st.integers(1, 60_000), st.integers(1, 60_000)), st.sampled_from(VENDORS))
def test_no_size_is_too_large_or_nothing(size, provider):
    takes, (width, height) = takes_of(provider), scaled(size, takes_of(provider))
    assert 1 <= width <= min(takes.side, size[0]) and 1 <= height <= min(takes.side, size[1])
    assert not takes.pixels or width * height <= max(takes.pixels, takes.side)
    assert tokens_of(size, provider) > 0


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_what_not_all_take_is_sent_as_png(form):
    sent = fitted(image_of(drawn(form)), OTHERS)
    assert sent.media_type == "image/png" and seen(sent.data).format == "PNG"


def test_of_what_moves_the_first_picture_is_sent():
    frames = [pillow.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert seen(fitted(image_of(data), OTHERS).data).convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_it_is_upright_and_says_nothing_of_who_took_it():
    exif = pillow.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera of somebody"  # to be turned by a quarter
    data = drawn("JPEG", (40, 20), exif=exif, comment=b"In my garden", icc_profile=b"profile of a screen")
    assert b"somebody" in data and b"garden" in data
    sent = fitted(image_of(data), OTHERS)
    assert seen(sent.data).size == (20, 40) and seen(sent.data).getpixel((10, 5))[0] > 200
    assert not any(word in sent.data for word in (b"somebody", b"garden", b"profile"))
    assert not seen(sent.data).getexif()


def test_a_png_loses_its_texts():
    said = PngInfo()
    said.add_text("Author", "somebody")
    sent = fitted(image_of(drawn(pnginfo=said)), OTHERS)
    assert not seen(sent.data).info and b"somebody" not in sent.data


@pytest.mark.parametrize(
    ("mode", "colour"),
    [("L", 255), ("P", 0), ("LA", (255, 255)), ("RGBA", (255, 0, 0, 255)), ("1", 1), ("I;16", 65_535)],
)
def test_every_kind_of_colour_is_sent(mode, colour):
    sent = seen(fitted(image_of(drawn(mode=mode, colour=colour)), OTHERS).data)
    assert sent.mode in ("RGB", "RGBA") and sent.getpixel((5, 5))[0] == (0 if mode == "P" else 255)
    assert sent.getpixel((35, 5))[0] == 0


def test_grey_of_16_bits_keeps_its_middle():
    half = fitted(image_of(saved(pillow.new("I;16", (9, 9), 32_768), "PNG")), OTHERS)
    assert seen(half.data).getpixel((5, 5)) == (128, 128, 128)


def test_a_photo_in_print_colours_is_sent():
    sent = seen(fitted(image_of(drawn("JPEG", mode="CMYK", colour=(0, 255, 255, 0))), OTHERS).data)
    assert sent.mode == "RGB" and sent.getpixel((5, 5))[0] > 200


def test_what_is_too_many_bytes_is_sent_with_less_detail():
    takes = takes_of("groq")
    sent = fitted(image_of(noisy((1_800, 1_800))), takes)
    assert sent.media_type == "image/jpeg" and len(sent.data) <= takes.bytes_each


async def test_each_vendor_gets_its_own_and_the_transcript_keeps_the_original():
    original = image_of(drawn("JPEG", (4_000, 3_000)))
    transcript = Transcript().ask("What is it?", original)
    sides = {}
    for provider in ("anthropic", "openai", "gemini"):
        sent, left_out = await sendable(transcript, provider)
        sides[provider] = max(seen(sent.messages[0].parts[1].data).size)
        assert left_out == 0
    assert sides == {"anthropic": 1_238, "openai": 2_048, "gemini": 3_072}
    assert transcript.messages[0].parts == (Text("What is it?"), original)


async def test_the_last_pictures_of_many_are_sent():
    transcript = Transcript()
    pictures = [image_of(drawn(size=(20 + at, 20))) for at in range(8)]
    transcript = transcript.ask(*pictures[:4]).answer([Text("Nice.")]).ask("And these?", *pictures[4:])
    sent, left_out = await sendable(transcript, "groq")
    parts = [part for message in sent for part in message.parts]
    assert left_out == 3 and parts[:3] == [NOT_SHOWN] * 3 and isinstance(parts[3], Image)
    assert sum(isinstance(part, Image) for part in parts) == 5


async def test_a_request_has_room_for_so_many_bytes():
    transcript = Transcript().ask(*[image_of(noisy((1_500 + at, 1_200), "JPEG")) for at in range(4)])
    sent, left_out = await sendable(transcript, "groq")
    kept = [part.data for part in sent.messages[0].parts if isinstance(part, Image)]
    assert 0 < left_out < 4 and len(kept) == 4 - left_out and sum(map(len, kept)) <= takes_of("groq").bytes_all


async def test_bytes_that_are_no_picture_are_not_sent():
    with pytest.raises(ModelError, match="no picture that models take") as refused:
        await sendable(Transcript().ask(Image(b"\x89PNG", "image/png")), "openai")
    assert refused.value.kind is ErrorKind.INVALID
