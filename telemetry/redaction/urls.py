"""Finds passwords and tokens before the host of a URL, and the signatures of signed URLs."""

import re
from collections.abc import Mapping

from telemetry.redaction.stretches import REDACTED, Find, Span

# A password may hold an @: the last one before the path ends it.
_USER_INFO = re.compile(r"""://([^\s/:@"'<>]{0,200}:[^\s/"'<>]{1,200}|[\w-]{20,200})@""")
_SIGNATURE = re.compile(
    r"""(?:sig|signature|x-amz-credential|x-goog-credential)=([^\s&"'<>#\\]{8,})""", re.IGNORECASE
)


_AUTH = re.compile(r"""auth=(?=[\w.~%-]{0,60}\d)([\w.~%-]{16,})""", re.IGNORECASE)


def _find_user_info(text: str, start: int, end: int) -> Span | None:
    found = _USER_INFO.match(text, start)
    return Span(*found.span(1)) if found and found[1] != REDACTED else None


def _find_signature(text: str, start: int, end: int) -> Span | None:
    if start and text[start - 1] not in "?&;-_":
        return None
    found = _SIGNATURE.match(text, start)
    return Span(*found.span(1)) if found else None


def _find_auth(text: str, start: int, end: int) -> Span | None:
    """Of ``?auth=…``: long, for a scheme such as ``none`` or ``oauth2`` may stand there too."""
    found = _AUTH.match(text, start + 1)
    return Span(*found.span(1)) if found else None


CLUES: Mapping[str, Find] = {
    "://": _find_user_info,
    **dict.fromkeys(("?auth=", "&auth="), _find_auth),
    **dict.fromkeys(("sig=", "signature=", "x-amz-credential=", "x-goog-credential="), _find_signature),
}
