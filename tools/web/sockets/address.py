"""What the address of a handshake asks for: read, and refused, as that of a page."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict

from tools.web.problem import BadRequest
from tools.web.unstorable import holds_nul, nul_in_address


def asked_in(scope: Mapping[str, Any]) -> QueryDict:
    """The parameters of the address. No middleware of Django's sees a socket, so what they refuse is refused here.

    Raises UnstorableValue for U+0000, and BadRequest for more parameters than are read anywhere.
    """
    text: bytes = scope["query_string"]
    if holds_nul(text.decode("latin-1")):
        raise nul_in_address()
    try:
        return QueryDict(text)
    except TooManyFieldsSent:
        raise BadRequest("The address has too many parameters.", hint="leave out what is not read") from None
