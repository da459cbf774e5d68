"""OpenAI: Chat Completions and the Responses API."""

import re

from salesboost.lab.asked import Asked, Reply
from salesboost.lab.faults import Fault
from salesboost.lab.vendors.openai_chat import Flavour
from salesboost.lab.vendors.openai_errors import error
from salesboost.lab.vendors.openai_models import (
    RETIRED,
    check_chat,
    check_effort,
    check_sampling,
    effort_of,
    reasons,
)
from salesboost.lab.vendors.pictures import check_openai
from salesboost.lab.vendors.shaped import Shaped

THOUGHT = "I look at what was asked, and at the tools that there are."


def thought(asked: Asked, reply: Reply) -> str | None:
    """What the model thought, which only the Responses API tells."""
    if reply.reasoning:
        return reply.reasoning
    return THOUGHT if reasons(asked.model) and effort_of(asked.body) != "none" else None


def chat_thought(asked: Asked, reply: Reply) -> str:
    """The same for Chat Completions, which only counts it."""
    return thought(asked, reply) or ""


def check(asked: Asked) -> None:
    check_openai(asked.body)
    if asked.api == "chat":
        check_chat(asked.body)
    else:
        check_effort(asked.body, "reasoning.effort")
        check_sampling(asked.body)


FAULTS = {
    "tools_refused_on_chat": Fault(
        says="400: this model takes function tools in the Responses API only",
        status=400,
        body=error(
            400,
            "invalid",
            "Function tools with reasoning_effort are not supported for this model in /v1/chat/completions. "
            "Please use /v1/responses instead.",
            "reasoning_effort",
        )[1],
    ),
    "effort_refused": Fault(
        says="400: the model does not know this effort",
        status=400,
        body=error(
            400,
            "unsupported_value",
            "Unsupported value: 'none' is not supported with this model. Supported values are: 'low', 'medium', "
            "and 'high'.",
            "reasoning_effort",
        )[1],
    ),
    "reasoning_lost": Fault(
        says="404: a reasoning item that was replayed is not known",
        status=404,
        body=error(
            404,
            "invalid",
            "Item with id 'rs_0' not found. Items are not persisted when `store` is set to false. Try again with "
            "`store` set to true, or remove this item from your input.",
            "input",
        )[1],
    ),
    "reasoning_of_another": Fault(
        says="400: encrypted reasoning was made by another deployment",
        status=400,
        body=error(
            400,
            "invalid_encrypted_content",
            "The encrypted content gAAA... could not be verified. Reason: Encrypted content could not be "
            "decrypted or parsed.",
        )[1],
    ),
}

OPENAI = Shaped(
    name="openai",
    base="/v1",
    paths=re.compile(r"/v1/(?:chat/completions|responses)"),
    flavour=Flavour(thought=chat_thought, whole=lambda asked, made, moment: {**made, "service_tier": "default"}),
    check=check,
    own_faults=FAULTS,
    retired=RETIRED,
    foreign=re.compile(r"claude|gemini|grok|llama|.+/"),
    thought=thought,
)
