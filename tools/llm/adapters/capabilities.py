"""What a model can be asked for: values, which decide how a request is written. No name of a model decides it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """Of one model at one provider."""

    api: str = "chat"  # chat, responses, messages, generate
    tools: bool = True
    forced_tool_choice: bool = True
    sampling: bool = True  # takes a temperature
    efforts: tuple[str, ...] = ()  # the words for how much it shall think; none: it takes none
    parallel_calls: bool = True
    vision: bool = False
    signed_calls: bool = False  # takes no call of the turn back without its maker's signature
    completion_tokens: bool = False  # the limit is called max_completion_tokens
    context_tokens: int = 128_000
    max_output_tokens: int = 4096
