"""What vendors refuse of pictures, in their own words."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from salesboost.lab import Lab

KINDS = {
    "png": b"\x89PNG\r\n\x1a\n" + bytes(9),
    "jpeg": b"\xff\xd8\xff" + bytes(9),
    "gif": b"GIF89a" + bytes(9),
    "webp": b"RIFF" + bytes(4) + b"WEBP",
    "bmp": b"BM" + bytes(9),
}
CHAT = {
    "openai": "gpt-5.2",
    "groq": "qwen/qwen3.6-27b",
    "xai": "grok-4.7",
    "openrouter": "anthropic/claude-haiku-5-5",
}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab() as lab:
        yield lab


def in_base64(kind: str) -> str:
    return b64encode(KINDS[kind]).decode()


def chat(lab: Lab, vendor: str, *kinds: str, model: str = "") -> httpx.Response:
    pictures = [
        {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{in_base64(kind)}"}}
        for kind in kinds
    ]
    content = [{"type": "text", "text": "What is it?"}, *pictures]
    body = {"model": model or CHAT[vendor], "messages": [{"role": "user", "content": content}]}
    return sent(f"{lab.url(vendor)}/chat/completions", body)


def claude(lab: Lab, kind: str, named: str, data: str = "") -> httpx.Response:
    source = {"type": "base64", "media_type": f"image/{named}", "data": data or in_base64(kind)}
    messages = [{"role": "user", "content": [{"type": "image", "source": source}]}]
    body = {"model": "claude-haiku-5-5", "max_tokens": 9, "messages": messages}
    return sent(
        f"{lab.url('anthropic')}/v1/messages", body, **{"x-api-key": "k", "anthropic-version": "2023-06-01"}
    )


def gemini(lab: Lab, kind: str, named: str) -> httpx.Response:
    data = {"mimeType": f"image/{named}", "data": in_base64(kind)}
    body = {"contents": [{"role": "user", "parts": [{"inlineData": data}]}]}
    url = f"{lab.url('gemini')}/models/gemini-3.8-flash:generateContent"
    return sent(url, body, **{"x-goog-api-key": "k"})


def sent(url: str, body: dict[str, Any], **headers: str) -> httpx.Response:
    return httpx.post(url, json=body, headers={"authorization": "Bearer k", **headers})


@pytest.mark.parametrize("vendor", CHAT)
@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_all_take_png_and_jpeg(lab: Lab, vendor: str, kind: str) -> None:
    assert chat(lab, vendor, kind).status_code == 200
    assert claude(lab, kind, kind).status_code == gemini(lab, kind, kind).status_code == 200
    assert lab.requests[-1].last.images == 1


@pytest.mark.parametrize(
    ("vendor", "kinds", "model", "said"),
    [
        ("openai", ["bmp"], "", "unsupported image"),
        ("xai", ["gif"], "", "Only image/jpeg and image/png"),
        ("groq", ["png"] * 6, "", "up to 5 images"),
        ("groq", ["bmp"], "", "invalid image data"),
        ("groq", ["png"], "openai/gpt-oss-120b", "messages[0].content must be a string"),
        ("openrouter", ["png"], "openai/gpt-oss-120b", "No endpoints found that support image input"),
    ],
)
def test_what_is_refused(lab: Lab, vendor: str, kinds: list[str], model: str, said: str) -> None:
    refused = chat(lab, vendor, *kinds, model=model)
    assert refused.status_code == (404 if vendor == "openrouter" else 400)
    assert said in refused.text


def test_claude_looks_at_what_it_is(lab: Lab) -> None:
    assert "does not match the provided media type image/png" in claude(lab, "jpeg", "png").text
    assert "Input should be 'image/png'" in claude(lab, "png", "bmp").text
    assert "Could not process image" in claude(lab, "bmp", "png").text
    assert "exceeds 5 MB maximum" in claude(lab, "png", "png", "A" * 6_000_000).text


def test_gemini_takes_no_gif(lab: Lab) -> None:
    assert "Unsupported MIME type: image/gif" in gemini(lab, "gif", "gif").text
    assert "Unable to process input image" in gemini(lab, "bmp", "png").text
