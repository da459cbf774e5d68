"""Queries for property tests: trees of every key, and texts that look like queries."""

from hypothesis import strategies as st

from telemetry.search import KEYS, tree
from telemetry.search.keys import TIMES
from telemetry.search.kinds import Choice, Hex, Number
from telemetry.search.tree import Between, Equals, Like, Present, Term

ATTRIBUTES = ("customer_id", "retries", "flag", "http.route")
# Few letters, so that what is asked for is often there.
TEXTS = st.text("ab Z_-.\"\\%*'(", max_size=6)
PATTERNS = st.from_regex(r"[ab<>%_.]{0,2}\*[ab_.]{0,2}", fullmatch=True).filter(lambda text: text.strip("*"))
NUMBERS = st.one_of(st.integers(0, 5), st.integers(0, 5000), st.floats(0, 9, allow_subnormal=False)).map(float)
BETWEENS = st.one_of(
    st.builds(Between, NUMBERS, st.none(), st.booleans()),
    st.builds(Between, st.none(), NUMBERS, st.booleans()),
    st.tuples(NUMBERS, NUMBERS).map(sorted).map(lambda pair: Between(*pair)),
)
TEXT_TESTS = st.one_of(st.builds(Equals, TEXTS), st.builds(Like, PATTERNS), st.just(Present()))


def tests_of(key):
    match key.kind:
        case Number():
            return st.one_of(BETWEENS, st.just(Present()))
        case Choice(words):
            return st.one_of(st.sampled_from(sorted(words)).map(Equals), st.just(Present()))
        case Hex(digits):
            return st.one_of(
                st.text("0123456789abcdef", min_size=digits, max_size=digits).map(Equals), st.just(Present())
            )
    return TEXT_TESTS


def terms_of(key):
    if key.name == "attr":
        tests = st.one_of(TEXT_TESTS, BETWEENS)
        return st.builds(Term, st.just("attr"), tests, st.sampled_from(ATTRIBUTES))
    return st.builds(Term, st.just(key.name), tests_of(key))


TERMS = st.sampled_from([key for key in KEYS if key.name not in TIMES]).flatmap(terms_of)
NODES = st.recursive(
    TERMS,
    lambda nodes: st.one_of(
        st.lists(nodes, min_size=2, max_size=4).map(lambda parts: tree.all_of(*parts)),
        st.lists(nodes, min_size=2, max_size=4).map(lambda parts: tree.any_of(*parts)),
        nodes.map(tree.negation),
    ),
    max_leaves=8,
)
PIECES = st.sampled_from(
    [
        *(f"{key.name}:" for key in KEYS),
        "attr.x",
        "or",
        "not",
        "AND",
        "(",
        ")",
        '"',
        "-",
        ":>",
        "..",
        "*",
        "\\",
        "\0",
    ]
)
TEXTS_LIKE_QUERIES = st.lists(st.one_of(PIECES, st.text(max_size=5), st.just(" ")), max_size=20).map("".join)
