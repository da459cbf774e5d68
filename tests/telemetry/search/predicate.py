"""What a query means, in plain Python: the same question that SQL answers, over one stored span."""

import json
import re

from telemetry import semconv as sc
from telemetry.counts.origins import counts
from telemetry.search.conditions import MODEL_OPERATIONS
from telemetry.search.keys import OUTCOME_GROUPS, SPAN_KINDS, STATUSES
from telemetry.search.tree import And, Between, Equals, Like, Not, Or, Term
from telemetry.semconv import FAILED, REFUSED

WORDS = {"prompt": "prompt_version", "role": "caller_role", "key": "api_key"}
NUMBERS = {"duration": "duration_ms", "cost": "cost_usd"}


def passes(node, row) -> bool:
    """Whether the span *row* is one of those that *node* asks for."""
    match node:
        case Term():
            return TERMS.get(node.key, by_word)(node, row)
        case Not(part):
            return not passes(part, row)
        case And(parts):
            return all(passes(part, row) for part in parts)
        case Or(parts):
            return any(passes(part, row) for part in parts)


def text_passes(test, value, exact=False) -> bool:
    match test:
        case Equals(text):
            return value == text if exact else value.lower() == text.lower()
        case Like(pattern):
            expression = ".*".join(map(re.escape, pattern.split("*")))
            return re.fullmatch(expression, value, re.DOTALL | (0 if exact else re.IGNORECASE)) is not None
    return value != ""


def words_pass(test, *values) -> bool:
    if test == Equals("") or not isinstance(test, Equals | Like):
        return True
    text = test.text if isinstance(test, Equals) else test.pattern
    parts = [text] if isinstance(test, Equals) else text.split("*")
    starts = r"(?<![^\W_])" if text[:1].isalnum() else ""
    ends = r"(?![^\W_])" if text[-1:].isalnum() else ""
    expression = starts + ".*".join(map(re.escape, parts)) + ends
    return any(re.search(expression, value, re.DOTALL | re.IGNORECASE) for value in values)


def number_passes(test, value) -> bool:
    if value is None or not isinstance(test, Between):
        return value is not None
    value = float(value)
    low = test.low is None or (value > test.low if test.is_open else value >= test.low)
    return low and (test.high is None or (value < test.high if test.is_open else value <= test.high))


def by_word(term, row) -> bool:
    return text_passes(term.test, getattr(row.series, WORDS.get(term.key, term.key)))


def by_number(term, row) -> bool:
    return number_passes(term.test, getattr(row, NUMBERS.get(term.key, term.key)))


def origin(term, row) -> bool:
    if not isinstance(term.test, Equals):
        return True
    if term.test.text == "counted":
        return counts(row.series.tool, row.series.origin)
    return row.series.origin == term.test.text


def tokens(term, row) -> bool:
    known = [count for count in (row.input_tokens, row.output_tokens) if count is not None]
    return number_passes(term.test, sum(known) if known else None)


def error(term, row) -> bool:
    if isinstance(term.test, Equals | Like) and term.test != Equals(""):
        return words_pass(term.test, row.error_message)
    return (row.error_message == "") == (term.test == Equals(""))


def outcome(term, row) -> bool:
    known = (*FAILED, *REFUSED) if term.key == "layer" else tuple(sc.Outcome)
    wanted = OUTCOME_GROUPS.get(term.test.text, [term.test.text]) if isinstance(term.test, Equals) else known
    return row.outcome in [str(each) for each in wanted]


def choice(values, value):
    def passes(term, row):
        return not isinstance(term.test, Equals) or value(row) in values[term.test.text]

    return passes


def digits(name, size):
    def passes(term, row):
        value = getattr(row, name)
        if not isinstance(term.test, Equals):
            return value is not None
        number = getattr(value, "int", value)
        return number is not None and term.test.text == f"{number % (1 << 4 * size):0{size}x}"

    return passes


def attribute(term, row, name=None) -> bool:
    name = name or term.attribute
    if name not in row.attributes:
        return False
    value = row.attributes[name]
    written = value if isinstance(value, str) else json.dumps(value)
    match term.test:
        case Equals(text):
            alike = value if isinstance(value, list) else [value]
            return any(
                each == text if isinstance(each, str) else (json.dumps(each) == text or is_number(each, text))
                for each in alike
            )
        case Like():
            return text_passes(term.test, written)
        case Between():
            return number_passes(term.test, value if type(value) in (int, float) else None)
    return True


def is_number(value, text) -> bool:
    return type(value) in (int, float) and bool(re.fullmatch(r"-?\d+(\.\d+)?", text)) and value == float(text)


FLAGS = {
    "root": lambda row: row.parent_span_id is None,
    "tool": lambda row: row.series.operation == "execute_tool",
    "llm": lambda row: row.series.operation in MODEL_OPERATIONS,
    "agent": lambda row: row.series.operation in sc.AGENT_OPERATIONS,
    "retried": lambda row: row.attempts > 1,
    "cached": lambda row: row.outcome == "from_cache",
    "unpriced": lambda row: (
        row.cost_usd is None and (row.input_tokens is not None or row.output_tokens is not None)
    ),
    "sampled": lambda row: row.weight > 1,
}


def flag(term, row) -> bool:
    wanted = [term.test.text] if isinstance(term.test, Equals) else list(FLAGS)
    return any(FLAGS[word](row) for word in wanted)


TERMS = {
    "kind": choice(SPAN_KINDS, lambda row: row.series.kind),
    "origin": origin,
    "status": choice(STATUSES, lambda row: row.status),
    "name": lambda term, row: text_passes(term.test, row.name),
    "outcome": outcome,
    "layer": outcome,
    "error": error,
    "error_type": lambda term, row: text_passes(term.test, row.error_type),
    "fingerprint": digits("fingerprint", 16),
    "session": lambda term, row: text_passes(term.test, row.session_id, exact=True),
    "call": lambda term, row: text_passes(term.test, row.tool_call_id, exact=True),
    "trace": digits("trace_id", 32),
    "span": digits("span_id", 16),
    "duration": by_number,
    "attempts": by_number,
    "input_tokens": by_number,
    "output_tokens": by_number,
    "cost": by_number,
    "tokens": tokens,
    "cache": lambda term, row: attribute(term, row, sc.CACHE),
    "is": flag,
    "attr": attribute,
    "text": lambda term, row: words_pass(term.test, row.name, row.series.tool, row.error_message),
}
