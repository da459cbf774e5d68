"""A picture from wherever it is: bytes, a file, a data URL, an address."""

import binascii
import re
from base64 import b64decode
from functools import partial
from pathlib import Path

from tools.llm.images.fetching import fetched
from tools.llm.images.reading import MAX_BYTES, BadImage, aside, check_length, image_of
from tools.llm.transcript import Image

DATA_URL = re.compile(r"data:[^,]{0,200};base64,", re.IGNORECASE)


async def picture(source: bytes | str | Path) -> Image:
    """*source* as a part of a transcript: whole, as it came; each model is sent what it takes of it.

    A text is an address (http, https or data), never a file's name: files come as a ``Path``, and only from code.
    A name out of a request would read what only the server may. Raises BadImage.
    """
    if isinstance(source, bytes):
        data = source
    elif isinstance(source, Path):
        data = await aside(partial(read, source))
    elif source[:5].lower() == "data:":
        data = await aside(partial(decoded, source))
    else:
        data = await fetched(source)
    return await aside(partial(image_of, data))


def read(path: Path) -> bytes:
    """The bytes of a file. Raises BadImage where they are too many, or cannot be read."""
    try:
        with path.open("rb") as file:
            check_length(path.stat().st_size)
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadImage(f"The picture {path.name} cannot be read ({error.strerror}): check its path.") from error


def decoded(url: str) -> bytes:
    """The bytes of a data URL. Raises BadImage for one that is none."""
    head = DATA_URL.match(url)
    if head is None:
        raise BadImage(
            "The data URL is not one of base64: write data:image/png;base64, and the picture behind it."
        )
    check_length((len(url) - head.end()) * 3 // 4)
    try:
        return b64decode(url[head.end() :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadImage("The data URL is not whole base64: encode the picture again.") from error
