"""Whole numbers beyond any fraction: JSON has them, and they are the caller's mistake where they do not fit."""

import pytest

from tools import build_default_registry
from tools.definition.schemas.document import DocumentSchema
from tools.errors import InvalidArguments

LARGE = [10**308, 10**309, -(10**309), 10**4_000]
KEYWORDS = [
    {"type": "number"},
    {"type": "integer"},
    {"type": "number", "multipleOf": 0.1},
    {"type": "number", "multipleOf": 7},
    {"type": "integer", "minimum": 1e300},
    {"type": "number", "maximum": 5.5},
    {"type": "number", "exclusiveMinimum": 10**309},
    {"enum": [1, 2.5]},
    {"const": 1.5},
    {"type": "string"},
    {"type": "boolean"},
    {"type": "array", "items": {"type": "number"}, "uniqueItems": True},
]


@pytest.mark.parametrize("number", LARGE, ids=["e308", "e309", "-e309", "e4000"])
@pytest.mark.parametrize("keyword", KEYWORDS, ids=str)
def test_a_document_takes_or_refuses_it(keyword, number):
    schema = DocumentSchema({"type": "object", "properties": {"n": keyword}}, {}, "")
    for sent in (number, [number, 1e308], {"of": number}):
        try:
            assert schema.validate({"n": sent}) == {"n": sent}
        except InvalidArguments as error:
            assert "argument 'n" in str(error)


@pytest.mark.parametrize("number", LARGE, ids=["e308", "e309", "-e309", "e4000"])
@pytest.mark.parametrize(
    ("tool", "payload"),
    [("crm_integration", {"action": "list", "limit": 0}), ("knowledge_retriever", {"query": "price", "top_k": 0})],
)
def test_a_signature_refuses_what_is_out_of_its_range(tool, payload, number):
    schema = build_default_registry().get(tool).schema
    name = list(payload)[-1]
    with pytest.raises(InvalidArguments, match=f"argument '{name}'"):
        schema.validate({**payload, name: number})
    assert schema.validate({**payload, name: 7})[name] == 7
