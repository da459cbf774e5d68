"""Finds the rates that a page shows, and what the page says beside them of their base and their window."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SILENT = {"script", "style", "template", "code", "pre"}
# What belongs to a number most closely: a row, a tile, a paragraph, a line of facts.
UNITS = {"tr", "li", "article", "p", "summary", "dl", "header"}
UNIT_CLASSES = {"tile", "verdict"}
RATE = re.compile(
    r"\d[\d.,]*\s?%"
    r"|\d[\d.,]*\s?/\s?(?:s|min|h)\b"
    r"|\d[\d.,]*(?:\s[kMG]?B)? (?:a|each|per) (?:second|minute|hour|day|month)\b"
    r"|A month at this rate"
)
SHARE = re.compile(r"\d\s?%")
# Numbers that are no rates of anything: goals, how sure an interval is, how near a latency, the ends of a scale.
NO_RATE = re.compile(
    r"(?:below|line at|tick:|within|interval:?) \d[\d.]*\s?%|95\s?% interval|60\s?%\s*100\s?%"
    r"|\(95 % interval [^)]*\)"
)
WINDOW = re.compile(
    r"\b(?:in|over|of) (?:the )?last (?:\d|minute|hour|day|whole)|\blast \d+\s(?:s|min|minutes|h|hours|d|days)\b"
    r"|\blast (?:\d+ )?whole days?\b|\blast minute\b|\bsince\b|\b(?:over|in) \d+\s(?:s|min|h|d)\b"
)
# The rows of a table over time say when they begin.
MOMENT = re.compile(r"^\s*(?:\d+ \w{3} )?\d\d:\d\d")
# A count: no part of a name, no share, no length of time and no size.
COUNT = re.compile(
    r"(?<![\w.,$–:-])\d[\d,]*(?![\w.:-]|,\d|\s?(?:%|(?:ms|s|min|minutes?|h|hours?|d|days?|whole|[kMG]?B)\b))"
)


class Element:
    """One element of a page, with what stands in it in its order."""

    def __init__(self, tag: str, attributes: dict[str, str | None], parent: "Element | None") -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.inside: list[Element | str] = []

    @property
    def classes(self) -> set[str]:
        return set((self.attributes.get("class") or "").split())

    @property
    def text(self) -> str:
        """What is read in it."""
        if self.tag in SILENT:
            return ""
        return " ".join(part if isinstance(part, str) else part.text for part in self.inside)

    def children(self, *tags: str) -> Iterator["Element"]:
        return (part for part in self.inside if isinstance(part, Element) and part.tag in tags)

    def walk(self) -> Iterator["Element"]:
        yield self
        for part in self.inside:
            if isinstance(part, Element):
                yield from part.walk()

    def above(self) -> Iterator["Element"]:
        at = self.parent
        while at is not None:
            yield at
            at = at.parent


class Page(HTMLParser):
    """Reads a page into elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.root = self._at = Element("page", {}, None)
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, dict(attrs), self._at)
        self._at.inside.append(made)
        if tag not in VOID:
            self._at = made

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._at.inside.append(Element(tag, dict(attrs), self._at))

    def handle_endtag(self, tag: str) -> None:
        for place in (self._at, *self._at.above()):
            if place.tag == tag and place.parent is not None:
                self._at = place.parent
                return

    def handle_data(self, data: str) -> None:
        self._at.inside.append(data)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u202f", " "))


def is_unit(element: Element) -> bool:
    return element.tag in UNITS or bool(element.classes & UNIT_CLASSES)


def covering(unit: Element) -> str:
    """What stands over *unit*: heads of its table, its card and its tiles, and of the page."""
    said: list[str] = []
    for place in unit.above():
        said += [part.text for part in place.children("header", "thead", "caption")]
        said += [part.text for part in place.children("p") if "base" in part.classes]
    root = [*unit.above()][-1] if unit.parent else unit
    said += [each.text for each in root.walk() if each.tag == "header" and any(each.children("h1"))]
    return plain(" ".join(said))


def rates(html: str) -> list[tuple[str, str]]:
    """Each unit of a page that shows a rate: what it says, and what stands over it."""
    found = []
    for element in Page(html).root.walk():
        if any(map(is_unit, element.above())) or element.tag in SILENT:
            continue
        own = (
            element.text
            if is_unit(element)
            else " ".join(part for part in element.inside if isinstance(part, str))
        )
        if RATE.search(NO_RATE.sub(" ", plain(own))):
            found.append((plain(element.text), covering(element)))
    return found


def without_window(html: str) -> list[str]:
    """The units of a page whose rates are of nobody knows what time."""
    return [said for said, over in rates(html) if not WINDOW.search(f"{said} {over}") and not MOMENT.match(said)]


def without_base(html: str) -> list[str]:
    """The units of a page whose shares are of nobody knows how many: no count stands beside them."""
    return [said for said, _ in rates(html) if SHARE.search(NO_RATE.sub(" ", said)) and not COUNT.search(said)]
