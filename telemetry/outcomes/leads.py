"""The class that an error begins with, behind the words that frameworks put before it. Pure."""

import re

# As much of a line as is read.
LINE_CHARS = 600
# A wrapper may name what it wraps, and that again.
MAX_LEADS = 3

_TOOL = r"(?:'[^'\n]*'|\"[^\"\n]*\"|`[^`\n]*`|[\w./-]+)"
# Words that frameworks put before an error, and which say nothing of it.
_ENVELOPE = re.compile(
    "|".join(
        (
            r"Uncaught (?:\(in promise\) )?(?=[A-Z])",
            r"Unhandled exception[.:] ",
            r"Exception in thread \"[^\"]*\" ",
            r"Caused by: ",
            r"PHP Fatal error:\s+Uncaught ",
            rf"(?:Error|Failed) (?:when |while )?(?:executing|calling|invoking|running) tool(?: {_TOOL})?:\s+",
            rf"Error invoking tool {_TOOL} with kwargs .{{0,300}}? with error:\s+",
            rf"Tool (?:{_TOOL} )?(?:execution |call )?failed(?: with error)?: ",
            r"Error: (?=\w+(?:Error|Exception)\b)",
        )
    ),
    re.IGNORECASE | re.DOTALL,
)
_SUFFIX = "Error|Exception|Fault|Timeout|Interrupt|Exit|Iteration"
_NAME = rf"(?:[A-Za-z_$][\w$]*(?:\.|::|\\|/))*[A-Z_$][\w$]*?(?:{_SUFFIX})"
LEAD = re.compile(
    rf"(?P<type>{_NAME}|panic)"
    r"(?:(?: \[(?P<code>\w+)\])?(?: \(\w+\))?(?::\s+|:?\s*$)"
    r"|\((?P<quote>['\"]?)(?P<inner>.*)(?P=quote),?\)\.?$)"
)
TYPE = re.compile(_NAME)


def without_envelopes(text: str) -> str:
    """*text* without the words that frameworks put before an error."""
    for _ in range(MAX_LEADS):
        if not (envelope := _ENVELOPE.match(text)):
            break
        text = text[envelope.end() :]
    return text


def class_of(found: re.Match[str]) -> str:
    """The class that a LEAD names. Of Node's ``DOMException [AbortError]`` that in the brackets tells."""
    code = found["code"] or ""
    return code if TYPE.fullmatch(code) else found["type"]
