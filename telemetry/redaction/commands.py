"""Finds passwords in the command lines of tools that name them by one letter."""

import re
from collections.abc import Mapping

from telemetry.redaction.keys import names_secret
from telemetry.redaction.stretches import Find, Span

_VALUE = r"""["']?([^\s"']+)"""
_CURL = re.compile(r"""curl\s[^\n|;]{0,300}?(?:-u|--user|--proxy-user)[ =]?["']?[^\s:"'/]{1,100}:([^\s"']+)""")
_SSHPASS = re.compile(rf"sshpass\s{{1,9}}-p\s{{0,9}}{_VALUE}")
_MYSQL = re.compile(rf"mysql(?:dump|admin)?\s(?:[^\n|;]{{0,200}}?\s)??-p{_VALUE}")
_REDIS = re.compile(rf"redis-cli\s(?:[^\n|;]{{0,200}}?\s)??-a\s{{1,9}}{_VALUE}")
_SETX = re.compile(rf"setx\s{{1,9}}(?:/m\s{{1,9}})?([A-Za-z_]\w{{0,63}})\s{{1,9}}{_VALUE}", re.IGNORECASE)
_DOCKER = re.compile(rf"docker login\s(?:[^\n|;]{{0,200}}?\s)??-p\s{{1,9}}{_VALUE}")


def _at(pattern: re.Pattern[str]) -> Find:
    def find(text: str, start: int, end: int) -> Span | None:
        found = pattern.match(text, start)
        return Span(*found.span(1)) if found else None

    return find


def _find_setx(text: str, start: int, end: int) -> Span | None:
    """Windows has no ``=`` there: what is set is told by its name."""
    found = _SETX.match(text, start)
    return Span(*found.span(2)) if found and names_secret(found[1]) else None


CLUES: Mapping[str, Find] = {
    "curl ": _at(_CURL),
    "sshpass": _at(_SSHPASS),
    "mysql": _at(_MYSQL),
    "redis-cli": _at(_REDIS),
    "docker login": _at(_DOCKER),
    "setx ": _find_setx,
}
