"""The error of a registration: everything that is wrong with one tool, or with several."""

from collections.abc import Iterable, Sequence


class NotATool(TypeError, ValueError):
    """*name* cannot be a tool. ``faults`` has one sentence part for each thing that is wrong."""

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        super().__init__(f"{name} cannot be a tool: {'; '.join(faults)}.")
        self.name = name
        self.faults = list(faults)


class FaultyTools(ValueError, LookupError):
    """Several tools cannot be registered; the message names all of them, one a line."""

    def __init__(self, errors: Iterable[object]) -> None:
        lines = [str(error) for error in errors]
        super().__init__(
            "\n".join([f"{len(lines)} faults among the tools:", *lines]) if len(lines) > 1 else lines[0]
        )
        self.faults = lines
