"""Answers that arrive in pieces: gathered here, then read as whole ones. A new provider is a file and a line."""

from tools.llm.parsing.streams.anthropic import AnthropicStream
from tools.llm.parsing.streams.base import Stream
from tools.llm.parsing.streams.gemini import GeminiStream
from tools.llm.parsing.streams.openai import OpenAIStream
from tools.llm.parsing.streams.responses import ResponsesStream

STREAMS: dict[str, type[Stream]] = {
    "openai": OpenAIStream,
    "openai_responses": ResponsesStream,
    "anthropic": AnthropicStream,
    "gemini": GeminiStream,
}

__all__ = ["STREAMS", "AnthropicStream", "GeminiStream", "OpenAIStream", "ResponsesStream", "Stream"]
