"""What the trace explorer's page holds, from what a search found. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from urllib.parse import urlencode

from django.contrib.auth.models import User

from dashboard import periods, terms
from dashboard.models import QUERY_MAX_CHARS, SavedView
from dashboard.periods import Period
from dashboard.rows import caller_name
from dashboard.states import State, outcome_state
from dashboard.traces.summary import dollars
from telemetry import search
from telemetry.models import Span
from telemetry.search import Query, SearchError, Window

SCOPES = (("Calls", "is:tool"), ("Traces", "is:root"), ("All spans", ""))
# Steps of a chart whose query says itself from when until when.
BINS = 90
STATUSES = (State("no status", "unsure"), State("ok", "good"), State("error", "bad"))


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
        if times := [terms.term(key, query[key]) for key in ("since", "until") if query.get(key)]:
            text = terms.with_terms(terms.without_times(text), *times)
        return cls(text, periods.find(query.get("period")), query.get("before", ""))

    @classmethod
    def of_view(cls, view: SavedView) -> Self:
        return cls(view.query, periods.find(view.period))

    @property
    def says_when(self) -> bool:
        """Whether the text itself names the time, so that the period does not count."""
        return any(map(terms.is_time, terms.words(self.text)))

    def query(self) -> str:
        """The query string of the question's address."""
        parts = {"q": self.text, "period": self.period.key, "before": self.cursor}
        return urlencode({name: value for name, value in parts.items() if value})

    def asking(self, text: str) -> Self:
        """Another question over the same time, from its first page on."""
        return replace(self, text=text, cursor="")

    def narrowed(self, *wanted: str) -> Self:
        return self.asking(terms.with_terms(self.text, *wanted))

    def without(self, *unwanted: str) -> Self:
        return self.asking(terms.without_terms(self.text, *unwanted))

    def over(self, period: Period) -> Self:
        return replace(self, text=terms.without_times(self.text), period=period, cursor="")

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
    held = next((mark for mark in marks if terms.has(question.text, mark)), "")
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
class Row:
    """A span of the list. ``bar`` is its duration in percent of the longest, ``session`` asks for its session."""

    span: Span
    state: State
    title: str
    caller: str
    bar: float
    tokens: int | None
    cost: str
    session: str


def rows_of(spans: Sequence[Span], question: Question) -> list[Row]:
    longest = max((span.duration_ms for span in spans), default=0.0) or 1.0
    return [
        Row(
            span=span,
            state=state_of(span),
            title=span.tool or span.name,
            caller=caller_name(span.provider, span.model) if span.provider or span.model else "",
            bar=max(100 * span.duration_ms / longest, 1.0),
            tokens=tokens_of(span),
            cost=cost_of(span),
            session=question.narrowed(terms.term("session", span.session_id)).query() if span.session_id else "",
        )
        for span in spans
    ]


def columns(rows: Sequence[Row]) -> dict[str, bool]:
    """Which of the columns that may be blank have anything to say on this page."""
    return {
        "caller": any(row.caller for row in rows),
        "role": any(row.span.caller_role for row in rows),
        "session": any(row.session for row in rows),
        "tokens": any(row.tokens is not None for row in rows),
        "cost": any(row.cost for row in rows),
        "error": any(row.span.error_message or row.span.error_type for row in rows),
    }


def state_of(span: Span) -> State:
    """How a tool call ended; of any other span, its status."""
    return outcome_state(span.outcome) if span.outcome else STATUSES[span.status]


def tokens_of(span: Span) -> int | None:
    """Input and output tokens; None where neither is known."""
    known = [count for count in (span.input_tokens, span.output_tokens) if count is not None]
    return sum(known) if known else None


def cost_of(span: Span) -> str:
    """What it cost; ``unpriced`` where its tokens have no known price, nothing where it used none."""
    if span.cost_usd is not None:
        return dollars(span.cost_usd)
    return "" if tokens_of(span) is None else "unpriced"


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
