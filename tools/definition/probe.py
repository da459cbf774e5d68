"""How a tool is asked whether it works: by a probe of its own, or by a call that changes nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

from tools.definition.schema import NotATool, ToolSchema, infer_schema
from tools.errors import InvalidArguments

DAY_S = 86_400
# What fits into a round of probes, of which no two overlap (``tools.health.rounds``).
MOST_TIMEOUT_S = 3.5
ABOVE_ZERO = ("every_s", "timeout_s", "slow_s")


@dataclass(frozen=True, slots=True)
class Probe:
    """A *function* without arguments that raises, or answers False, where the tool cannot work just now.

    It is asked every *every_s* seconds at most, has *timeout_s* to answer (``MOST_TIMEOUT_S`` at most), and is
    told as slow from *slow_s* on.
    Where one costs *cost_usd*, it is asked so seldom that no day costs more than *usd_a_day*, whoever wants it.
    """

    function: Callable[..., Any]
    every_s: float = 30.0
    timeout_s: float = 3.0
    slow_s: float = 1.0
    cost_usd: float = 0.0
    usd_a_day: float = 0.0

    @property
    def interval_s(self) -> float:
        """The least time between two: its own, or what its money allows."""
        if not self.cost_usd:
            return self.every_s
        # As written: to floats 0.3 has 0.1 but twice.
        times = Fraction(str(self.usd_a_day)) // Fraction(str(self.cost_usd))
        return max(self.every_s, DAY_S / times)

    @property
    def schema(self) -> ToolSchema:
        """What the function takes, which may be injected alone. Raises NotATool."""
        return infer_schema(self.function, "Whether the tool works.")

    def faults(self) -> list[str]:
        """What is wrong with it."""
        named = {option.name: getattr(self, option.name) for option in fields(self) if option.name != "function"}
        if wrong := [name for name, value in named.items() if not _is_number(value, name in ABOVE_ZERO)]:
            return [f"probe's {name} must be a number of {_least(name)}, not {named[name]!r}" for name in wrong]
        if self.timeout_s > MOST_TIMEOUT_S:
            return [
                f"probe's timeout_s is {self.timeout_s:g}, and a round of probes has time for "
                f"{MOST_TIMEOUT_S:g} s: write no more"
            ]
        if self.cost_usd > self.usd_a_day:
            return [
                f"probe costs {self.cost_usd:g} USD and may cost {self.usd_a_day:g} a day: allow more, or none"
            ]
        try:
            wanted = self.schema.parameters.get("properties", {})
        except NotATool as error:
            return [f"probe: {fault}" for fault in error.faults]
        return [f"probe takes {', '.join(wanted)}, but is asked without arguments"] if wanted else []


def read_probing(options: dict[str, Any], schema: ToolSchema | None, faults: list[str]) -> dict[str, Any]:
    """``probe``, ``sample`` and ``read_only`` of *options* (taken out of it); what is wrong goes to *faults*."""
    probe, sample = options.pop("probe", None), options.pop("sample", None)
    read_only = options.pop("read_only", False)
    if probe is not None and not isinstance(probe, Probe):
        if callable(probe):
            probe = Probe(probe)
        else:
            faults.append(f"probe must be a function or a Probe, not {probe!r}")
            probe = None
    if probe is not None:
        faults += probe.faults()
    if not isinstance(read_only, bool):
        faults.append(f"read_only must be True or False, not {read_only!r}")
    faults += _faults_of_sample(sample, read_only, schema)
    return {"probe": probe, "sample": sample, "read_only": bool(read_only)}


def _faults_of_sample(sample: Any, read_only: bool, schema: ToolSchema | None) -> list[str]:
    if sample is None:
        return []
    if not isinstance(sample, Mapping):
        return [f"sample must be an object of arguments, not {sample!r}"]
    if not read_only:
        return ["sample is for tools that change nothing: say read_only=True if it does not, or give it a probe"]
    if schema is None:
        return []
    try:
        schema.read(sample)
    except InvalidArguments as error:
        return [f"sample is no call of it: {error.detail.rstrip('.')}"]
    return []


def _is_number(value: Any, above_zero: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        return False
    return value > 0 or not above_zero


def _least(name: str) -> str:
    return "more than 0" if name in ABOVE_ZERO else "0 or more"
