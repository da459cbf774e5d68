"""How each vendor's interface is called and read: a new one is a file here and a line below."""

from collections.abc import Mapping

from tools.llm.adapters.anthropic import Anthropic
from tools.llm.adapters.base import Adapter
from tools.llm.adapters.gemini import Gemini
from tools.llm.adapters.openai_chat import OpenAIChat
from tools.llm.adapters.responses import Responses
from tools.llm.parsing.objects.openai import BLOCKS, DETAILS

# By provider and interface (``Capabilities.api``).
ADAPTERS: Mapping[tuple[str, str], Adapter] = {
    ("openai", "chat"): OpenAIChat(),
    ("openai", "responses"): Responses(),
    ("anthropic", "messages"): Anthropic(),
    ("gemini", "generate"): Gemini(),
    ("groq", "chat"): OpenAIChat(),
    ("xai", "responses"): Responses(),
    ("xai", "chat"): OpenAIChat(),
    ("openrouter", "chat"): OpenAIChat(opaque=DETAILS),
    # Ollama, LM Studio, vLLM: servers of one's own.
    ("openai_compatible", "chat"): OpenAIChat(),
    # Echoes the user's last text, without a network.
    ("local", "chat"): OpenAIChat(writes_calls=False),
    # Every other vendor, by litellm in a process of its own; the model is called as litellm calls it.
    ("litellm", "chat"): OpenAIChat(opaque=BLOCKS),
}

__all__ = ["ADAPTERS", "Adapter"]
