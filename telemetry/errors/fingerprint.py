"""Which failures are the same: a message without what differs from call to call, and a number for it. Pure.

The number is the same in every process and release: a change of the rules below begins new groups, so the tests
pin some numbers.
"""

import re
from functools import lru_cache
from hashlib import blake2b
from http import HTTPStatus

from telemetry.outcomes.reports import report_of

MESSAGE_CHARS = 200
# What lies beyond says no more about the kind of failure, and costs time.
READ_CHARS = 600
MEMO_SIZE = 4096

_TRACEBACK = "Traceback (most recent"
_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://[^\s'\"`<>]*[^\s'\"`<>.,;:)\]}]")
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+")
_PATH = re.compile(r"(?<![\w/\\<.])(?:~|[A-Za-z]:|\.{1,2})?(?:[/\\][\w.@~+-]+){2,}[/\\]?")
_MARK = re.compile(r"\[(redacted|email|phone|iban|ssn|name|address)\]", re.IGNORECASE)
# What must stand in a text before a pattern is worth trying.
_SHAPES = (
    ("://", _URL, "<url>"),
    ("@", _EMAIL, "<email>"),
    ("[", _MARK, r"<\1>"),
    ("/", _PATH, "<path>"),
    ("\\", _PATH, "<path>"),
)

_QUOTES = frozenset("'\"`“‘")
_QUOTED = re.compile(
    r"(?<![\w'])(?P<quote>['\"`“‘])(?P<inner>(?:\\.|(?!(?P=quote)|[”’]).)*+)(?:(?P=quote)|[”’])(?!\w)"
)
_BEFORE = re.compile(
    r"(?:\b(?:argument|parameter|field|property|key|attribute|column|relation|module|function|method|type|schema)s?:?"
    r"|\w+Error:)\s+$"
)
_AFTER = re.compile(r"\s+(?:is a required|is required|is missing|was unexpected|object (?:has|is|does))")
# A name that is misspelt differs from call to call; the one that was meant does not.
_MEANT = re.compile(
    r"(['\"])[^'\"]{1,80}\1(?P<between>[^'\"]{0,40}\b[Dd]id you mean )(['\"])(?P<meant>[^'\"]{1,80})\3"
)
# Where in the code it was, on the line of the message itself.
_STACK = re.compile(
    r"\s+at (?:async )?(?:[\w.$<>\[\] ]{1,120} )?\(?(?:\w+://|[A-Za-z]:)?[\w@~+-]{0,100}[./\\][\w./\\@~+-]{1,300}:\d{1,7}(?::\d{1,7})?\)?.*$"
)
# A class with its words, as Python writes it.
_REPR = re.compile(
    r"\b(?P<type>[A-Za-z_][\w.]{0,99}(?:Error|Exception))\((?P<quote>['\"])(?P<words>.*)(?P=quote),?\)$"
)
# As far as the words around a quotation are looked at.
REACH_CHARS = 40
# What names a thing, rather than being a value, tells one mistake from another and is kept.
_NAME = re.compile(r"[A-Za-z_][A-Za-z_.\[\]-]{0,60}")

# The code of an answer, an operating system, a database, a directory, a socket, a transfer or a process says what
# failed. All other numbers are incidental.
_PHRASES = "|".join(f"{status.value} {re.escape(status.phrase)}" for status in HTTPStatus)
# Elsewhere a letter and digits are an id.
_OF_MONGO = r"(?:(?<=^)|(?<=[Ee]rror: )|(?<=[Ee]rrors: \[)|(?<=[Ee]xception: )|(?<=[Cc]ommand failed: ))"
_STATUS = (
    r"\b(?:HTTP(?:/\d(?:\.\d)?)?|[Ss]tatus(?:[ _-]?[Cc]ode)?|[Cc]ode|[Ee]rror|server response)"
    r"\W{0,3}[1-5]\d\d(?![\w.])"
    rf"|(?<![\w.])(?=[1-5]\d\d )(?:{_PHRASES})"
    r"|(?<![\w.])-32\d{3}(?![\w.])"
    r"|\b(?:[Ee]rrno|WinError|os error|HRESULT)\W{1,3}(?:0x[0-9A-Fa-f]{8}|-?\d{1,6})\b"
    r"|\b[Ss][Qq][Ll][ _-]?[Ss][Tt][Aa][Tt][Ee]\W{0,3}[0-9A-Za-z]{5}\b|\bSQLCODE\W{0,3}-?\d{1,5}\b"
    r"|\b(?:ERROR|[Ee]rror) \d{4}(?: \([0-9A-Z]{5}\)|: )|\b[Ee]rror ?[Cc]ode\W{1,3}-?\d{1,6}\b"
    r"|\b(?:[Mm]y[Ss][Qq][Ll]|SQL|SQLite|ODBC|[Nn]ative|[Vv]endor) [Ee]rror\W{1,3}\d{1,5}\b|\bMsg \d{3,5}, Level\b"
    r"|\b(?:ORA|PLS|TNS|MY|DPY|DPI)-\d{3,6}\b|\bAADSTS\d{4,9}\b|\bSQL\d{4}N\b"
    r"|\b(?:gRPC|grpc|GRPC)[ _-]?[Ss]tatus(?:[ _-]?[Cc]ode)?\W{0,3}\d{1,2}\b|\bcode = \d{1,2}\b"
    r"|\b[Cc]losed?(?:(?: with)? code\W{1,3}|:\W{0,2}| \()[134]\d{3}\b|\b[Cc]ode\W{1,3}[134]\d{3}\b"
    r"|\b[Ww]eb[Ss]ocket\W{1,3}close\w{0,2} [134]\d{3}\b"
    r"|\b(?:received|sent) (?:1(?:00\d|01[0-5]) \([A-Za-z]|[34]\d{3} \((?:private use|registered))"
    r"|\b[Ee]xit(?:ed)?(?: with)? (?:code|status)\W{0,3}\d{1,3}\b"
    r"|\b(?:lib)?(?:curl|cURL|CURL):? (?:(?:failed|exited|returned) (?:with )?)?"
    r"(?:\(\d{1,3}\)|[Ee]rror(?: code)?\W{1,3}\d{1,3}\b)"
    r"|\bpycurl\.error: \(\d{1,3},|\b(?:SSL|TLS|ssl|tls) [Aa]lert(?: [Nn]umber)?\W{1,3}\d{1,3}\b"
    rf"|{_OF_MONGO}E1[01]\d{{3}}(?= [a-z])|\bE11\d{{3}}(?= (?:duplicate key|interrupted)\b)"
    r"|\b[Ee]rror \d{1,5} (?=\([A-Z][A-Za-z]+\))"
)
# What Python's databases and its OSError are made of, a number and words, where nothing else is said: right behind
# a class, or at the beginning. In a sentence it is data.
_OPENED = r"\((?:(?<=^\()|(?<=Error\()|(?<=Exception\()|(?<=Error[:)] \()|(?<=Exception[:)] \())"
_NUMBER = r"-?\d{1,5}, (?=<value>|(?:\w+ )?-?\d)"
_NUMBERED = rf"{_OPENED}{_NUMBER}|\b[Tt]ool [\w<>./-]{{1,80}}: \({_NUMBER}"
# The letters with which one of these begins, looked at before the whole.
_KEPT_FIRST = "HSsCcEeWwOoPpTtMmAgGDNnVvrl1-5-"
_QUOTED_STATUS = re.compile(_STATUS)
# pyodbc's first word; the same digits elsewhere are those of an order.
_STATE = re.compile(r"(?:\d|HY|IM|S\d)[0-9A-Z]{2,4}")
_STATE_OPENED = re.compile(_OPENED + "$")
_PLACED = re.compile(
    rf"(?P<keep>(?<!\w)(?=[{_KEPT_FIRST}])(?:{_STATUS})|{_NUMBERED})"
    r"|(?P<time>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d)(?!\w))?)?"
    r"|(?<![\w:])\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?![\w:]))"
    r"|(?P<duration>(?<![\w.])(?:\d+(?:\.\d+)?(?:ms|us|µs|ns|s|m|h|d|min|sec)){1,4}(?![\w-]))"
    r"|(?P<n>(?<![\w.])[-+]?\d+(?:[.,]\d+)*%?(?![\w-]))"
    # A word that holds a digit, or is too long for one, or an id of a well-known service.
    r"|(?P<id>(?<![\w-])(?:[^\W\d]*+(?:-[^\W\d]*+)*+\d[\w-]*(?:\.[\w-]+)*|\w{41,}"
    r"|(?:req|org|chatcmpl|call|toolu|msg|run|proj|acct|resp)[-_](?=[a-z]*[A-Z])[A-Za-z]{6,}(?!\w)))"
)

# A JSON body within a message: what it says, and the word for it.
_SAID = re.compile(
    r"""["'](?:message|detail|error_description|msg|error)["']\s*:\s*(?P<q>["'])(?P<text>(?:\\.|(?!(?P=q)).)+)"""
)
_CODE = re.compile(r"""["'](?:code|type)["']\s*:\s*["'](?P<code>[A-Za-z][\w.-]*)["']""")
_PYDANTIC_NOTE = re.compile(r"\s*\[type=.*$|^\s*For further information visit.*$", re.MULTILINE)


def fingerprint(subject: str, layer: str, error_type: str, message: str) -> int:
    """The group of a failure, as a signed number of 64 bits; *subject* is the tool, or what else failed."""
    parts = "\x1f".join((subject, layer, error_type, pattern(subject, message)))
    digest = blake2b(parts.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def pattern(subject: str, message: str) -> str:
    """*message* normalised; the name of the *subject* itself is no value, though it may be quoted."""
    return normalise(message.replace(f"'{subject}'", subject) if subject else message)


def normalise(message: str) -> str:
    """The first line of *message* with placeholders for what differs from call to call, MESSAGE_CHARS at most."""
    if _TRACEBACK in message:
        message = report_of(message).said or message
    return _normalised(_beginning(message))


def _beginning(message: str) -> str:
    """As much of *message* as is read, without the word that would be cut: half a value is not known for one."""
    read = message[:READ_CHARS]
    if read == message or message[READ_CHARS].isspace():
        return read
    whole = max(read.rfind(" "), read.rfind("\n"))
    return read[:whole] if whole > 0 else read


@lru_cache(MEMO_SIZE)
def _normalised(message: str) -> str:
    text = _MEANT.sub(r"<value>\g<between>\g<meant>", _STACK.sub("", _unwrapped(_line(message))))
    if text.endswith(")"):
        text = _REPR.sub(_said, text)
    for mark, shape, placeholder in _SHAPES:
        if mark in text:
            text = shape.sub(placeholder, text)
    if not _QUOTES.isdisjoint(text):
        text = _QUOTED.sub(_quoted, text)
    return " ".join(_PLACED.sub(_placed, text).split())[:MESSAGE_CHARS]


def _line(message: str) -> str:
    """The line that says what failed: the first, but all of pydantic's fields."""
    lines = message.strip().splitlines() or [""]
    if "validation error" in lines[0] and len(lines) > 1:
        rest = [line.strip() for line in _PYDANTIC_NOTE.sub("", message.strip()).splitlines()[1:]]
        return "validation error: " + ", ".join(filter(None, rest))
    return lines[0]


def _unwrapped(text: str) -> str:
    """*text* with a JSON body in it replaced by what the body says."""
    start = text.find("{")
    if start < 0 or not (said := _SAID.search(text, start)):
        return text
    code = _CODE.search(text, start)
    word = f" ({code['code']})" if code else ""
    return f"{text[:start]}{said['text']}{word}"


def _said(found: re.Match[str]) -> str:
    """A class with its words as others write it: ``KeyError('price')`` is ``KeyError: 'price'``."""
    words = found["words"]
    return f"{found['type']}: " + (f"'{words}'" if _NAME.fullmatch(words) else words)


def _quoted(found: re.Match[str]) -> str:
    inner, text = found["inner"], found.string
    start, end = found.span()
    if _NAME.fullmatch(inner) and (
        _BEFORE.search(text, max(0, start - REACH_CHARS), start) or _AFTER.match(text, end)
    ):
        return f"'{inner}'"
    if _STATE.fullmatch(inner) and _STATE_OPENED.search(text, max(0, start - REACH_CHARS), start):
        return f"SQLSTATE {inner}"
    status = _QUOTED_STATUS.search(inner)
    return status[0] if status else "<value>"


def _placed(found: re.Match[str]) -> str:
    return found[0] if found.lastgroup == "keep" else f"<{found.lastgroup}>"
