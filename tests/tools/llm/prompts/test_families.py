"""Which variant a model is given."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.llm.prompts.errors import CannotRender
from tools.llm.prompts.families import Family, Rung, chosen, family_of, rung_of

RUNGS = list(Rung)
KEYS = st.tuples(st.sampled_from(Family), st.sampled_from(Rung))
VARIANTS = st.sets(KEYS)


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-6-sol", "detailed"),
        ("openai/gpt-5.2", "detailed"),
        ("ft:gpt-4o-mini:acme::8x", "detailed"),
        ("o3", "detailed"),
        ("o4-mini", "detailed"),
        ("chatgpt-4o-latest", "detailed"),
        ("claude-sonnet-5-5", "detailed"),
        ("anthropic/claude-opus-5.5", "detailed"),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "detailed"),
        ("openai/gpt-oss-120b", "structured"),
        ("openai/gpt-oss-120b:free", "structured"),
        ("gpt-oss:20b", "structured"),
        ("meta-llama/Llama-3.3-70B-Instruct", "structured"),
        ("qwen/qwen3.8-27b", "structured"),
        ("mistral-large", "structured"),
        ("google/gemma-3-27b", "structured"),
        ("olmo-2", "structured"),
        ("a-model-nobody-knows", "structured"),
        ("", "structured"),
        ("gemini-3.8-flash", "brief"),
        ("models/gemini-3.8-flash", "brief"),
        ("google/gemini-4-argon", "brief"),
        ("Gemini-3.8-Flash", "brief"),
    ],
)
def test_the_family_is_the_models_whoever_hosts_it(model, family):
    assert family_of(model) == family


@given(variants=VARIANTS, family=st.sampled_from(Family), rung=st.sampled_from(Rung))
def test_what_is_chosen_is_as_near_as_there_is(variants, family, rung):
    own_simpler = [(family, each) for each in RUNGS[RUNGS.index(rung) :] if (family, each) in variants]
    detailed = {each for each in variants if each[1] is Rung.DETAILED}
    if not own_simpler and not detailed:
        with pytest.raises(CannotRender, match="no variant for"):
            chosen(variants, family, rung)
        return
    found = chosen(variants, family, rung)
    assert found in variants
    if own_simpler:
        assert found == own_simpler[0]
    elif (family, Rung.DETAILED) in variants:
        assert found == (family, Rung.DETAILED)
    else:
        assert found in detailed


@given(variants=VARIANTS, more=KEYS, family=st.sampled_from(Family), rung=st.sampled_from(Rung))
def test_another_variant_changes_the_choice_to_itself_or_not_at_all(variants, more, family, rung):
    variants = variants | {(Family.STRUCTURED, Rung.DETAILED)}
    assert chosen(variants | {more}, family, rung) in {chosen(variants, family, rung), more}


def test_the_one_asked_for_is_sent_where_it_is_written():
    everything = {(family, rung) for family in Family for rung in Rung}
    assert all(chosen(everything, *key) == key for key in everything)


def test_a_rung_that_is_none_is_said_so():
    with pytest.raises(CannotRender, match="no rung 'short'; there are detailed, simple and minimal"):
        rung_of("short")
