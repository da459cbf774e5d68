"""Names of models and providers as spans and price lists write them, brought together. Pure.

A span says ``openai/gpt-4o-2024-08-06`` where a price list says ``gpt-4o``. ``scopes`` gives the providers to look
under and ``variants`` the names to look for, the most exact first.
"""

import re
from collections.abc import Container, Iterator

from telemetry.spans.dialects import PROVIDERS, is_framework

# Price lists' names of providers that our spans call otherwise; `spans.dialects` has what spans call them.
LISTED_AS = {
    **dict.fromkeys(("bedrock_converse", "bedrock_mantle", "amazon_bedrock"), "aws.bedrock"),
    **dict.fromkeys(("azure_text",), "azure.ai.openai"),
    **dict.fromkeys(("azure_ai",), "azure.ai.inference"),
    **dict.fromkeys(("text_completion_openai", "openai_chat", "openai_responses"), "openai"),
    **dict.fromkeys(("cohere_chat", "cohere_ai"), "cohere"),
    **dict.fromkeys(("codestral", "text_completion_codestral"), "mistral_ai"),
    **dict.fromkeys(("google_ai_studio", "google_generativeai", "gcp.gen_ai"), "gcp.gemini"),
    "fireworks_ai_embedding_models": "fireworks_ai",
}
# They pass a call on to whom the model's name says, at that one's price, and have no prices of their own.
GATEWAYS = {"", "litellm", "litellm_proxy", "openrouter", "langchain", "portkey", "helicone", "other", "_other"}
# Whose model it is, by its name; asked only where no provider is named, or a gateway.
MAKERS = (
    (r"(us|eu|apac|jp|au|global)\.[a-z]|(anthropic|amazon|meta|cohere|mistral|ai21|writer)\.", "aws.bedrock"),
    (r"gpt-|chatgpt-|o[1-9](-|$)|text-embedding-(3|ada)|ft:(gpt|o[1-9])", "openai"),
    (r"claude-", "anthropic"),
    (r"gemini-", "gcp.gemini"),
    (r"(open-)?mi[sx]tral-|ministral-|magistral-|codestral|devstral|pixtral-", "mistral_ai"),
    (r"command-", "cohere"),
    (r"deepseek-(chat|reasoner)", "deepseek"),
    (r"grok-", "x_ai"),
    (r"sonar", "perplexity"),
    (r"kimi-|moonshot-", "moonshot_ai"),
)
_MAKERS = tuple((re.compile(pattern), provider) for pattern, provider in MAKERS)
# The part of a name that tells one release of a model from the next.
_RELEASE = re.compile(
    r"(-\d{4}-\d\d-\d\d|[-@]20\d{6}(-v\d+:\d+)?|-v\d+:\d+|-v\d+@20\d{6}|@\d{3}|@default|-latest|-\d{3,4}|:\d+)$"
)
_REGION = re.compile(r"^(us|us-gov|eu|apac|jp|au|global)\.(?=[a-z])")


def provider_name(name: str) -> str:
    """*name* of a provider, from a span or from a price list, as our spans have it; ``""`` for none."""
    given = name.strip().lower()
    plain = given.replace("-", "_")
    if plain.startswith("vertex_ai"):
        return "gcp.vertex_ai"
    return PROVIDERS.get(given) or PROVIDERS.get(plain) or LISTED_AS.get(given) or LISTED_AS.get(plain, given)


def model_name(name: str) -> str:
    """*name* of a model as the price table has it: case says nothing."""
    return name.strip().lower()


def without_release(name: str) -> str:
    """The model of which *name* is one release: ``gpt-4o-2024-08-06`` is one of ``gpt-4o``."""
    return _RELEASE.sub("", name)


def is_release(name: str) -> bool:
    """Whether *name* is that of one certain release; the latest is whichever it is."""
    return without_release(tail := model_name(name).removesuffix("-latest")) != tail


def variants(model: str) -> Iterator[str]:
    """The names to look for, the most exact first; a name less of its path or release may stand in for it."""
    whole = model_name(model)
    tails = [whole]
    while "/" in tails[-1]:
        tails.append(tails[-1].partition("/")[2])
    yield from tails
    for tail in tails:
        spelled = tail.replace(".", "-") if tail.startswith("claude-") else tail
        if spelled.startswith("ft:"):  # ft:<model>:<organisation>:<name>:<id>
            spelled = ":".join(spelled.split(":")[:2])
        local = _REGION.sub("", spelled)
        yield from (spelled, without_release(spelled), local, without_release(local))


def scopes(provider: str, model: str, priced: Container[str]) -> Iterator[str]:
    """The providers to look under, of those that are *priced*; last ``""``, whose prices hold for any.

    A provider that has prices is believed. For a gateway, or a framework that was stored for one, the model's name
    says whose it is.
    """
    own = provider_name(provider)
    if own and own in priced:
        yield own
    elif own in GATEWAYS or is_framework(own):
        if "/" in model:
            yield provider_name(model.partition("/")[0])
        tail = model_name(model).rpartition("/")[2]
        yield from (maker for pattern, maker in _MAKERS if pattern.match(tail))
    yield ""
