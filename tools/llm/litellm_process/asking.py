"""A request of Chat Completions asked by litellm, which is loaded here, and what came of it in the same words."""

import logging
import warnings
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import litellm
from litellm._internal_context import is_internal_call

from tools.llm.litellm_process.errors import BROKEN, NO_STREAM
from tools.llm.litellm_process.thinking import ThinkingBlocks

# Beside what is asked: one try, as who routes decides on the next; and tools without litellm's own of MCP, for
# which it would load a package that is not there.
ALWAYS: Mapping[str, Any] = {"num_retries": 0, "max_retries": 0, "_skip_mcp_handler": True}

AS_JSON: Mapping[str, Any] = {"mode": "json", "exclude_none": True}


def settle() -> None:
    """Have litellm tell nobody anything: neither its makers, nor a log, nor the terminal."""
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.callbacks = []
    litellm.success_callback = []
    litellm.failure_callback = []
    litellm.disable_hf_tokenizer_download = True
    logging.getLogger("LiteLLM").setLevel(logging.ERROR)
    # What a vendor does not take is refused and told, not left out.
    litellm.drop_params = False
    # They would write what was said into the log.
    warnings.filterwarnings("ignore", module="pydantic")


def parameters(body: Mapping[str, Any], key: str, base: str) -> dict[str, Any]:
    """*body* as litellm is asked. *base* is the vendor's address, '' for the one that litellm knows."""
    asked = {**body, **ALWAYS}
    if asked.get("tool_choice") == "auto":
        del asked["tool_choice"]  # it is what vendors do by themselves, and some do not take the word
    # Without a key it would look for one in the environment.
    return asked | {name: value for name, value in (("api_key", key), ("api_base", base)) if value}


async def asked(body: Mapping[str, Any], key: str, base: str) -> Any:
    # It would price each answer and write its log of it, for nobody: a third of its time.
    is_internal_call.set(True)
    return await litellm.acompletion(**parameters(body, key, base))


async def whole(body: Mapping[str, Any], key: str, base: str) -> Mapping[str, Any]:
    """The answer in one piece. Raises what litellm raises."""
    answer = await asked(body, key, base)
    document: dict[str, Any] = answer.model_dump(**AS_JSON)
    return document


async def pieces(body: Mapping[str, Any], key: str, base: str) -> AsyncGenerator[Mapping[str, Any]]:
    """The answer's chunks as they come. Raises what litellm raises; closed, it leaves the vendor at once."""
    stream = await asked(body, key, base)
    thinking = ThinkingBlocks()
    try:
        async for chunk in stream:
            document = chunk.model_dump(**AS_JSON)
            if made_up_end(document, stream):
                yield BROKEN if stream.chunks else NO_STREAM
                return
            if "usage" in document:
                document["usage"] = vendors_usage(document["usage"], stream)
            for choice in document.get("choices", ()):
                thinking.put_together(choice.get("delta", {}))
            yield document
    finally:
        await stream.aclose()


def made_up_end(document: Mapping[str, Any], stream: Any) -> bool:
    """Whether litellm says that the answer is whole, and the vendor did not."""
    ends = any(choice.get("finish_reason") for choice in document.get("choices", ()))
    return ends and not (stream.received_finish_reason or stream.intermittent_finish_reason)


def vendors_usage(usage: Mapping[str, Any], stream: Any) -> Mapping[str, Any] | None:
    """*usage* without what litellm reckoned: the price, and all of it where the vendor counted nothing."""
    if not any(getattr(chunk, "usage", None) for chunk in stream.chunks):
        return None
    return {name: value for name, value in usage.items() if name != "cost"}
