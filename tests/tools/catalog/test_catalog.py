"""What holds for every tool that ships: a model can read its definition, and people's payloads fit it."""

import json
import re
from importlib import import_module

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps
from jsonschema import Draft202012Validator

from tools.definition.policy import Rate
from tools.definition.registry import build_default_registry
from tools.definition.tool import NAME_PATTERN
from tools.errors import ProviderError, ReturnedFailure
from tools.health.probing import Prober
from tools.running.executor import ToolExecutor
from tools.state.memory import MemoryState

REGISTRY = build_default_registry()
TOOLS = list(REGISTRY)
FAMILIES = ["sales", "pricing", "conversation", "knowledge", "compliance", "outreach"]
ROLES = {"knowledge_retriever": {"coach", "rag", "retriever", "session_director"}}
RATES = {"knowledge_retriever": "10/min", "crm_integration": "5/min", "sms_outreach": "20/hour"}
PAYLOADS = [
    ("crm_integration", {"action": "read", "customer_id": "CUST001"}),
    ("crm_integration", {"action": "list", "limit": 5}),
    ("knowledge_retriever", {"query": "How do I handle a price objection?", "top_k": 3}),
    ("sms_outreach", {"phone_number": "+14155550123", "message": "Hello from SalesBoost"}),
    ("competitor_analysis", {"competitor_name": "Dealharbor"}),
    ("competitor_analysis", {}),
    ("profile_reader", {"customer_id": "CUST001"}),
]
every_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)


def fields_of(schema, defs, path=""):
    """Every property in *schema*, nested ones too, with its path."""
    if "$ref" in schema:
        schema = defs[schema["$ref"].removeprefix("#/$defs/")]
    for name, field in schema.get("properties", {}).items():
        yield f"{path}{name}", field
        yield from fields_of(field, defs, f"{path}{name}.")
    for part in [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]:
        yield from fields_of(part, defs, path)


def test_the_eight_tools_are_there():
    assert REGISTRY.names() == [
        "competitor_analysis",
        "compliance_check",
        "crm_integration",
        "knowledge_retriever",
        "price_calculator",
        "profile_reader",
        "sms_outreach",
        "stage_classifier",
    ]


@every_tool
def test_a_name_is_one_that_providers_take(tool):
    assert NAME_PATTERN.fullmatch(tool.name)


@every_tool
def test_a_description_says_enough_and_not_too_much(tool):
    text = tool.schema.description
    first = text.split("\n\n")[0]
    assert 200 <= len(text) <= 3000
    assert 30 <= len(first) <= 300
    assert first.endswith("."), "the first paragraph stands alone where there is room for one sentence only"
    assert "Args:" not in text, "parameters are described where they are"


@every_tool
def test_every_parameter_is_described(tool):
    schema = tool.schema.parameters
    fields = dict(fields_of(schema, schema.get("$defs", {})))
    assert set(schema["properties"]) <= set(fields)
    assert not [path for path, field in fields.items() if not field.get("description")]


@every_tool
def test_a_schema_is_valid_and_closed(tool):
    schema = tool.schema.parameters
    Draft202012Validator.check_schema(schema)
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert set(re.findall(r'"\$ref": "#/\$defs/(\w+)"', json.dumps(schema))) == set(schema.get("$defs", {}))


@every_tool
def test_a_definition_fits_a_prompt(tool):
    assert len(json.dumps(tool.definition())) < 10_000


@every_tool
def test_what_the_executor_fills_is_hidden_from_the_model(tool):
    assert not set(tool.schema.injected) & set(tool.schema.parameters["properties"])


@every_tool
def test_roles_and_rates_are_the_agreed_ones(tool):
    assert tool.policy.roles == ROLES.get(tool.name, {"coach"})
    assert tool.policy.rate == Rate.parse(RATES.get(tool.name, ""))
    assert 0 < tool.policy.timeout_s <= 30


@pytest.mark.parametrize(("name", "payload"), PAYLOADS)
def test_payloads_that_people_send_fit_the_schema(name, payload):
    tool = REGISTRY.get(name)
    Draft202012Validator(tool.schema.parameters).validate(payload)
    assert tool.schema.validate(payload)


@every_tool
def test_examples_in_a_description_fit_the_schema(tool):
    """A model copies them."""
    for text in re.findall(r"\{\"[^\n]*?\}(?=[;.]?(?:\s|$))", tool.schema.description):
        if text.count("{") == text.count("}"):
            tool.schema.validate(json.loads(text))


@pytest.mark.django_db
@pytest.mark.parametrize("family", FAMILIES)
def test_seeding_a_family_twice_is_seeding_it_once(family):
    seed = import_module(f"tools.catalog.{family}.seed").seed
    counts = []
    for _ in range(2):
        seed()
        counts.append(
            {model: model._default_manager.count() for model in apps.get_app_config(family).get_models()}
        )
    assert counts[0] == counts[1]
    assert sum(counts[0].values()) > 0


@pytest.mark.django_db
def test_probes_say_what_is_missing_where_there_is_no_data():
    said = {}
    for tool in TOOLS:
        if tool.probe is not None:
            try:
                said[tool.name] = tool.probe.function()
            except (ReturnedFailure, ProviderError) as error:
                said[tool.name] = error.code
    assert said == {
        "crm_integration": None,
        "price_calculator": "no_price_book",
        "profile_reader": None,
        "sms_outreach": "sms_gateway_not_configured",
        "stage_classifier": "not_trained",
    }


@pytest.mark.django_db(transaction=True)
async def test_all_that_ship_are_probed_and_well_where_their_data_is(no_edits):
    for family in ("sales", "pricing", "conversation", "compliance", "knowledge"):
        await sync_to_async(import_module(f"tools.catalog.{family}.seed").seed)()
    executor = ToolExecutor(state=MemoryState())
    prober = Prober(executor)
    found = {tool.name: await prober.probe(tool) for tool in executor.registry}
    assert {name: probed.error for name, probed in found.items() if not probed.ok} == {
        "sms_outreach": "No SMS gateway is configured: set SMS_GATEWAY_URL, SMS_GATEWAY_ACCOUNT and "
        "SMS_GATEWAY_TOKEN."
    }
    executor.close()
