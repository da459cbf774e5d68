"""What the trace explorer is asked, as its address says it, and the links that ask something else. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from urllib.parse import urlencode

from django.contrib.auth.models import User

from dashboard.addresses import periods, query_terms
from dashboard.addresses.periods import Period
from dashboard.models import QUERY_MAX_CHARS, SavedView
from telemetry import search
from telemetry.search import Query, SearchError, Window

SCOPES = (("Calls", "is:tool"), ("Traces", "is:root"), ("All spans", ""))
# Steps of a chart whose query says itself from when until when.
BINS = 90


@dataclass(frozen=True, slots=True)
class Question:
    """What the page was asked, as its address says it; equal questions have one address."""

    text: str = ""
    period: Period = periods.DEFAULT
    cursor: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """What an address asks for. ``since`` and ``until`` (a stretch of the chart) become part of the text."""
        text = query.get("q", "")[:QUERY_MAX_CHARS].strip()
        if times := [query_terms.term(key, query[key]) for key in ("since", "until") if query.get(key)]:
            text = query_terms.with_terms(query_terms.without_times(text), *times)
        return cls(text, periods.find(query.get("period")), query.get("before", ""))

    @classmethod
    def of_view(cls, view: SavedView) -> Self:
        return cls(view.query, periods.find(view.period))

    @property
    def says_when(self) -> bool:
        """Whether the text itself names the time, so that the period does not count."""
        return any(map(query_terms.is_time, query_terms.words(self.text)))

    def query(self) -> str:
        """The query string of the question's address."""
        parts = {"q": self.text, "period": self.period.key, "before": self.cursor}
        return urlencode({name: value for name, value in parts.items() if value})

    def asking(self, text: str) -> Self:
        """Another question over the same time, from its first page on."""
        return replace(self, text=text, cursor="")

    def narrowed(self, *wanted: str) -> Self:
        return self.asking(query_terms.with_terms(self.text, *wanted))

    def without(self, *unwanted: str) -> Self:
        return self.asking(query_terms.without_terms(self.text, *unwanted))

    def over(self, period: Period) -> Self:
        return replace(self, text=query_terms.without_times(self.text), period=period, cursor="")

    def page(self, cursor: str | None) -> str:
        """The query string of the list's page at *cursor*, blank for the first; empty for None."""
        return "" if cursor is None else replace(self, cursor=cursor).query()


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that changes the question; ``current`` if the question is as it says."""

    label: str
    query: str
    current: bool


def period_switch(question: Question) -> list[Choice]:
    return [
        Choice(period.label, question.over(period).query(), period == question.period and not question.says_when)
        for period in periods.PERIODS.values()
    ]


def scope_switch(question: Question) -> list[Choice]:
    """Calls, traces or all spans: one term of the query says which."""
    marks = [mark for _, mark in SCOPES if mark]
    plain = question.without(*marks)
    held = next((mark for mark in marks if query_terms.has(question.text, mark)), "")
    return [
        Choice(label, (plain.narrowed(mark) if mark else plain).query(), mark == held) for label, mark in SCOPES
    ]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was understood: what to search for, and over what time."""

    question: Question
    query: Query
    window: Window

    @property
    def bins(self) -> int:
        """In how many steps the chart shows the window; a period has those of the overview."""
        period = self.question.period
        return BINS if self.query.times else period.seconds // period.bin_s

    @property
    def clock(self) -> str:
        """The date format that tells the moments of the window apart."""
        start, end = self.window
        return "H:i:s" if start.date() == end.date() else "j M H:i:s"

    @property
    def when(self) -> str:
        """The time that is looked at, in words."""
        if not self.query.times:
            return f"last {self.question.period.words}"
        start, end = self.window
        return f"{start:%-d %b %H:%M:%S} to {end:%-d %b %H:%M:%S}"


def ask(question: Question, now: datetime) -> Asked:
    """What *question* asks for at *now*; raises SearchError."""
    query = search.parse(question.text)
    # The window of the overview: the number that was clicked there is the number found here.
    shown = question.period.window(now)
    return Asked(question, query, query.within((shown.start, shown.end), now))


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a text. ``caret`` points at it from the line below, ``mended`` is what may be meant."""

    text: str
    caret: str
    message: str
    mended: str
    query: str


def mistake(question: Question, error: SearchError) -> Mistake:
    text, start = question.text, error.position
    mended = text[:start] + error.suggestion + text[start + error.length :] if error.suggestion else ""
    return Mistake(
        text=text,
        caret=" " * start + "^" * max(error.length, 1),
        message=error.message,
        mended=mended,
        query=question.asking(mended).query() if mended else "",
    )


@dataclass(frozen=True, slots=True)
class ViewLink:
    """A saved view in the menu; ``current`` if the page shows it."""

    view: SavedView
    period: str
    mine: bool
    current: bool


def view_links(views: Iterable[SavedView], question: Question, user: User) -> list[ViewLink]:
    return [
        ViewLink(
            view=view,
            period=periods.find(view.period).words,
            mine=view.owner_id == user.pk,
            current=Question.of_view(view) == replace(question, cursor=""),
        )
        for view in views
    ]


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    words: str
    query: str


EXAMPLES = (
    ("outcome:failed", "every failed tool call"),
    ("is:tool duration:>2s", "tool calls that took longer than two seconds"),
    ("status:error not outcome:refused", "errors, without calls that were refused"),
    ('(provider:groq or provider:openai) error:"timeout"', "timeouts at either of two providers"),
    ("model:llama* tokens:>10k", "long conversations of any llama"),
    ("attr.customer_id=CUST001 since:24h", "what one customer met in the last day"),
)


def examples(question: Question) -> list[Example]:
    """Searches that teach the language, over the same time."""
    return [Example(text, words, question.asking(text).query()) for text, words in EXAMPLES]
