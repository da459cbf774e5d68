"""The JSON-Schema-Test-Suite: a tool takes what its schema takes, but for coercions and what is refused at all."""

import gzip
import json
import re
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from tools.definition.schemas.document import DocumentSchema, read_document
from tools.definition.schemas.keywords import rebuilt
from tools.errors import InvalidArguments

SUITE = json.loads(gzip.decompress((Path(__file__).parent / "suite" / "suite.json.gz").read_bytes()))
PAGE = (Path(__file__).parents[4] / "docs" / "schemas.md").read_text()
VALIDATORS = {"draft7": Draft7Validator, "draft2020-12": Draft202012Validator}
IN_DRAFT_7 = {"$schema": "http://json-schema.org/draft-07/schema#"}
# Why a schema of the suite is refused when the tool is made, by what the fault says. The page has the reasons.
REFUSED = {
    "leads outside": r"\$ref '.*' leads outside of the schema",
    "nested `$id`": r"a nested \$id is not supported|\$ref '#/definitions/inner' leads nowhere",
    "`$dynamicRef`": r"\$dynamicRef is not supported",
    "`unevaluatedProperties`": r"unevaluatedProperties beside patternProperties is not supported",
    "no object": r"must be a JSON Schema as a dict, not bool",
    "vocabulary": r"\$schema '.*' is not supported: use draft 2020-12 or 7",
}
# In 2020-12 a format is a remark unless somebody asks for more; ours are checked in both drafts.
REMARKS = "is only an annotation by default"
COERCED = re.compile(r"(?s)value.*: (text decoded as JSON|an? \w+ read as an? \w+|null taken as not given)")


def beside(node):
    """*node*, whose root moves into the definitions."""
    made = rebuilt(node, lambda child, step: beside(child)) if isinstance(node, dict) else node
    return {**made, "$ref": "#/$defs/the root"} if isinstance(made, dict) and made.get("$ref") == "#" else made


def as_argument(canonical):
    """The schema of a tool with one argument, ``value``, that *canonical* describes."""
    definitions = {**canonical.get("$defs", {}), "the root": {k: v for k, v in canonical.items() if k != "$defs"}}
    return {
        "type": "object",
        "properties": {"value": {"$ref": "#/$defs/the root"}},
        "required": ["value"],
        "$defs": {name: beside(one) for name, one in definitions.items()},
    }


def outcome(schema, group, test, draft):
    """How one test of the suite ends: agrees, coerced, remark or what is wrong."""
    try:
        read, repairs = schema.read({"value": test["data"]})
    except InvalidArguments as error:
        if not test["valid"]:
            return "agrees"
        return "remark" if REMARKS in test["description"] else f"{test['description']}: refused, {error}"
    if test["valid"]:
        same = not repairs and read == {"value": test["data"]}
        return "agrees" if same else f"{test['description']}: changed to {read}"
    fits = VALIDATORS[draft](group["schema"]).is_valid(read["value"])
    if repairs and fits and all(COERCED.fullmatch(repair) for repair in repairs):
        return "coerced"
    return f"{test['description']}: taken as {read}, {repairs}"


@cache
def outcomes(path):
    """The outcome of each test of a file; for a schema that is refused its reason."""
    draft = path.split("/")[0]
    found = []
    for group in SUITE[path]:
        given = group["schema"]
        if draft == "draft7" and isinstance(given, dict):
            given = {**IN_DRAFT_7, **given}
        document, faults = read_document(given, "parameters")
        if faults:
            reasons = [name for name, said in REFUSED.items() if re.search(said, faults[0])]
            found += [f"refused: {(reasons or faults)[0]}"] * len(group["tests"])
        else:
            schema = DocumentSchema(as_argument(document), {}, "d")
            found += [outcome(schema, group, test, draft) for test in group["tests"]]
    return found


@pytest.mark.parametrize("path", SUITE)
def test_the_suite_agrees_but_for_what_the_page_says(path):
    known = {"agrees", "coerced", "remark", *(f"refused: {name}" for name in REFUSED)}
    assert [each for each in outcomes(path) if each not in known] == []


def test_the_page_counts_the_suite_and_every_reason():
    every = [each for path in SUITE for each in outcomes(path)]
    of = {name: every.count(f"refused: {name}") for name in REFUSED}
    assert f"{every.count('agrees'):,} of {len(every):,} tests" in PAGE
    assert f"| coercion | {every.count('coerced')} |" in PAGE
    assert f"| `format` | {every.count('remark')} |" in PAGE
    for name, count in of.items():
        assert count and f"| {name} | {count} |" in PAGE
