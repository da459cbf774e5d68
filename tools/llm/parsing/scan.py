"""One pass over a text, from one possible start of a call to the next."""

import re
from dataclasses import dataclass, field

from tools.llm.parsing.names import Known
from tools.llm.parsing.parsed import Draft, Found, Problem, ProblemKind, Written
from tools.llm.parsing.shapes import shape_at
from tools.llm.parsing.shapes.quiet import ORPHAN
from tools.llm.parsing.text import Text
from tools.llm.parsing.wrappers import LABEL_LINE, widened

# Every alternative starts with a literal, so that the search runs over prose at full speed.
_STOP = re.compile(
    r"<(?=[A-Za-z/|｜])|\{(?=\s*+[\"'“”„‘’}A-Za-z_$/\#\d\0\ufeff])|\[(?=\s*+[{A-Za-z_/])|`(?=``)|~(?=~~)|◁"
    r"|\n(?=[ \t]*+(?:\*{0,2}(?:Action|Observation|Thought)\b|[A-Za-z_][\w.]{0,127}+\())"
)
_FENCE = re.compile(r"(`{3,}|~{3,})(?:([A-Za-z_][\w+-]{0,30}+)(?=[\s{\[<]|\Z))?")
_ORPHAN = re.compile(ORPHAN)
_EMPTY_FENCE = re.compile(r"(?:`{3,}|~{3,})(?:[A-Za-z_][\w+-]{0,30}+)?\s*+(?:`{3,}|~{3,})")
_OPEN_FENCE = re.compile(r"(?:`{3,}|~{3,})(?:[A-Za-z_][\w+-]{0,30}+)?\s*+\Z")
# A fence in one of these languages says itself that it holds a call.
CALL_LANGUAGES = frozenset({"tool_call", "tool_calls", "tool_code", "tool_use", "function_call", "tool", "action"})
# A text with more places where a call might start is not what a model writes.
MAX_STARTS = 10_000
EXAMPLE = "A call in a code block beside prose is taken for an example and was not run: to run it, send it alone."


@dataclass(slots=True)
class Scan:
    """What one pass found: calls, problems, nested texts, and which parts of the text were not for people."""

    text: Text
    drafts: list[Draft] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    nested: list[Written] = field(default_factory=list)
    _cuts: list[tuple[int, int]] = field(default_factory=list)
    _fence: str | None = None

    def run(self) -> None:
        """Read the text to its end."""
        content, position, starts = self.text.content, 0, 0
        while stop := _STOP.search(content, position):
            start = stop.start()
            if stop[0] in "`~":
                position = self._turn_fence(start)
                continue
            position = stop.end()
            candidate = shape_at(content, start)
            if candidate is None:
                continue
            starts += 1
            if starts > MAX_STARTS:
                self._give_up(start)
                return
            shape, opener = candidate
            found = shape.read(self.text, opener)
            if found is not None:
                self._take(found, opener)
                position = max(position, found.end)
        self._drop_examples()

    @property
    def rest(self) -> str:
        """What is left for people."""
        parts, position = [], 0
        for start, end in widened(self.text.content, self._cuts) if self.drafts else sorted(self._cuts):
            parts.append(self.text.content[position:start])
            position = max(position, end)
        parts.append(self.text.content[position:])
        rest = _EMPTY_FENCE.sub("", "".join(parts))
        rest = LABEL_LINE.sub("", rest) if self.drafts else rest
        return (rest if self._fence is None else _OPEN_FENCE.sub("", rest)).strip()

    def _turn_fence(self, start: int) -> int:
        fence = _FENCE.match(self.text.content, start)
        if fence is None:
            return start + 1
        self._fence = (fence[2] or "") if self._fence is None else None
        return fence.end()

    def _take(self, found: Found, opener: re.Match[str]) -> None:
        start = opener.start()
        if found.ends_thought:
            self._forget(found.end)
            return
        content = self.text.content
        if (found.problems or found.keep) and _ORPHAN.search(content, start, found.end):
            self._forget(start)  # what cannot be read has swallowed the end of a thought
        self.problems += found.problems
        self.nested += found.texts
        if found.keep:
            return
        for draft in found.drafts:
            draft.start = draft.start or start
            draft.end = found.end
            draft.fence = self._fence_of(draft)
        self._cuts.append((min([start, *(draft.start for draft in found.drafts)]), found.end))
        self.drafts += found.drafts

    def _fence_of(self, draft: Draft) -> str | None:
        content = self.text.content
        if self._fence is not None:
            return self._fence
        quoted = content[draft.start - 1 : draft.start] == "`" == content[draft.end : draft.end + 1]
        return "" if quoted else draft.fence

    def _forget(self, end: int) -> None:
        """Everything up to *end* was thought."""
        self.drafts.clear()
        self.nested.clear()
        self.problems.clear()
        self._cuts = [(0, end)]

    def _give_up(self, start: int) -> None:
        self._forget(0)
        message = (
            f"More than {MAX_STARTS:,} places look like the start of a call, so none was run: send less at once."
        )
        self.problems.append(Problem(ProblemKind.TOO_MANY, message, start))

    def _drop_examples(self) -> None:
        """A call in a fence beside prose is shown, not made."""
        shown = [one for one in self.drafts if one.fence is not None and one.fence not in CALL_LANGUAGES]
        if not shown or not _FENCE.sub("", self.rest).strip("`~ \n\t"):
            return
        self.drafts = [one for one in self.drafts if one not in shown]
        places = {(one.start, one.end) for one in shown}
        self._cuts = [cut for cut in self._cuts if cut not in places]
        self.problems += [Problem(ProblemKind.EXAMPLE, EXAMPLE, one.start) for one in shown]


def scan(written: str, known: Known) -> Scan:
    """Search *written*; positions are one too high, for the line break before it."""
    found = Scan(Text("\n" + written, known))
    found.run()
    return found
