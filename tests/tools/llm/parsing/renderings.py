"""Each shape as a function from a call to the text that a model would write, and arguments to put into them."""
# ruff: noqa: E501 — its table is read by its lines

import json

from hypothesis import strategies as st

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True).filter(lambda name: name != "print")
KEYS = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
TRICKY = st.sampled_from(
    ["it's", 'say "hi"', "a, b", "{", "}]}", "</tool_call>", "```", "\\", "\\n", "# no", "// no", "[f(x=1)]", "<think>",
     "</think>", '{"name": "g", "arguments": {}}', "Action: g\nAction Input: {}", "True", "5", "", "\n", "<tool_call>"]
)  # fmt: skip
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | TRICKY
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS | TRICKY, inner, max_size=3),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(KEYS, VALUES, max_size=4)


def known(name, arguments):
    """The one tool that there is, with the schema of its parameters."""
    types = {key: {"type": "string"} if isinstance(value, str) else {} for key, value in arguments.items()}
    return {name: {"type": "object", "properties": types}}


def python(name, arguments):
    return f"{name}({', '.join(f'{key}={value!r}' for key, value in arguments.items())})"


def plain(name, arguments, key="arguments"):
    return json.dumps({"name": name, key: arguments})


def xml(name, arguments, opening, closing):
    written = {key: value if isinstance(value, str) else json.dumps(value) for key, value in arguments.items()}
    parameters = "".join(opening % key + f"\n{value}\n{closing}\n" for key, value in written.items())
    return parameters


PAIR = "<arg_key>%s</arg_key>\n<arg_value>"
OPENAI = {"id": "a", "type": "function"}
SHAPES = {
    "json": plain,
    "json, unicode": lambda n, a: json.dumps({"name": n, "arguments": a}, ensure_ascii=False),
    "json, indented": lambda n, a: json.dumps({"name": n, "arguments": a}, indent=2),
    "json, parameters": lambda n, a: plain(n, a, "parameters"),
    "json in a fence": lambda n, a: f"```json\n{plain(n, a)}\n```",
    "json list": lambda n, a: f"[{plain(n, a)}]",
    "arguments as text": lambda n, a: plain(n, json.dumps(a)),
    "arguments encoded twice": lambda n, a: plain(n, json.dumps(json.dumps(a))),
    "python object": lambda n, a: repr({"name": n, "arguments": a}),
    "hermes": lambda n, a: f"<tool_call>\n{plain(n, a)}\n</tool_call>",
    "mistral": lambda n, a: f"[TOOL_CALLS] [{plain(n, a)}]",
    "mistral with names": lambda n, a: f"[TOOL_CALLS]{n}[ARGS]{json.dumps(a)}",
    "python_tag": lambda n, a: f"<|python_tag|>{plain(n, a, 'parameters')}",
    "function tag": lambda n, a: f"<function={n}>{json.dumps(a)}</function>",
    "half tag": lambda n, a: f"{n}{json.dumps(a)}</function>",
    "pythonic": lambda n, a: f"[{python(n, a)}]",
    "pythonic in a tag": lambda n, a: f"<tool_call>{python(n, a)}</tool_call>",
    "react": lambda n, a: f"Thought: so\nAction: {n}\nAction Input: {json.dumps(a)}",
    "react with an object": lambda n, a: f"Action:\n```\n{json.dumps({'action': n, 'action_input': a})}\n```",
    "deepseek": lambda n, a: f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>{n}\n```json\n{json.dumps(a)}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    "kimi": lambda n, a: f"<|tool_call_begin|>functions.{n}:0<|tool_call_argument_begin|>{json.dumps(a)}<|tool_call_end|>",
    "harmony": lambda n, a: f"<|channel|>commentary to=functions.{n} <|constrain|>json<|message|>{json.dumps(a)}<|call|>",
    "openai": lambda n, a: json.dumps({"tool_calls": [{**OPENAI, "function": {"name": n, "arguments": json.dumps(a)}}]}),
    "function_call": lambda n, a: json.dumps({"function_call": {"name": n, "arguments": json.dumps(a)}}),
    "anthropic": lambda n, a: json.dumps({"type": "tool_use", "id": "t", "name": n, "input": a}),
    "gemini": lambda n, a: json.dumps({"functionCall": {"name": n, "args": a}}),
    "parallel": lambda n, a: plain("multi_tool_use.parallel", {"tool_uses": [{"recipient_name": f"functions.{n}", "parameters": a}]}),
}  # fmt: skip
# Their values are text without marks around it, so what looks like a tag inside cannot be told from one.
XML_SHAPES = {
    "qwen xml": lambda n, a: f"<tool_call>\n<function={n}>\n{xml(n, a, '<parameter=%s>', '</parameter>')}</function>\n</tool_call>",
    "anthropic xml": lambda n, a: f'<invoke name="{n}">\n' + xml(n, a, '<parameter name="%s">', "</parameter>") + "</invoke>",
    "glm": lambda n, a: f"<tool_call>{n}\n{xml(n, a, PAIR, '</arg_value>')}</tool_call>",
}  # fmt: skip
THOUGHTS = [
    ("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<THINK>", "</THINK>"), ("<reasoning>", "</reasoning>"),
    ("<think>", ""), ("", "</think>"), ("[THINK]", "[/THINK]"), ("◁think▷", "◁/think▷"),
    ("<|channel|>analysis<|message|>", "<|end|>"), ("<tool_response>", "</tool_response>"),
    ("<function_results>", "</function_results>"), ("Observation: ", ""),
]  # fmt: skip
