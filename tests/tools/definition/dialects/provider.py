"""What a model would send for given arguments: it only knows the exported schema."""

import json

from jsonschema import Draft202012Validator


def as_json_schema(node):
    """Gemini's Schema as JSON Schema, to see whether a value fits it."""
    if not isinstance(node, dict):
        return node
    made = {key: value for key, value in node.items() if key not in ("nullable", "format")}
    if "type" in made:
        made["type"] = made["type"].lower()
    if "properties" in made:
        made["properties"] = {name: as_json_schema(one) for name, one in made["properties"].items()}
        made["additionalProperties"] = False
    if "items" in made:
        made["items"] = as_json_schema(made["items"])
    if "anyOf" in made:
        made["anyOf"] = [as_json_schema(one) for one in made["anyOf"]]
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") else made


def fits(schema, value, defs):
    return Draft202012Validator({**schema, "$defs": defs}).is_valid(value)


class Provider:
    """Writes arguments as the strict or Gemini schema *root* wants them."""

    def __init__(self, root, renamed):
        self.root = root
        self.defs = root.get("$defs", {})
        self.renamed = renamed  # original property name → exported one

    def send(self, node, value):
        """*value*, written so that it fits *node*. Raises ValueError where there is no way."""
        if "$ref" in node:
            target = self.root if node["$ref"] == "#" else self.defs[node["$ref"].removeprefix("#/$defs/")]
            return self.send(target, value)
        if "anyOf" in node and not (node.get("nullable") and value is None):
            return self._first(node["anyOf"], value)
        kinds = str(node.get("type")).lower()
        if isinstance(value, dict) and "object" in kinds:
            return self._object(node, value)
        if isinstance(value, list) and "array" in kinds:
            value = [self.send(node["items"], item) for item in value]
        elif "JSON text" in node.get("description", "") and not (node.get("nullable") and value is None):
            value = json.dumps(value)
        return self._checked(node, value)

    def _object(self, node, value):
        sent = {self.renamed.get(name, name): one for name, one in value.items()}
        if not sent.keys() <= node["properties"].keys():
            raise ValueError(f"no place for {sent.keys() - node['properties'].keys()}")
        made = {}
        for name, schema in node["properties"].items():
            if sent.get(name) == "" and name not in node.get("required", ()) and 'Default: "".' in str(schema):
                continue  # Gemini has no empty choice: leaving it out means that
            if name in sent:
                made[name] = self.send(schema, sent[name])
            elif name in node.get("required", ()):
                default = schema.get("description", "").partition("Default: ")[2]
                made[name] = self.send(schema, json.JSONDecoder().raw_decode(default)[0]) if default else None
        return self._checked(node, made)

    def _first(self, choices, value):
        for choice in choices:
            try:
                return self.send(choice, value)
            except ValueError:
                continue
        raise ValueError(f"nothing fits {value!r}")

    def _checked(self, node, value):
        schema = as_json_schema(node) if "nullable" in node or str(node.get("type")).isupper() else node
        if not fits(schema, value, self.defs):
            raise ValueError(f"{value!r} does not fit {node}")
        return value
