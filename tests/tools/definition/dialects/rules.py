"""The providers' published rules, written apart from the code that keeps them: what each would refuse."""

import re

FORMATS_OF_OPENAI = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
STRICT = {
    "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "$ref", "$defs",
    "description", "pattern", "format", "multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "minItems", "maxItems",
}  # fmt: skip
GEMINI = {
    "type", "format", "title", "description", "nullable", "enum", "maxItems", "minItems", "properties", "required",
    "minProperties", "maxProperties", "minLength", "maxLength", "pattern", "example", "anyOf", "propertyOrdering",
    "default", "items", "minimum", "maximum",
}  # fmt: skip


def nodes(schema):
    """*schema* and all inside, without mistaking property names for keywords."""
    yield schema
    if not isinstance(schema, dict):
        return
    inner = [*schema.get("anyOf", []), *schema.get("prefixItems", [])]
    inner += [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    inner += [schema[key] for key in ("items", "additionalProperties") if isinstance(schema.get(key), dict)]
    for one in inner:
        yield from nodes(one)


def refused_by_openai(tool):
    function = tool["function"]
    if not re.fullmatch("[a-zA-Z0-9_-]{1,64}", function["name"]):
        yield f"name {function['name']}"
    root = function["parameters"]
    if root.get("type") != "object" or "properties" not in root:
        yield "the root is no object"
    if {"anyOf", "oneOf", "allOf", "enum", "not"} & root.keys():
        yield "a choice at the root"
    if function["strict"]:
        for node in nodes(root):
            yield from _refused_by_strict(node, root)


def _refused_by_strict(node, root):
    if not isinstance(node, dict):
        yield f"{node!r} is no schema"
        return
    kinds = [node["type"]] if isinstance(node.get("type"), str) else node.get("type", [])
    pointer = node.get("$ref", "#")
    is_object = "object" in kinds
    checks = {
        f"{node.keys() - STRICT} is not permitted": node.keys() <= STRICT,
        "$ref cannot have keywords": "$ref" not in node or len(node) == 1,
        f"{pointer} leads nowhere": pointer == "#" or pointer.removeprefix("#/$defs/") in root.get("$defs", {}),
        "a schema must have a type": kinds or "anyOf" in node or "$ref" in node,
        "additionalProperties must be false": not is_object or node.get("additionalProperties") is False,
        "required must hold every property": not is_object
        or sorted(node.get("required", [])) == sorted(node.get("properties", {})),
        "an array must have items": "array" not in kinds or isinstance(node.get("items"), dict),
        f"format {node.get('format')}": node.get("format", "date") in FORMATS_OF_OPENAI,
    }
    yield from (fault for fault, kept in checks.items() if not kept)


def refused_by_anthropic(tool):
    if not re.fullmatch("[a-zA-Z0-9_-]{1,64}", tool["name"]):
        yield f"name {tool['name']}"
    root = tool["input_schema"]
    if root.get("type") != "object":
        yield "the root is no object"
    if {"oneOf", "allOf", "anyOf"} & root.keys():
        yield "a choice at the top level"
    for name in root.get("properties", {}):
        if not re.fullmatch("[a-zA-Z0-9_.-]{1,64}", name):
            yield f"property {name}"


def refused_by_gemini(tool):
    if not re.fullmatch("[a-zA-Z_][a-zA-Z0-9_-]{0,63}", tool["name"]):
        yield f"name {tool['name']}"
    if "parameters" in tool:
        for node in nodes(tool["parameters"]):
            yield from _refused_by_schema(node)


def _refused_by_schema(node):
    if not isinstance(node, dict):
        yield f"{node!r} is no schema"
        return
    kind, properties = node.get("type"), node.get("properties", {})
    choices = node.get("enum", [])
    checks = {
        f"unknown names {node.keys() - GEMINI}": node.keys() <= GEMINI,
        f"type {kind}": kind in ("STRING", "INTEGER", "NUMBER", "BOOLEAN", "ARRAY", "OBJECT") or "anyOf" in node,
        "enum: only allowed for STRING": not choices or kind == "STRING",
        "enum: cannot be empty": all(isinstance(one, str) and one for one in choices),
        "items: missing field": kind != "ARRAY" or "items" in node,
        "properties: should be non-empty for OBJECT": kind != "OBJECT" or properties,
        "required names an unknown property": set(node.get("required", [])) <= properties.keys(),
        "format": kind != "STRING" or node.get("format", "enum") in ("enum", "date-time"),
        "property": all(re.fullmatch("[a-zA-Z_][a-zA-Z0-9_]{0,63}", name) for name in properties),
    }
    yield from (fault for fault, kept in checks.items() if not kept)


def refused_by_mcp(tool):
    if not re.fullmatch("[a-zA-Z0-9_./-]{1,64}", tool["name"]):
        yield f"name {tool['name']}"
    if tool["inputSchema"].get("type") != "object":
        yield "inputSchema is no object"
    if tool.get("outputSchema", {"type": "object"}).get("type") != "object":
        yield "outputSchema is no object"


REFUSED = {
    "openai": refused_by_openai,
    "anthropic": refused_by_anthropic,
    "gemini": refused_by_gemini,
    "mcp": refused_by_mcp,
}


def name_of(dialect, tool):
    return tool["function"]["name"] if dialect == "openai" else tool["name"]
