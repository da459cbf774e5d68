"""Finds values behind names without quotes: assignments, URLs, commands, headers, YAML, XML, sentences."""

import re

from telemetry.redaction.headers import behind_scheme, header_value, is_header
from telemetry.redaction.keys import least_digits, name_before, names_chosen, names_password, names_secret
from telemetry.redaction.stretches import Span
from telemetry.redaction.values import looks_secret, plain_value

_ASSIGNS = re.compile(r"(?:(?:\]|%5D)?=>?\s{0,9}(?!=)|(?P<encoded>(?:%5D)?%3D))", re.IGNORECASE)
# Of an address within another one.
_ENCODED = re.compile(r"(?:(?!%26|%23)[^\s&#\"'<>\\])+", re.IGNORECASE)
# Spaces, and what makes the name before them bold.
_SPACES = re.compile(r"(?:\*\*|__)?\s{0,9}")
# A value of YAML on lines of its own.
_BLOCK = re.compile(r"[ \t]{0,9}[|>][+-]?[ \t]{0,9}\r?\n\s{1,40}")
_SPACED = re.compile(
    r"(?P<more> (?:code|key|number|token))?"
    r"(?:[ \t]{1,9}(?P<assigns>(?::=|=>|=(?!=))\s{0,9})|(?P<says> (?:is|was|are):? |:\s)|[ \t]{1,9})",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\s,;\"'<>()\\]{1,200}")
_VARIABLE = re.compile(r"[A-Za-z]+(?:[._][A-Za-z]*)+")
_CONTENT = re.compile(r"\s{0,9}([^<>\s][^<>]{0,4000})</")
QUOTES = ("'", '"')
# Behind a flag that takes no value, or is spoken of.
_PROSE = re.compile(
    r"(?:is|was|are|has|must|and|or|to|for|not|flag|option|from|with|if|when|can|should|of|in|on)\Z", re.IGNORECASE
)
# In a sentence a key is longer than the names of versions and models, which may follow the word, too.
_LEAST_CHARS, _LEAST_IN_SENTENCE, _MOST_DIGITS = 5, 12, 9


def find_assigned(text: str, start: int, behind: int) -> Span | None:
    """Of ``name=…``, ``name[…]=…`` and ``name%5D=…``."""
    assigns = _ASSIGNS.match(text, behind)
    if assigns is None:
        return None
    name = name_before(text, start, behind)
    if not names_secret(name):
        return None
    if assigns["encoded"]:
        value = _ENCODED.match(text, assigns.end())
        return Span(*value.span()) if value else None
    begin = behind - len(name)
    if name.lower().endswith("authorization"):
        return plain_value(text, behind_scheme(text, assigns.end()))
    in_form = text[behind] != "=" or (begin > 0 and text[begin - 1] in "?&#")
    return plain_value(text, assigns.end(), in_form=in_form)


def find_behind_colon(text: str, start: int, behind: int) -> Span | None:
    """Of ``name: …``: all of a header line; else what is in quotes, or a word that looks like a secret."""
    follows = text[behind + 1 : behind + 2]
    if follows == ":":
        return None
    name = name_before(text, start, behind)
    if not names_secret(name):
        return None
    spaces = _BLOCK.match(text, behind + 1) or _SPACES.match(text, behind + 1 + (follows == "="))
    at = spaces.end() if spaces else behind + 1
    if follows == "=" or text[at : at + 1] in ('"', "'"):
        return plain_value(text, at)
    return header_value(text, at, name) if is_header(name) else _word(text, at, name, _LEAST_CHARS)


def find_behind_space(text: str, start: int, behind: int) -> Span | None:
    """Of ``--name …``, ``name = …``, ``the name is …``, ``name …``."""
    name = name_before(text, start, behind)
    if name.startswith("-"):
        return _of_flag(text, behind) if names_secret(name) else None
    spaced = _SPACED.match(text, behind)
    if spaced is None:
        return None
    name += spaced["more"] or ""
    if not names_secret(name):
        return None
    if spaced["assigns"]:
        span = plain_value(text, spaced.end())
        return span if span and not _VARIABLE.fullmatch(text[span.start : span.end]) else None
    if spaced["says"]:
        return _said(text, spaced.end(), name)
    return _next_word(text, spaced.end(), name) if names_chosen(name) else None


def find_in_xml(text: str, start: int, behind: int) -> Span | None:
    """Of ``<name>…</name>``."""
    name = name_before(text, start, behind)
    begin = behind - len(name)
    if begin < 1 or text[begin - 1] != "<" or not names_secret(name):
        return None
    content = _CONTENT.match(text, behind + 1)
    return Span(*content.span(1)) if content else None


def _of_flag(text: str, behind: int) -> Span | None:
    spaces = _SPACES.match(text, behind)
    at = spaces.end() if spaces else behind
    span = plain_value(text, at)
    value = text[span.start : span.end] if span else "-"
    return None if value.startswith("-") or _PROSE.match(value) else span


def _word(text: str, at: int, name: str, least_chars: int) -> Span | None:
    """The word at *at*, said of *name*, if no language has it; of *least_chars* where people do not choose it."""
    span = _next(text, at)
    value = text[span.start : span.end] if span else ""
    chosen = names_chosen(name)
    if value.isdigit():
        return span if chosen and len(value) >= least_digits(name) else None
    return span if looks_secret(value) and (chosen or len(value) >= least_chars) else None


def _said(text: str, at: int, name: str) -> Span | None:
    """The word at *at*, in quotes or not, if no language has it."""
    if text[at : at + 1] not in QUOTES:
        return _word(text, at, name, _LEAST_IN_SENTENCE)
    span = plain_value(text, at)
    value = text[span.start : span.end] if span else ""
    return span if " " not in value and looks_secret(value) else None


def _next_word(text: str, at: int, name: str) -> Span | None:
    """Of ``password hunter2``, ``OTP 493021`` and ``PASSWORD 'hunter2'``."""
    if text[at : at + 1] == "'":
        span = plain_value(text, at) if names_password(name) else None
        return span if span and " " not in text[span.start : span.end] else None
    span = _next(text, at)
    value = text[span.start : span.end] if span else ""
    if names_password(name):
        return span if len(value) > _LEAST_CHARS and not value.isdigit() and looks_secret(value) else None
    return span if value.isdigit() and least_digits(name) <= len(value) <= _MOST_DIGITS else None


def _next(text: str, at: int) -> Span | None:
    found = _WORD.match(text, at)
    if found is None:
        return None
    return Span(at, at + len(found[0].rstrip(".!?:")))
