"""docs/search.md has the table of keys that the code has."""

from pathlib import Path

from telemetry.search import KEYS

PAGE = Path(__file__).parents[3] / "docs" / "search.md"


def line(key):
    aliases = ", ".join(f"`{alias}`" for alias in key.aliases)
    words = (
        ", ".join(f"`{word}`" for word in key.kind.words) if key.kind.says == "one of its words" else key.kind.says
    )
    name = "attr.name" if key.name == "attr" else key.name
    return f"| `{name}` | {aliases} | {words} | {key.help} |"


def test_the_table_of_keys_is_that_of_the_code():
    table = PAGE.read_text().split("## The keys")[1].split("\n\n")[1].splitlines()
    assert table[2:] == [line(key) for key in KEYS]
