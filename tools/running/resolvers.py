"""What a tool may have injected into parameters annotated ``Injected[T]``, by T."""

from collections.abc import Callable, Mapping
from typing import Any

from tools.calls import cancellation
from tools.calls.call import Caller, ToolCall
from tools.calls.cancellation import Cancellation

Resolver = Callable[[ToolCall], Any]
# What every tool may have injected; an application adds its own types.
PROVIDED: Mapping[type, Resolver] = {
    Caller: lambda call: call.caller,
    ToolCall: lambda call: call,
    Cancellation: lambda call: cancellation.current(),
}
