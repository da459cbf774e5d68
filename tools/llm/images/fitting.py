"""Pictures as one vendor takes them: upright, without what cameras write into them, as large as it looks at.

It is done at each sending, so that a transcript can go to another vendor with the picture as it came. What was
made is remembered, for a turn of ten rounds sends it ten times. Only the thread of pictures comes here.
"""

from collections import OrderedDict
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING

from tools.llm.images.reading import DECODED_SIDE, media_type_of, opened
from tools.llm.images.takes import Takes, scaled
from tools.llm.transcript import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Drawing

QUALITIES = (90, 75, 55)
REMEMBERED_BYTES = 16_000_000
_made: OrderedDict[tuple[bytes, Takes], Image] = OrderedDict()


def fitted(image: Image, takes: Takes) -> Image:
    """*image* as a PNG or JPEG that *takes* allows. Raises BadImage."""
    key = sha256(image.data).digest(), takes
    found = _made.pop(key, None) or drawn(image.data, takes)
    _made[key] = found
    while sum(len(one.data) for one in _made.values()) > REMEMBERED_BYTES:
        _made.popitem(last=False)
    return found


def drawn(data: bytes, takes: Takes) -> Image:
    with opened(data) as source:
        is_photo = media_type_of(data) == "image/jpeg"
        source.draft("RGB", (DECODED_SIDE, DECODED_SIDE))
        drawing = plain(source)
        drawing = drawing.resize(scaled(drawing.size, takes), reducing_gap=2.0)
        if not is_photo and len(png := written(drawing, "PNG", optimize=False)) <= takes.bytes_each:
            return Image(png, "image/png")
        return Image(as_jpeg(drawing, takes.bytes_each), "image/jpeg")


def plain(source: "Drawing") -> "Drawing":
    """The first picture of *source*, upright, in plain colours, and nothing else that its file holds."""
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(source)
    if upright.mode.startswith("I"):  # grey of 16 bits, which convert() would cut off at 255
        upright = upright.convert("I").point(lambda value: value / 256).convert("L")
    drawing = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    drawing.info.clear()
    return drawing


def as_jpeg(drawing: "Drawing", most_bytes: int) -> bytes:
    """*drawing* in *most_bytes*: first with less detail, then half as large, until it is."""
    while True:
        whole = on_white(drawing)
        for quality in QUALITIES:
            data = written(whole, "JPEG", quality=quality)
            if len(data) <= most_bytes or max(drawing.size) == 1:
                return data
        drawing = drawing.reduce(2)


def on_white(drawing: "Drawing") -> "Drawing":
    """*drawing* without transparency, which JPEG has not."""
    from PIL import Image as pillow

    if drawing.mode != "RGBA":
        return drawing
    whole = pillow.new("RGB", drawing.size, "white")
    whole.paste(drawing, mask=drawing)
    return whole


def written(drawing: "Drawing", form: str, **how: bool | int) -> bytes:
    file = BytesIO()
    drawing.save(file, form, **how)
    return file.getvalue()
