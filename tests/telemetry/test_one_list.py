"""What others call tokens, costs and models stands in one list (``telemetry.spans.dialects``) and nowhere else."""

import ast
import re
from pathlib import Path

import pytest

from telemetry import semconv as sc
from telemetry.spans.dialects import ALIASES, LANGCHAIN_MODEL, LANGCHAIN_PROVIDER, TOKEN_DETAILS, TOTAL_TOKENS

ROOT = Path(__file__).parents[2]
PACKAGES = ("salesboost", "dashboard", "tools", "telemetry")
# The list, and our own words for what is in it.
LIST = {"telemetry/spans/dialects.py", "telemetry/semconv.py"}
FILES = [
    str(path.relative_to(ROOT))
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if str(path.relative_to(ROOT)) not in LIST
]
OURS = (
    *(sc.INPUT_TOKENS, sc.OUTPUT_TOKENS, sc.CACHE_READ_TOKENS, sc.CACHE_WRITE_TOKENS, sc.REASONING_TOKENS),
    *(sc.COST_USD, sc.BILLED_USD, sc.REQUEST_MODEL, sc.RESPONSE_MODEL, sc.PROVIDER_NAME),
)
NAMES = {
    *(name for ours in OURS for name in (ours, *ALIASES.get(ours, ()))),
    *(name for places in TOKEN_DETAILS.values() for name, _, _ in places),
    *(*TOTAL_TOKENS, LANGCHAIN_MODEL, LANGCHAIN_PROVIDER),
}
# Names of attributes that begin as those of the list do: whoever reads one more has it there.
LIKE = re.compile(
    r"(?:gen_ai|llm|ai|traceloop|mastra)\.(?:usage|cost|token_count|[\w.]*model(?:_name)?)(?:\.[\w.]+)?"
)
EXACT = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, sorted(NAMES, key=len, reverse=True)))})(?![\w.])")


def spelled(source):
    """The names that *source* spells in a text that is no docstring."""
    tree = ast.parse(source)
    said = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    ]
    exact = {found for text in texts for found in EXACT.findall(text)}
    return exact | {text for text in texts if LIKE.fullmatch(text)}


@pytest.mark.parametrize("file", FILES)
def test_no_other_module_spells_a_name_of_tokens_costs_or_models(file):
    assert spelled((ROOT / file).read_text()) == set()


def test_the_list_has_them_all():
    assert len(NAMES) > 60
    assert {"gen_ai.usage.cache_read_tokens", "gen_ai.usage.input_cached_tokens", "ai.usage"} <= NAMES
    assert {name for file in LIST for name in spelled((ROOT / file).read_text())} >= NAMES


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('attributes.get("gen_ai.usage.input_cached_tokens")', {"gen_ai.usage.input_cached_tokens"}),
        ("SQL = f\"SELECT a ->> 'llm.token_count.prompt' FROM {table}\"", {"llm.token_count.prompt"}),
        ('MORE = ("gen_ai.usage.tokens_from_cache",)', {"gen_ai.usage.tokens_from_cache"}),  # a name of its own
        ('told.get("ls_model_name")', {"ls_model_name"}),
        ('def f():\n    """Reads ``gen_ai.usage.cost``."""', set()),
        ("from telemetry import semconv as sc\nname = sc.INPUT_TOKENS", set()),
        ('operation = "gen_ai.operation.name", "gen_ai.usage_of_words"', set()),
    ],
)
def test_a_name_that_is_spelled_elsewhere_is_found(source, found):
    assert spelled(source) == found
