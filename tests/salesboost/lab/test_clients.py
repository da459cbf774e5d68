"""A client that others wrote talks with the lab: what it sends is taken, and it reads what it is answered."""

import pytest

from tests.salesboost.lab.talking import WEATHER

TOOL = {
    "type": "function",
    "function": {"name": "get_weather", "description": "The weather of a city", "parameters": WEATHER},
}


@pytest.fixture
def litellm(monkeypatch):
    # Without it, importing asks the network for prices.
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import litellm

    return litellm


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "model",
    [
        "anthropic/claude-haiku-4-5",
        "anthropic/claude-opus-5-5",
        "gemini/gemini-3.5-flash-lite",
        "gemini/gemini-3.6-flash",
    ],
)
def test_litellm_calls_a_tool_and_tells_what_it_came_to(provider_lab, litellm, model, stream):
    def ask():
        answer = litellm.completion(
            model=model,
            messages=messages,
            tools=[TOOL],
            api_base=provider_lab.url(model.split("/")[0]),
            api_key="any",
            max_tokens=900,
            num_retries=0,
            max_retries=0,
            stream=stream,
            _skip_mcp_handler=True,
        )
        return (litellm.stream_chunk_builder(list(answer)) if stream else answer).choices[0].message

    messages = [{"role": "user", "content": "What is the weather in Rome for 3 days?"}]
    said = ask()
    (call,) = said.tool_calls
    assert call.function.name == "get_weather"
    messages += [said.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "sunny"}]
    assert "sunny" in ask().content
