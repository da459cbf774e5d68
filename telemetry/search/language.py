"""From a text to its tree, and back: the grammar of the search language. Plain Python."""

import re
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput

from telemetry.search import tree
from telemetry.search.errors import SearchError
from telemetry.search.keys import BY_NAME, Key
from telemetry.search.kinds import Kind, Number, did_you_mean, nearest
from telemetry.search.mistakes import explained
from telemetry.search.tree import Between, Equals, Like, Node, Term

MAX_CHARS = 2_000
MAX_TERMS = 64
ATTRIBUTE_CHARS = 256
# A key is one token with its operator, so that a bare word is never mistaken for one.
GRAMMAR = r"""
?start: any
?any: all | all (OR all)+                        -> any_of
?all: part | part (AND? part)+                   -> all_of
?part: term | (NOT | MINUS) part                 -> negation
?term: "(" any ")" | (WORD | QUOTED)             -> bare
     | KEY value                                 -> keyed
     | KEY "(" anyvalue ")"                      -> keyed_values
value: WORD | QUOTED
?anyvalue: allvalue | allvalue (OR allvalue)+    -> any_of
?allvalue: partvalue | partvalue (AND? partvalue)+ -> all_of
?partvalue: value | "(" anyvalue ")" | (NOT | MINUS) partvalue               -> negation

KEY.3: /[A-Za-z_][^\s()"<>=:!]*(:>=|:<=|:>|:<|:=|:|!=|>=|<=|=|>|<)/
OR.2: /or(?![^\s()"])/i
AND.2: /and(?![^\s()"])/i
NOT.2: /not(?![^\s()"])/i
MINUS.2: /-(?=[^\s)])/
QUOTED.2: /"(?:[^"\\]|\\.)*"/s
WORD: /(?!(?:or|and|not)(?![^\s()"]))[^\s()"]+/i
%ignore /\s+/
"""
_KEY = re.compile(r"(?P<name>.*?)(?P<operator>:>=|:<=|:>|:<|:=|:|!=|>=|<=|=|>|<)", re.DOTALL)
_RANGE = re.compile(r"[-+.\de]+\.\.[-+.\de]+")
# What compares numbers also compares those of attributes, which have no unit.
_ATTRIBUTE_NUMBER = Number("a number", {"": 1.0}, {})


def tree_of(text: str) -> Node:
    """The tree of *text*; of an empty one, everything. Raises SearchError."""
    if len(text) > MAX_CHARS:
        raise SearchError(f"A query has at most {MAX_CHARS:,} characters.", MAX_CHARS, len(text) - MAX_CHARS)
    if not text.strip():
        return tree.EVERYTHING
    try:
        node: Node = _PARSER.parse(text)  # type: ignore[assignment]  # lark says Tree; ours is what _Reader makes
    except UnexpectedInput as error:
        raise explained(error, text) from None
    found = list(tree.terms(node))
    if len(found) > MAX_TERMS:
        raise SearchError(f"A query has at most {MAX_TERMS} terms.", found[MAX_TERMS].position, 1)
    return node


def text_of(node: Node) -> str:
    """*node* as a text that parses to the same."""
    return tree.written(node, _term_text)


class _Reader(Transformer[Token, Node]):
    """Makes nodes while lark parses, so that no depth of brackets is a depth of calls."""

    def any_of(self, items: list[Any]) -> Node:
        return tree.any_of(*_nodes(items))

    def all_of(self, items: list[Any]) -> Node:
        return tree.all_of(*_nodes(items))

    def negation(self, items: list[Any]) -> Node:
        return tree.negation(items[-1])

    def value(self, items: list[Any]) -> Term:
        """A value whose key is not known yet: Equals where it was quoted, Like where not."""
        (token,) = items
        test = Equals(_unquoted(token)) if token.type == "QUOTED" else Like(str(token))
        return Term("", test, "", _start(token), len(token))

    def bare(self, items: list[Any]) -> Node:
        return _read(BY_NAME["text"], "", ":", self.value(items))

    def keyed(self, items: list[Any]) -> Node:
        token, value = items
        if value.position > token.end_pos:
            raise SearchError(f"{token} needs a value, without a space before it.", _start(token), len(token))
        return self.keyed_values(items)

    def keyed_values(self, items: list[Any]) -> Node:
        token, values = items
        key, attribute, operator = _key(token)
        node = tree.replaced(values, lambda raw: _read(key, attribute, operator, raw))
        return tree.negation(node) if operator == "!=" else node


_PARSER = Lark(GRAMMAR, parser="lalr", transformer=_Reader())


def _key(token: Token) -> tuple[Key, str, str]:
    """The key, the attribute where it is one, and the operator of a *token* like ``attr.customer:>``."""
    found = _KEY.fullmatch(token)
    name, operator = found.groups() if found else (str(token), ":")
    start, dot, attribute = name.partition(".")
    key = BY_NAME.get(name.lower())
    if key is None and dot and (key := BY_NAME.get(start.lower())) is BY_NAME["attr"]:
        _check_attribute(attribute, token)
        return BY_NAME["attr"], attribute, operator
    if key is None or key is BY_NAME["attr"]:
        raise _unknown(name, token)
    return key, "", operator


def _check_attribute(attribute: str, token: Token) -> None:
    if not attribute or len(attribute) > ATTRIBUTE_CHARS or "\0" in attribute:
        message = (
            f"attr. needs the name of an attribute, of at most {ATTRIBUTE_CHARS} characters: attr.customer:a."
        )
        raise SearchError(message, _start(token), len(token))


def _unknown(name: str, token: Token) -> SearchError:
    if name.lower() in ("attr", *BY_NAME["attr"].aliases):
        message = "attr needs the name of an attribute: attr.customer_id:CUST001."
        return SearchError(message, _start(token), len(name), "attr.")
    suggestion = nearest(name.lower(), list(BY_NAME))
    message = f'There is no key "{name}".{did_you_mean(suggestion)} Text with a colon in it needs quotes.'
    return SearchError(message, _start(token), len(name), suggestion)


def _read(key: Key, attribute: str, operator: str, raw: Term) -> Term:
    """The term of *key* with the value that *raw* holds."""
    is_quoted, text = isinstance(raw.test, Equals), tree.text_of(raw.test)
    try:
        compares = operator.strip(":!=") or (not is_quoted and _RANGE.fullmatch(text))
        kind = _ATTRIBUTE_NUMBER if attribute and compares else key.kind
        test = kind.read(operator, text, is_quoted)
    except SearchError as error:
        message = f"{key.name}: {error.message}"
        raise SearchError(message, raw.position, raw.length, error.suggestion) from None
    return Term(key.name, test, attribute, raw.position, raw.length)


def _term_text(term: Term) -> str:
    if term.attribute:
        kind: Kind = _ATTRIBUTE_NUMBER if isinstance(term.test, Between) else BY_NAME["attr"].kind
        return f"attr.{term.attribute}{kind.write(term.test)}"
    return f"{term.key}{BY_NAME[term.key].kind.write(term.test)}"


def _start(token: Token) -> int:
    return token.start_pos or 0


def _nodes(items: list[Any]) -> list[Node]:
    return [item for item in items if not isinstance(item, Token)]


def _unquoted(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1], flags=re.DOTALL)
