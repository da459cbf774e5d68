"""The header ``Idempotency-Key`` (draft-ietf-httpapi-idempotency-key-header)."""

import re
from typing import Any

from django.http import HttpRequest

from tools.errors import InvalidArguments

HEADER = "Idempotency-Key"
MAX_CHARS = 255
# The header's entry in the OpenAPI document.
IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": MAX_CHARS},
    "description": "Of requests with the same key only the first is run; later ones get its answer, for 24 hours.",
}


def read_idempotency_key(request: HttpRequest, client_name: str) -> str:
    """The request's key, as one of *client_name*'s; "" where there is none. Raises InvalidArguments.

    The draft has it as a quoted string; most clients send it bare, which is taken for the same.
    """
    text = request.headers.get(HEADER)
    if text is None:
        return ""
    key = re.sub(r"\\(.)", r"\1", text[1:-1]) if len(text) > 1 and text[0] == text[-1] == '"' else text
    if not 0 < len(key) <= MAX_CHARS or not key.isprintable():
        raise InvalidArguments(
            f"The header {HEADER} must hold 1 to {MAX_CHARS} printable characters.",
            code="invalid_idempotency_key",
            hint="send a new UUID with each call that is to be made once",
        )
    return f"{client_name}/{key}"
