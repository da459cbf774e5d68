"""What a case of the corpus is, and the places where a secret may stand."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Case(NamedTuple):
    """The attribute *key* with a *value*; *gone* must go from it, *stays* must stay. Innocents have no *gone*."""

    name: str
    key: str
    value: Any
    gone: tuple[str, ...] = ()
    stays: tuple[str, ...] = ()


Place = Callable[[str], tuple[str, Any, str]]

# A secret that is known by its shape, at some place: the key, the value, and what has to stay of it.
SHAPED_PLACES: Mapping[str, Place] = {
    "free text": lambda s: ("note", f"The call with {s} was refused by the server", "was refused"),
    "JSON value": lambda s: ("", json.dumps({"note": s, "count": 3}), '"count": 3'),
    "attribute": lambda s: ("note", s, ""),
    "URL": lambda s: ("", f"GET https://api.example.com/v1/items?q={s}&page=2 failed", "api.example.com"),
    "list": lambda s: ("items", ["first", s], "first"),
    "environment": lambda s: ("", f"export SETTING={s}\nexport OTHER=1", "OTHER=1"),
    "mapping key": lambda s: ("uses", {s: 3, "other": 4}, "other"),
    "command line": lambda s: ("", f"deploy --input {s} --verbose", "--verbose"),
    "header line": lambda s: ("", f"POST /v1 HTTP/1.1\r\nX-Custom: {s}\r\nAccept: */*", "Accept"),
    "JSON in JSON": lambda s: ("", json.dumps({"body": json.dumps({"note": s, "count": 3})}), "count"),
    "pairs": lambda s: ("items", [{"name": "note", "value": s}, {"name": "city", "value": "Rome"}], "Rome"),
    "end of a sentence": lambda s: ("", f"Use this one: {s}.", "Use this one"),
    "quoted": lambda s: ("", f"connect('db', '{s}', retries=3)", "retries=3"),
}

# The value of a key that names a secret, at some place, given that key.
KEYED_PLACES: Mapping[str, Callable[[str, str], tuple[str, Any, str]]] = {
    "attribute": lambda k, s: (k, s, ""),
    "mapping": lambda k, s: ("user", {"city": "Rome", k: s}, "Rome"),
    "JSON": lambda k, s: ("", json.dumps({"city": "Rome", k: s, "count": 3}), '"count": 3'),
    "Python": lambda k, s: ("", repr({"city": "Rome", k: s, "count": 3}), "'count': 3"),
    "JSON in JSON": lambda k, s: ("", json.dumps({"body": json.dumps({k: s, "count": 3})}), "count"),
    "name and value": lambda k, s: ("", [{"name": k, "value": s}, {"name": "city", "value": "Rome"}], "Rome"),
    "name and value as text": lambda k, s: (
        "",
        json.dumps([{"name": k, "value": s}, {"name": "city", "value": "Rome"}]),
        "Rome",
    ),
    "key and value as text": lambda k, s: ("", json.dumps({"attributes": [{"value": s, "key": k}]}), "attributes"),
    "environment": lambda k, s: ("", f"HOME=/root {k.upper()}={s} LANG=C", "LANG=C"),
    "quoted assignment": lambda k, s: ("", f"client = Client({k}='{s}', retries=3)", "retries=3"),
    "URL": lambda k, s: ("", f"Client error '401' for url 'https://api.example.com/v1?page=2&{k}={s}'", "page=2"),
    "command line": lambda k, s: ("", f"deploy --{k} {s} --verbose", "--verbose"),
    "cut off": lambda k, s: ("", f'{{"city": "Rome", "{k}": "{s}', "Rome"),
    "YAML": lambda k, s: ("", f"city: Rome\n{k}: {s}\ncount: 3", "count: 3"),
    "list of values": lambda k, s: ("", {k: [s, s], "count": 3}, "3"),
}
