"""What Postgres cannot hold, in an address or in what is sent: told in one sentence, never a fault.

U+0000 is looked for at the door, since nothing that is stored has it: whatever the address, no look-up of it finds
anything. What else Postgres refuses (a lone surrogate, a number beyond its types) is told where it is met.
"""

import logging
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from tools.errors import InvalidArguments
from tools.web.problem import MACHINE_PATHS, ProblemResponse

logger = logging.getLogger(__name__)
# What the driver and the database raise: the one cannot send it, the other cannot take it.
REFUSALS = (DataError, UnicodeEncodeError)
# Where the admin's lists send the rows that an action is for.
CHOSEN = "_selected_action"


class UnstorableValue(InvalidArguments):
    code = "unstorable_value"
    title = "A value is one that nothing here can have"


class Unstorable:
    """400 with a sentence: a page for people, a problem document for programs."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if iscoroutinefunction(self):
            return self._answer(request)
        return answer_to_nul(request) or self.get_response(request)

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        refusal = answer_to_nul(request)
        if refusal is not None:
            return refusal
        passed_on: HttpResponseBase = await self.get_response(request)
        return passed_on

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The answer where what was asked for was refused; None for every other exception."""
        if is_refusal(exception):
            return answer(request, refused(request, exception))
        return answer(request, no_rows()) if is_about_no_rows(request, exception) else None


def is_about_no_rows(request: HttpRequest, exception: Exception) -> bool:
    """Whether an action of the admin is on what is no key of a row: Django looks for it all the same."""
    if not isinstance(exception, ValueError | ValidationError) or CHOSEN not in request.POST:
        return False
    return any(words in str(exception) for words in ("expected a number but got", "is not a valid UUID"))


def no_rows() -> UnstorableValue:
    return UnstorableValue("What was chosen are no rows of this list.", hint="choose rows, and do it again")


def is_refusal(exception: Exception) -> bool:
    """Whether what was asked for cannot be: the driver or Postgres refused it, or it is no address of IP."""
    no_address = isinstance(exception, ValueError) and "does not appear to be an IPv" in str(exception)
    return no_address or isinstance(exception, REFUSALS)


def answer_to_nul(request: HttpRequest) -> HttpResponse | None:
    """The refusal of an address that holds U+0000, or of a session's cookie, in which it is written \\000."""
    cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
    if not holds_nul(request.META.get("QUERY_STRING", "")) and "\0" not in request.path_info + cookie:
        return None
    return answer(request, nul_in_address())


def holds_nul(query_string: str) -> bool:
    """Whether U+0000 is in the query string of an address, in which it is written %00."""
    return "%00" in query_string or "\0" in query_string


def nul_in_address() -> UnstorableValue:
    sentence = "The address holds the character U+0000, which nothing here has."
    return UnstorableValue(sentence, hint="leave %00 out of it")


def refused(request: HttpRequest, exception: Exception) -> UnstorableValue:
    """What to tell of one of REFUSALS; the log keeps what it was, for it may be a fault of ours after all."""
    logger.warning("%s %s asked for what Postgres refuses", request.method, request.path, exc_info=exception)
    return UnstorableValue(
        "A value is out of the range of what can be stored, or no text.", hint="check numbers, dates and texts"
    )


def answer(request: HttpRequest, error: UnstorableValue) -> HttpResponse:
    if request.path_info.startswith(MACHINE_PATHS):
        return ProblemResponse(error)
    return render(request, "400.html", {"sentence": error.detail}, status=400)
