"""Where suites are, and what stands in a file: YAML, or Python that defines ``SUITE`` or ``SUITES``."""

import runpy
from collections.abc import Hashable, Iterable
from pathlib import Path
from typing import Any

import yaml

from tools.llm.evaluation.errors import BadSuite
from tools.llm.evaluation.fields import kind_of

SHIPPED = Path(__file__).with_name("suites")
TIMESTAMP = "tag:yaml.org,2002:timestamp"
ENDINGS = (".yaml", ".yml", ".py")


class _Loader(yaml.SafeLoader):
    """As JSON has it: a date stays the text that it is, and a key stands once."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag != TIMESTAMP]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key is a list or an object: write a text", key.start_mark
                )
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value!r} stands twice: leave one out", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def found(names: Iterable[str]) -> list[Path]:
    """The files of *names*: those of a folder, one file, or a shipped suite; all that ship where none is named.

    Raises BadSuite.
    """
    wanted = list(names)
    if not wanted:
        return sorted(SHIPPED.glob("*.yaml"))
    return [path for name in wanted for path in _of(name)]


def _of(name: str) -> list[Path]:
    path, shipped = Path(name), SHIPPED / f"{name}.yaml"
    if path.is_dir():
        inside = sorted(one for one in path.iterdir() if one.suffix in ENDINGS)
        if not inside:
            raise BadSuite([f"{name}: the folder has no suite: put files into it that end in .yaml or .py."])
        return inside
    if path.is_file():
        return [path]
    if shipped.is_file():
        return [shipped]
    known = ", ".join(one.stem for one in sorted(SHIPPED.glob("*.yaml")))
    raise BadSuite([f"{name}: there is no such file, and no suite of that name ships: name a file, or {known}."])


def content(path: Path) -> list[Any]:
    """What stands in the file: each a suite still to be read. Raises BadSuite."""
    if path.suffix == ".py":
        return _of_python(path)
    try:
        documents = list(yaml.load_all(path.read_text(encoding="utf-8"), _Loader))
    except (yaml.YAMLError, ValueError, OSError) as error:
        said = " ".join(str(error).split())
        raise BadSuite([f"{path.name}: this cannot be read as YAML: {said}."]) from None
    return [each for each in documents if each is not None] or [None]


def _of_python(path: Path) -> list[Any]:
    try:
        names = runpy.run_path(str(path))
    except (Exception, SystemExit) as error:
        raise BadSuite([f"{path.name}: the file raises {type(error).__name__}: {error}"]) from error
    if "SUITES" in names:
        if not isinstance(names["SUITES"], list | tuple):
            raise BadSuite([f"{path.name}: SUITES is {kind_of(names['SUITES'])}: make it a list of suites."])
        return list(names["SUITES"])
    if "SUITE" in names:
        return [names["SUITE"]]
    raise BadSuite([f"{path.name}: the file defines neither SUITE nor SUITES: give it one."])
