"""What every schema of a tool can do, whatever it is made of."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from tools.definition.coercion import Fault, as_object, json_type
from tools.definition.mistakes import explain, listed
from tools.errors import InvalidArguments


class ToolSchema(ABC):
    """What a tool takes. ``injected`` maps a hidden parameter to the type that the executor resolves."""

    description: str
    injected: Mapping[str, type]

    @abstractmethod
    def read(self, payload: Any) -> tuple[dict[str, Any], list[str]]:
        """The arguments by name, coerced, and what coercion changed, one sentence each.

        Raises InvalidArguments: all that is wrong, and what to do.
        """

    @abstractmethod
    def same_arguments(self, *, injected: Mapping[str, type], description: str) -> "ToolSchema":
        """The schema of another tool that takes the same arguments, and whose result nothing is known of."""

    @property
    @abstractmethod
    def _parameters(self) -> dict[str, Any]: ...

    @property
    @abstractmethod
    def _output(self) -> dict[str, Any] | None: ...

    @property
    def parameters(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of the arguments, as a model's tool definition wants it; a copy."""
        return deepcopy(self._parameters)

    @property
    def output(self) -> dict[str, Any] | None:
        """The JSON Schema (2020-12) of the result, or None where the tool does not say; a copy."""
        return deepcopy(self._output)

    def validate(self, payload: Any) -> dict[str, Any]:
        """The arguments by name, coerced. Raises InvalidArguments: all that is wrong, and what to do."""
        return self.read(payload)[0]

    def _object(self, payload: Any) -> tuple[Mapping[str, Any], list[str]]:
        """A *payload* that is no object yet, as one, and how it became one. Raises InvalidArguments."""
        decoded, repairs = as_object(payload)
        if not isinstance(decoded, Mapping):
            raise InvalidArguments(
                f"The payload must be an object of arguments, not {json_type(decoded)}.",
                hint=f"it takes {listed(list(self._parameters.get('properties', {})))}",
            )
        return decoded, repairs

    def _explained(self, faults: Sequence[Fault]) -> InvalidArguments:
        return explain(faults, self._parameters)
