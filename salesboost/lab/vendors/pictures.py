"""What vendors refuse of pictures. The lab looks at how a picture begins and how long it is, and reads none."""

import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any

from salesboost.lab.vendors.base import Refused

BEGINNINGS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
EVERY = ("image/png", "image/jpeg", "image/gif", "image/webp")
MAX_BASE64 = 5 << 20  # of one of Anthropic's
TEXT_ONLY = re.compile(r"(openai/)?gpt-oss|(meta-llama/)?llama-3|moonshotai/")
MOST_AT_GROQ = 5


def media_type_of(base64: str) -> str:
    """What a picture is by what it holds; '' for what is none."""
    try:
        begins = b64decode(base64[:64])
    except ValueError:
        return ""
    if begins[:4] == b"RIFF" and begins[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for sign, kind in BEGINNINGS.items() if begins.startswith(sign)), "")


def pictures_in(body: Mapping[str, Any]) -> Sequence[tuple[int, str]]:
    """The address of each picture of a request in OpenAI's words, and in which message it stands."""
    messages = body.get("messages") or body.get("input")
    found: list[tuple[int, str]] = []
    for at, message in enumerate(messages if isinstance(messages, list) else ()):
        content = message.get("content")
        for part in content if isinstance(content, list) else ():
            if part.get("type") in ("image_url", "input_image"):
                url = part.get("image_url")
                found.append((at, str(url.get("url") if isinstance(url, Mapping) else url)))
    return found


def check_formats(body: Mapping[str, Any], taken: Sequence[str], said: str) -> None:
    """Raises Refused, with *said*, for a picture that is not one of the kinds that are *taken*."""
    for _, url in pictures_in(body):
        if url.startswith("data:") and media_type_of(url.partition(",")[2]) not in taken:
            raise Refused(said, kind="invalid")


def check_openai(body: Mapping[str, Any]) -> None:
    said = "You uploaded an unsupported image. Please make sure your image is valid."
    check_formats(body, EVERY, said)


def check_xai(body: Mapping[str, Any]) -> None:
    check_formats(body, EVERY[:2], "Unsupported image format. Only image/jpeg and image/png are supported.")


def check_groq(body: Mapping[str, Any]) -> None:
    pictures = pictures_in(body)
    if pictures and TEXT_ONLY.match(str(body.get("model"))):
        raise Refused(f"messages[{pictures[0][0]}].content must be a string")
    if len(pictures) > MOST_AT_GROQ:
        raise Refused(f"Too many images provided. This model supports up to {MOST_AT_GROQ} images")
    check_formats(body, EVERY, "invalid image data")


def check_openrouter(body: Mapping[str, Any]) -> None:
    if pictures_in(body) and TEXT_ONLY.match(str(body.get("model"))):
        raise Refused("No endpoints found that support image input", status=404, kind="path")


def check_anthropic(where: str, block: Mapping[str, Any]) -> None:
    """Raises Refused for a *block* with a picture that is not what it says, or is too large."""
    source = block["source"] if block["type"] == "image" else None
    if not isinstance(source, Mapping) or source.get("type") != "base64":
        return
    data, named = str(source.get("data")), source.get("media_type")
    if named not in EVERY:
        said = ", ".join(f"'{kind}'" for kind in EVERY)
        raise Refused(f"{where}.image.source.base64.media_type: Input should be {said}")
    if len(data) > MAX_BASE64:
        raise Refused(
            f"{where}.image.source.base64: image exceeds 5 MB maximum: {len(data)} bytes > {MAX_BASE64} bytes"
        )
    found = media_type_of(data)
    if not found:
        raise Refused(f"{where}.image.source.base64.data: Could not process image")
    if found != named:
        raise Refused(f"{where}.image.source.base64.data: Image does not match the provided media type {named}")


def check_gemini(data: Any) -> None:
    """Raises Refused for a part's ``inlineData`` that is a picture and none that is taken."""
    kind = str(data.get("mimeType")) if isinstance(data, Mapping) else ""
    if kind.startswith("image/") and kind not in (
        "image/png",
        "image/jpeg",
        "image/webp",
        "image/heic",
        "image/heif",
    ):
        raise Refused(f"Unsupported MIME type: {kind}")
    if kind in EVERY and not media_type_of(str(data.get("data"))):
        raise Refused("Unable to process input image. Please retry.")
