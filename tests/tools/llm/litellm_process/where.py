"""Deployments that are asked by litellm, at the lab or elsewhere."""

from tools.llm.adapters.capabilities import Capabilities
from tools.llm.calling import Deployment

# As litellm calls them, and whose wire format it speaks there.
MODELS = {
    "mistral/mistral-large-latest": "openai",
    "openai/gpt-5.2": "openai",
    "anthropic/claude-haiku-5-5": "anthropic",
    "gemini/gemini-3.8-flash": "gemini",
}


def by_litellm(model, base_url, **changes):
    can = Capabilities(sampling=False)
    about = {"key": "sk-lab", "timeout_s": 20.0, "first_token_timeout_s": 20.0, "can": can}
    return Deployment(
        **({"name": model, "provider": "litellm", "model": model, "base_url": base_url} | about | changes)
    )


def at_lab(lab, model, **changes):
    return by_litellm(model, lab.url(MODELS[model]), **changes)
