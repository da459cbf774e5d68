import struct
import zlib
from base64 import b64encode
from pathlib import Path

import pytest

from tests.tools.llm.images.pictures import drawn, noisy
from tools.llm.images import BadImage, picture
from tools.llm.images.reading import MAX_BYTES, size_of

FORMATS = ["PNG", "JPEG", "GIF", "WEBP"]


def bomb(width, height):
    """A PNG of a few kilobytes that says it has so many pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1 << 20))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", FORMATS)
async def test_the_format_is_what_it_holds_and_the_bytes_stay(form, tmp_path):
    data = drawn(form)
    file = tmp_path / "picture.txt"
    file.write_bytes(data)
    url = f"data:text/html;base64,{b64encode(data).decode()}"
    for source in (data, file, url):
        read = await picture(source)
        assert (read.data, read.media_type) == (data, f"image/{form.lower()}")
    assert size_of(data) == (40, 20)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"", "no picture that models take: give a PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture that models take"),
        (drawn("BMP"), "no picture that models take"),
        (drawn("TIFF"), "no picture that models take"),
        (bytes(60_000_000), "has 60 MB, and 20 MB are taken: make it smaller"),
        (drawn("PNG") + bytes(MAX_BYTES), "has 20 MB"),
        (noisy((60, 60))[:-900], "damaged or cut off"),
        (noisy((60, 60), "JPEG")[:-900], "damaged or cut off"),
        (b"\x89PNG\r\n\x1a\nnothing", "damaged or cut off"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "damaged or cut off"),
        (bomb(60_000, 60_000), "damaged or cut off"),
        (bomb(8_000, 8_000), "8,000 by 8,000 pixels, and 50 million are taken: make it smaller"),
        (bomb(7_000, 7_000), "damaged or cut off"),
        ("data:image/png,plain", "not one of base64"),
        ("data:image/png;base64,a§", "not whole base64"),
        (f"data:image/png;base64,{'A' * 60_000_000}", "has 45 MB, and 20 MB are taken"),
        (Path("/none/such.png"), "picture such.png cannot be read (No such file or directory): check its path"),
        (Path("/tmp"), "cannot be read (Is a directory)"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "picture",
)  # fmt: skip
async def test_what_is_no_picture_is_refused_with_one_sentence(source, said):
    with pytest.raises(BadImage) as refused:
        await picture(source)
    assert said in str(refused.value) and str(refused.value).count(". ") == 0


@pytest.mark.parametrize("text", ["/etc/passwd", "file:///etc/passwd", "picture.png", "../picture.png", ""])
async def test_a_text_is_never_a_files_name(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("picture.png").write_bytes(drawn())
    with pytest.raises(BadImage, match="give a public http or https address"):
        await picture(text)
