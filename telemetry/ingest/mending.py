"""What JavaScript and Python write as JSON though it is none: half a character, NaN. No I/O."""

import re

# A string, or what is left of one that does not end; or a number that is none.
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|-?(?:NaN|Infinity)', re.DOTALL)
# Half of a pair that stands for one character: JavaScript cuts texts there. Pairs and escaped backslashes stay.
LONE_HALF = re.compile(
    rb"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


def mended(body: bytes) -> bytes:
    """*body* as JSON: a lone half becomes U+FFFD, NaN the text that OTLP has for it."""
    return TOKEN.sub(_mended, body)


def _mended(token: re.Match[bytes]) -> bytes:
    text = token[0]
    if not text.startswith(b'"'):
        return b'"%s"' % text
    return LONE_HALF.sub(lambda half: half[1] or rb"\ufffd", text) if b"\\u" in text else text
