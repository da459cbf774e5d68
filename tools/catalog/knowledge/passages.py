"""Cuts a Markdown document into passages: pieces short enough to quote, each knowing its headings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt

MAX_WORDS = 180
# A heading closes the passage before it only if that one can stand alone.
MIN_WORDS = 60


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list, table or code block, under the headings in ``path``."""

    path: tuple[str, ...]
    text: str
    is_heading: bool = False

    @property
    def words(self) -> int:
        return len(self.text.split())


@dataclass(frozen=True, slots=True)
class PassageText:
    """A passage. ``section`` is the path of headings above it, such as ``Discounts › Approval``.

    Two short sections that share a passage are both named, with `` · `` between them.
    """

    section: str
    body: str


def split_markdown(markdown: str) -> list[PassageText]:
    """The passages of *markdown*: whole blocks of about 180 words at most, in order."""
    passages: list[list[Block]] = []
    for block in _blocks(markdown):
        if not passages or _starts_passage(block, passages[-1]):
            passages.append([])
        passages[-1].append(block)
    return [_join(blocks) for blocks in passages if any(not block.is_heading for block in blocks)]


def _starts_passage(block: Block, before: list[Block]) -> bool:
    words = sum(earlier.words for earlier in before)
    if block.is_heading:
        return words >= MIN_WORDS
    # A passage of nothing but its heading takes its first block, however long.
    return words + block.words > MAX_WORDS and not all(earlier.is_heading for earlier in before)


def _join(blocks: list[Block]) -> PassageText:
    sections = dict.fromkeys(" › ".join(block.path) for block in blocks if not block.is_heading)
    # The headings that the passage opens with are in its section; one further down stays in the text as well.
    opening = next(position for position, block in enumerate(blocks) if not block.is_heading)
    return PassageText(" · ".join(filter(None, sections)), "\n\n".join(block.text for block in blocks[opening:]))


def _blocks(markdown: str) -> Iterator[Block]:
    lines = markdown.splitlines()
    path: dict[int, str] = {}
    parsed = MarkdownIt("commonmark").enable("table").parse(markdown)
    for position, token in enumerate(parsed):
        if token.level or token.map is None:
            continue
        text = "\n".join(lines[token.map[0] : token.map[1]]).strip()
        if token.type == "heading_open":
            depth = int(token.tag[1:])
            path = {level: title for level, title in path.items() if level < depth}
            path[depth] = parsed[position + 1].content
            yield Block(tuple(path.values()), text, is_heading=True)
        else:
            yield from (Block(tuple(path.values()), part) for part in _parts(text))


def _parts(text: str) -> Iterator[str]:
    """*text* itself, or, when it is too long for a passage, runs of its sentences and lines that are not."""
    part: list[str] = []
    for piece in _pieces(text):
        if part and sum(len(earlier.split()) for earlier in part) + len(piece.split()) > MAX_WORDS:
            yield "".join(part).strip()
            part = []
        part.append(piece)
    yield "".join(part).strip()


def _pieces(text: str) -> Iterator[str]:
    for sentence in re.split(r"(?<=[.!?]\s)|(?<=\n)", text):
        words = re.findall(r"\S+\s*", sentence)
        for start in range(0, len(words), MAX_WORDS):
            yield "".join(words[start : start + MAX_WORDS])
