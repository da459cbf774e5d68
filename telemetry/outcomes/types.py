"""Which layer the type of an error alone tells of. Pure.

A type is a class of whatever language (``httpx.ReadTimeout``), a word (``rate_limit_error``, ``UNAVAILABLE``), a
code (``ECONNREFUSED``) or a number of HTTP or JSON-RPC.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from telemetry.semconv import Outcome

REMEMBERED = 4_096
# Faults of the program, whatever their message says: of Python, JavaScript, Java, .NET, Go, and of calling a
# database or an HTTP client wrongly.
BUGS = frozenset(
    {
        *(
            "TypeError",
            "KeyError",
            "AttributeError",
            "NameError",
            "UnboundLocalError",
            "IndexError",
            "LookupError",
        ),
        *("ZeroDivisionError", "ArithmeticError", "FloatingPointError", "OverflowError", "AssertionError"),
        *(
            "NotImplementedError",
            "RecursionError",
            "ImportError",
            "ModuleNotFoundError",
            "SyntaxError",
            "TabError",
        ),
        *("IndentationError", "UnicodeError", "UnicodeDecodeError", "UnicodeEncodeError", "MemoryError"),
        *("BufferError", "SystemError", "StopIteration", "StopAsyncIteration", "FrozenInstanceError"),
        *("FileNotFoundError", "FileExistsError", "IsADirectoryError", "NotADirectoryError"),
        *("ReferenceError", "RangeError", "EvalError", "URIError", "NoMethodError"),
        *("NullPointerException", "ClassCastException", "ArrayStoreException", "ArithmeticException"),
        *("IndexOutOfBoundsException", "ArrayIndexOutOfBoundsException", "StringIndexOutOfBoundsException"),
        *("NumberFormatException", "ConcurrentModificationException", "UnsupportedOperationException"),
        *("NoSuchElementException", "NoSuchMethodError", "NoSuchFieldError", "NoClassDefFoundError"),
        *("ClassNotFoundException", "StackOverflowError", "OutOfMemoryError", "NegativeArraySizeException"),
        *("NullReferenceException", "InvalidCastException", "IndexOutOfRangeException", "KeyNotFoundException"),
        *("DivideByZeroException", "NotImplementedException", "NotSupportedException", "FormatException"),
        *("ArgumentNullException", "ArgumentOutOfRangeException", "ObjectDisposedException", "OverflowException"),
        *("TypeAssertionError", "boundsError", "plainError", "panic"),
        *("InvalidURL", "UnsupportedProtocol", "MissingSchema", "InvalidSchema", "LocalProtocolError"),
        *("IntegrityError", "ProgrammingError", "DataError", "PostgresSyntaxError"),
        *("UniqueViolation", "ForeignKeyViolation", "NotNullViolation", "UndefinedTable", "UndefinedColumn"),
        *("UniqueViolationError", "ForeignKeyViolationError", "NotNullViolationError"),
        *("UndefinedTableError", "UndefinedColumnError", "UndefinedFunctionError"),
    }
)


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives))


# The first that fits the words of a type (``ReadTimeout`` is ``read_timeout``). Someone else's 429 is a failure
# of what the tool depends on: only a limit of ours is a refusal, which success rates leave out. What was cancelled
# was given up by its caller, which counts as a timeout for our own calls too.
_SUFFIX = r"(_(error|exception|fault|failure|expired))?$"
BY_WORDS: tuple[tuple[Outcome, re.Pattern[str]], ...] = (
    (Outcome.RETURNED_FAILURE, _any(r"^tool_(error|exception)$")),
    (Outcome.BREAKER, _any("circuit_?breaker", "breaker_open", "open_?breaker", "broken_circuit", "circuit_open")),
    (Outcome.BREAKER, _any("call_not_permitted")),
    (
        Outcome.TIMEOUT,
        _any(
            rf"time(d_?)?_?out{_SUFFIX}",
            "deadline_exceeded",
            "timedout",
            "timed_out",
            rf"(^|_)cancel(l?ed|lation){_SUFFIX}",
        ),
    ),
    (Outcome.TIMEOUT, _any(r"^(user_|api_user_)?abort(ed)?_error$", "^(keyboard_)?interrupt", "generator_exit")),
    (
        Outcome.AUTHORIZATION,
        _any(
            *("unauthori[sz]ed", "unauthenticated", "not_authori[sz]ed", "authentication", "authori[sz]ation"),
            *("permission", "forbidden", "access_denied", "invalid_(api_key|password|grant|token)", "credentials"),
            *("expired_token", "token_expired", "insufficient_privilege"),
        ),
    ),
    (
        Outcome.ARGUMENTS,
        _any(
            *("validation", "invalid_(tool_)?(arg|param|input|request)", "json_decode", "bad_request"),
            *("unprocessable", "^zod_error", "json_schema", "argument_not_valid", "tool_input"),
            *("no_such_tool", "unknown_tool", "tool_not_found"),
        ),
    ),
    (
        Outcome.PROVIDER,
        _any(
            "(^|_)(connection|connect|network|socket|dns|ssl|tls|proxy|gateway|upstream|overloaded|unavailable)",
            "(^|_)(throttl(ed|ing)|rate_?limit|quota|too_many|broken_pipe|server_(error|disconnected))",
            "(^|_)(internal_server|resource_exhausted|slow_down|cannot_connect|data_loss|max_retry)",
            "(^|_)(remote_(protocol|disconnected)|incomplete_read|bad_status_line|chunked_encoding)",
            "(^|_)(content_decoding|client_payload|gaierror|econn[a-z]+|enotfound|eai_again|epipe)",
            "(^|_)(ehostunreach|enetunreach|und_err_)",
            "(^|_)(read|write|close|transport|protocol)_error$",
        ),
    ),
)
# They carry somebody's answer. What it was the message says; that it came from outside is certain.
CARRIERS = _any(
    *("http", "^(ai_)?api_((status|response|call)_)?error$", "api_exception", "client_(response_)?error$"),
    *("response_error", "rpc", "axios_error", "request_(exception|error)$", "fetch_error"),
    *("service_(exception|error)", "^(internal|aborted|unimplemented|not_found)$", "internal_error"),
)
CLIENTS = frozenset(
    {
        *("httpx", "httpcore", "requests", "aiohttp", "urllib3", "grpc", "botocore", "openai", "anthropic"),
        *("websockets", "h11", "h2", "undici"),
    }
)
_NUMBER = re.compile(r"-?\d{3,5}")
_PARTS = re.compile(r"[./\\#]|::")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|-")


class Told(NamedTuple):
    """The layer that a type tells of (None: none by itself), and whether it carries somebody else's answer."""

    layer: Outcome | None = None
    carries: bool = False


@lru_cache(REMEMBERED)
def of_type(error_type: str) -> Told:
    """What *error_type* alone tells."""
    said = error_type.strip("<>'\" ")
    if _NUMBER.fullmatch(said):
        return Told(of_number(int(said)))
    if " " in said:
        return Told()  # a sentence
    module, *_, name = ["", *_PARTS.split(said)] if not _PARTS.search(said) else _PARTS.split(said)
    if name in BUGS:
        return Told(Outcome.TOOL_BUG)
    words = _CAMEL.sub("_", name).lower()
    of_client = module in CLIENTS
    for outcome, pattern in BY_WORDS:
        # A client whose answer is no JSON says so by a JSONDecodeError of its own.
        if pattern.search(words) and not (of_client and "json_decode" in words):
            return Told(outcome)
    return Told(None, of_client or CARRIERS.search(words) is not None)


def of_number(number: int) -> Outcome | None:
    """The layer that a status of HTTP or a code of JSON-RPC tells of."""
    match number:
        case 408 | 504:
            return Outcome.TIMEOUT
        case 400 | 422 | -32600 | -32602:
            return Outcome.ARGUMENTS
        case 401 | 403:
            return Outcome.AUTHORIZATION
    return Outcome.PROVIDER if 400 <= number < 600 else None
