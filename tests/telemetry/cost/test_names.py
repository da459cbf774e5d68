"""Spans and price lists call the same model by different names."""

import pytest

from telemetry.cost.names import is_release, provider_name, scopes, variants, without_release

PRICED = {"openai", "anthropic", "groq", "aws.bedrock", "gcp.gemini", ""}


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4-0613", "gpt-4"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("claude-3-5-sonnet@20240620", "claude-3-5-sonnet"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-sonnet-4-5"),
        ("gemini-2.0-flash-001", "gemini-2.0-flash"),
        ("mistral-large-latest", "mistral-large"),
        ("mixtral-8x7b-32768", "mixtral-8x7b-32768"),
        ("llama-3.1-405b", "llama-3.1-405b"),
    ],
)
def test_the_release_at_the_end_of_a_name_is_known(name, model):
    assert without_release(name) == model


def test_the_latest_is_no_certain_release():
    assert [is_release(name) for name in ("mistral-large-latest", "gpt-4o", "gpt-4o-2024-08-06")] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("openai/gpt-4o-2024-08-06", "gpt-4o"),
        ("models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("arn:aws:bedrock:eu-west-1:1:inference-profile/eu.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
        ("Claude-3.5-Sonnet", "claude-3-5-sonnet"),
        ("ft:gpt-4o-mini-2024-07-18:acme:tone:9x", "ft:gpt-4o-mini-2024-07-18"),
    ],
)
def test_a_name_is_looked_for_without_its_path_region_and_release(name, wanted):
    assert wanted in list(variants(name))


def test_the_name_as_it_stands_is_looked_for_first():
    assert next(variants("OpenAI/gpt-OSS-120b")) == "openai/gpt-oss-120b"


@pytest.mark.parametrize(
    ("listed", "ours"),
    [
        ("bedrock_converse", "aws.bedrock"),
        ("vertex_ai-anthropic_models", "gcp.vertex_ai"),
        ("azure", "azure.ai.openai"),
        ("text-completion-openai", "openai"),
        ("xai", "x_ai"),
        ("Groq", "groq"),
        ("", ""),
    ],
)
def test_providers_of_price_lists_are_those_of_spans(listed, ours):
    assert provider_name(listed) == ours


def test_a_provider_with_prices_is_believed_whatever_the_models_name_says():
    assert list(scopes("groq", "openai/gpt-oss-120b", PRICED)) == ["groq", ""]


def test_behind_a_gateway_the_models_name_says_whose_it_is():
    assert next(scopes("openrouter", "anthropic/claude-sonnet-4.5", PRICED)) == "anthropic"
    assert list(scopes("", "gpt-4o", PRICED)) == ["openai", ""]
    assert list(scopes("", "us.anthropic.claude-haiku-4-5", PRICED)) == ["aws.bedrock", ""]
    for framework in ("llama-index", "semantic_kernel", "haystack-ai", "google-adk", "langchain_openai"):
        assert list(scopes(framework, "gpt-4o", PRICED)) == ["openai", ""]


def test_nobody_elses_price_is_taken_for_a_provider_without_prices():
    assert list(scopes("our-own-vllm", "openai/gpt-4o", PRICED)) == [""]
