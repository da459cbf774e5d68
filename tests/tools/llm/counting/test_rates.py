import pytest

from tools.llm.counting.rates import rates_of, tokens_of

ENGLISH = (
    "The customer asked for an offer by the end of the week. She has compared us with two others, and the price "
    "of the larger plan is what she wants to talk about; nobody has told her yet of the discount for a year."
)
RECORDS = '[{"customer_id": "c-17", "name": "Rossi", "deals": [{"amount": 1234.5, "stage": "won"}]}]'


@pytest.mark.parametrize(
    ("model", "like"),
    [
        ("anthropic/claude-sonnet-5-5", "claude-haiku-5-5"),
        ("eu.anthropic.claude-sonnet-5-5-v1:0", "claude-haiku-5-5"),
        ("models/gemini-3.8-flash", "gemini-3-pro"),
        ("GPT-6-sol", "o3"),
        ("openai/gpt-oss-120b", "gpt-6-sol"),
        ("x-ai/grok-4.7", "grok-4"),
        ("qwen/qwen3-32b", "llama3.2"),
    ],
)
def test_whose_model_it_is_decides(model, like):
    assert rates_of(model) == rates_of(like)


def test_vendors_count_differently():
    counted = {
        model: tokens_of(ENGLISH, model) for model in ("gpt-6-sol", "claude-sonnet-5-5", "gemini-3.8-flash")
    }
    assert len(set(counted.values())) == 3 and counted["claude-sonnet-5-5"] == max(counted.values())


@pytest.mark.parametrize(
    ("text", "really"),
    [(ENGLISH, 45), (RECORDS, 32), ("今天罗马的天气怎么样？请告诉我明天会不会下雨。", 16)],
    ids=["English", "JSON", "Chinese"],
)
def test_it_is_near_what_openai_counts(text, really):
    """*really* is tiktoken's, by o200k_base."""
    assert 0.7 * really <= tokens_of(text, "gpt-6-sol") <= 1.4 * really


def test_half_a_pair_is_counted():
    assert tokens_of("\ud83d", "gpt-6-sol") == 1 and tokens_of("", "gpt-6-sol") == 0
