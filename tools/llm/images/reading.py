"""What a picture is, by what it holds and not by its name. Bounded; Pillow comes with the first picture."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from tools.llm.transcript import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Drawing

MAX_BYTES = 20_000_000
# Of a telephone's largest photograph. As red, green, blue and opacity it is 200 MB of memory.
MAX_PIXELS = 50_000_000
# The most that a vendor looks at: a JPEG is decoded no larger than it has to be.
DECODED_SIDE = 3_072
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
# One at a time, as each may take so much memory; and none on an event loop.
THREAD = ThreadPoolExecutor(1, "pictures")
Made = TypeVar("Made")


class BadImage(ValueError):
    """It is no picture that models take; the message is one sentence that says what to do."""


async def aside(work: Callable[[], Made]) -> Made:
    """What *work* returns or raises, in the thread of pictures."""
    return await asyncio.get_running_loop().run_in_executor(THREAD, work)


def image_of(data: bytes) -> Image:
    """*data* as a part of a transcript, as it came. Raises BadImage. Decodes it: not on an event loop."""
    with opened(data) as drawing:
        drawing.draft("RGB", (1, 1))  # of a JPEG: read to its end, but painted small
        drawing.load()
    return Image(data, media_type_of(data))


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header alone. Raises BadImage."""
    with opened(data) as drawing:
        return drawing.size


def media_type_of(data: bytes) -> str:
    """Raises BadImage for what is none of the four."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    raise BadImage("This is no picture that models take: give a PNG, JPEG, GIF or WebP.")


def check_length(length: int) -> None:
    """Raises BadImage for more bytes than are taken."""
    if length > MAX_BYTES:
        raise BadImage(
            f"The picture has {length / 1e6:,.0f} MB, and {MAX_BYTES / 1e6:.0f} MB are taken: make it smaller."
        )


@contextmanager
def opened(data: bytes) -> "Iterator[Drawing]":
    """The picture that *data* is, not yet decoded. Whatever goes wrong with it within is a BadImage."""
    from io import BytesIO

    from PIL import Image as pillow

    check_length(len(data))
    media_type = media_type_of(data)
    try:
        with pillow.open(BytesIO(data), formats=[FORMATS[media_type]]) as drawing:
            width, height = drawing.size
            if width * height > MAX_PIXELS:
                raise BadImage(
                    f"The picture has {width:,} by {height:,} pixels, and {MAX_PIXELS / 1e6:.0f} million are "
                    "taken: make it smaller."
                )
            yield drawing
    except BadImage:
        raise
    except Exception as failure:  # decoders raise whatever their bytes lead them to
        raise BadImage("The picture is damaged or cut off: give it whole.") from failure
