"""From what stands in a file to a suite, with a sentence for each mistake."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.definition.registry import ToolRegistry
from tools.llm.evaluation import matching
from tools.llm.evaluation.errors import BadSuite
from tools.llm.evaluation.fields import (
    BOUNDS,
    CASE,
    CASE_CHARS,
    EXPECTED,
    SUITE,
    SUITE_CHARS,
    Reader,
    fault_of_name,
    fault_of_text,
)
from tools.llm.evaluation.files import content, found
from tools.llm.evaluation.said import conversation
from tools.llm.evaluation.suite import Bounds, Case, Expected, Suite


def suites(names: Iterable[str], registry: ToolRegistry) -> list[Suite]:
    """The suites of *names*, files or such as ship. Raises BadSuite with all that is wrong in any of them."""
    read, faults = [], []
    for path in found(names):
        try:
            read += [suite(each, path, registry) for each in content(path)]
        except BadSuite as error:
            faults += error.faults
        except RecursionError:
            faults.append(f"{path.name}: something in it holds itself, or is nested too deep: make it flat.")
    known: set[str] = set()
    for one in read:
        if one.name in known:
            faults.append(f"{one.name}: there are two suites of this name: rename one of them.")
        known.add(one.name)
    if faults:
        raise BadSuite(faults)
    return read


def suite(raw: Any, path: Path, registry: ToolRegistry) -> Suite:
    """The suite that *raw* is. Raises BadSuite."""
    reader = Reader(path.name)
    made = SuiteReader(reader, registry).read(raw)
    if reader.faults or made is None:
        raise BadSuite(reader.faults)
    return made


class SuiteReader:
    """Reads one suite; what is wrong goes to *reader*."""

    def __init__(self, reader: Reader, registry: ToolRegistry) -> None:
        self._reader, self._registry = reader, registry

    def read(self, raw: Any) -> Suite | None:
        fields = self._reader.fields(raw, SUITE)
        if not fields.get("suite"):
            self._reader.wrong("suite", "the suite has no name: write one")
        elif fault := fault_of_name(fields["suite"], SUITE_CHARS):
            self._reader.wrong("suite", fault)
        for field in ("prompt", "role"):
            if fault := fault_of_text(fields.get(field, "")):
                self._reader.wrong(field, f"the text {fault}")
        if fields.get("prompt") and fields.get("system"):
            self._reader.wrong("prompt", "the suite has a prompt and a system text: leave one out")
        if not fields.get("cases"):
            self._reader.wrong("cases", "the suite has no cases: write one or more")
        cases = [self._case(each, fields, number) for number, each in enumerate(fields.get("cases") or (), 1)]
        if self._reader.faults:
            return None
        return Suite(
            name=fields["suite"],
            about=fields.get("about", ""),
            prompt=fields.get("prompt", ""),
            system=fields.get("system", ""),
            role=fields.get("role", "coach"),
            cases=tuple(cases),
        )

    def _case(self, raw: Any, around: Mapping[str, Any], number: int) -> Case:
        """A case; what it does not say itself, the suite *around* it says."""
        with self._reader.within(f"case {number}"):
            own = self._reader.fields(raw, CASE)
        name = own.get("name") or ""
        with self._reader.within(f"case {name or number!r}"):
            if not name:
                self._reader.wrong("name", "the case has no name: write one")
            elif [each.get("name") for each in around["cases"] if isinstance(each, Mapping)].count(name) > 1:
                self._reader.wrong("name", "another case has this name: rename one of them")
            elif fault := fault_of_name(name, CASE_CHARS):
                self._reader.wrong("name", fault)
            case = self._made(name, own, around)
            try:
                case.digest()
            except (TypeError, ValueError) as error:
                self._reader.add(f"this cannot be written as JSON, by which the case is known again: {error}.")
            return case

    def _made(self, name: str, own: Mapping[str, Any], around: Mapping[str, Any]) -> Case:
        offered = tuple(own.get("tools", around.get("tools", ())))
        expected = tuple(self._expected(each, offered) for each in own.get("expect", ()))
        forbidden = tuple(own.get("forbid", ()))
        results = {**around.get("results", {}), **own.get("results", {})}
        self._check_tools("tools", offered)
        self._check_tools("results", results)
        if own.get("no_call") and expected:
            self._reader.wrong("no_call", "the case expects calls and none: leave one out")
        if not (own.get("no_call") or expected or forbidden or own.get("answer")):
            self._reader.wrong("expect", "the case expects nothing: write a call, no_call, forbid or an answer")
        if own.get("order", "free") not in ("free", "given"):
            self._reader.wrong("order", "the order is free or given: write one of the two")
        if not matching.is_pattern(own.get("answer", "")):
            self._reader.wrong("answer", "this is no regular expression: correct it")
        return Case(
            name=name,
            said=conversation(own, self._reader),
            tools=offered,
            expected=expected,
            no_call=own.get("no_call", False),
            forbidden=forbidden,
            in_order=own.get("order") == "given",
            more_calls=own.get("more_calls", False),
            answer=own.get("answer", ""),
            results=results,
            variables={**around.get("variables", {}), **own.get("variables", {})},
            bounds=self._bounds({**around.get("bounds", {}), **own.get("bounds", {})}),
            tags=frozenset(own.get("tags", ())),
        )

    def _bounds(self, raw: Any) -> Bounds:
        with self._reader.within("bounds"):
            fields = self._reader.fields(raw, BOUNDS)
            for name, value in fields.items():
                if not 0 < value < float("inf"):
                    self._reader.wrong(name, "a bound is a number above 0: write one, or leave it out")
        return Bounds(**fields)

    def _expected(self, raw: Any, offered: Sequence[str]) -> Expected:
        with self._reader.within("expect"):
            fields = self._reader.fields(raw, EXPECTED)
            name, arguments = fields.get("tool", ""), fields.get("arguments", {})
            if not name:
                self._reader.wrong("tool", "the call names no tool: write which is expected")
            elif name not in offered:
                self._reader.wrong("tool", f"{name!r} is not offered: add it to the tools of the case")
            self._check_arguments(name, arguments)
        return Expected(
            tool=name,
            arguments=arguments,
            exact=fields.get("exact", False),
            optional=fields.get("optional", False),
            or_else=tuple(self._expected(each, offered) for each in fields.get("or", ())),
        )

    def _check_arguments(self, tool: str, arguments: Mapping[str, Any]) -> None:
        if tool in self._registry:
            known = self._registry.get(tool).schema.parameters.get("properties", {})
            for name in arguments.keys() - known.keys():
                there = ", ".join(known) or "none"
                self._reader.wrong(f"arguments.{name}", f"{tool} has no such argument: it has {there}")
        for name, each in arguments.items():
            for fault in matching.faults(each, f"arguments.{name}"):
                self._reader.add(fault)

    def _check_tools(self, field: str, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._registry:
                known = ", ".join(self._registry.names())
                self._reader.wrong(field, f"there is no tool {name!r}: there are {known}")
