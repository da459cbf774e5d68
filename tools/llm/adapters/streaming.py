"""A stream of any vendor: told as it comes, and read at its end as the answer it would have been in one piece."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from tools.llm.adapters.base import Answer, Delta
from tools.llm.adapters.errors import ErrorKind, ModelError, error_in
from tools.llm.parsing.objects import objects
from tools.llm.parsing.streams import Stream

S = TypeVar("S", bound=Stream)


@dataclass(frozen=True, slots=True)
class StreamReader(Generic[S]):
    """Reads one stream. ``told`` is what an event adds to what ``stream`` has by then, with the event in it."""

    stream: S
    told: Callable[[Mapping[str, Any], S], Sequence[Delta]]
    answer: Callable[[Mapping[str, Any]], Answer]
    ours: Callable[[str], str]  # our name of a tool for the vendor's

    def add(self, event: Mapping[str, Any]) -> Sequence[Delta]:
        for one in (event, *objects(event.get("choices"))[:1]):
            if one.get("error") or one.get("type") == "error":
                raise error_in(one)
        self.stream.add(event)
        return [replace(delta, name=self.ours(delta.name)) for delta in self.told(event, self.stream)]

    def finish(self) -> Answer:
        if not self.stream.is_over:
            raise ModelError(ErrorKind.BROKEN_STREAM, "The stream broke off before the answer was whole")
        return self.answer(self.stream.body())
