"""Opaque parts as vendors make them, by which the lab can tell on replay what became of them."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

# The length of a digest: long enough that two conversations never share one by chance.
DIGEST_CHARS = 16


def digest(value: Any) -> str:
    """The same for what means the same JSON."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGEST_CHARS]


def signed(facts: Mapping[str, str]) -> str:
    """*facts* as an opaque text, in which a changed byte is seen."""
    text = json.dumps(dict(facts), sort_keys=True)
    return base64.b64encode(f"{digest(text)}{text}".encode()).decode()


def opened(signature: Any) -> Mapping[str, str] | None:
    """The facts of a text that ``signed`` made; None for any other."""
    try:
        plain = base64.b64decode(signature, validate=True).decode()
        if digest(plain[DIGEST_CHARS:]) != plain[:DIGEST_CHARS]:
            return None
        facts = json.loads(plain[DIGEST_CHARS:])
    except (TypeError, ValueError, binascii.Error):
        return None
    return facts if isinstance(facts, dict) else None
