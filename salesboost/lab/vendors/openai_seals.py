"""What a vendor hands out closed and wants back unchanged; the lab tells its own by a check sum."""

import base64
import binascii
import json
from hashlib import sha256
from typing import Any

CHECK = 8
PREFIX = "gAAAAA"  # what the vendor's own begin with


def check_sum(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:CHECK]


def sealed(vendor: str, model: str, what: str) -> str:
    """*what*, closed: only *model* of *vendor* opens it."""
    inner = json.dumps({"what": what, "sum": check_sum(vendor, model, what)})
    return PREFIX + base64.urlsafe_b64encode(inner.encode()).decode()


def opened(vendor: str, model: str, seal: Any) -> str | None:
    """What is in *seal*; None for one that was altered, or made by another model."""
    try:
        inner = json.loads(base64.urlsafe_b64decode(str(seal).removeprefix(PREFIX)))
        what = str(inner["what"])
        return what if inner["sum"] == check_sum(vendor, model, what) else None
    except (binascii.Error, ValueError, KeyError, TypeError):
        return None
