from collections import Counter
from random import Random

from salesboost.demo import traffic
from salesboost.demo.conversations import MODELS, SUBJECTS, next_call


def calls(count, *, degraded=""):
    random = Random(7)
    return [next_call(random, degraded) for _ in range(count)]


def test_the_same_seed_makes_the_same_calls():
    assert calls(50) == calls(50)


def test_every_tool_provider_and_role_takes_part():
    made = calls(2000)
    assert {call.tool for call in made} == set(SUBJECTS)
    assert {call.context["provider"] for call in made} == {provider for provider, *_ in MODELS}
    assert {call.caller_role for call in made} == {"coach", "rag", "retriever", "session_director", "visitor"}


def test_questions_repeat_so_that_the_cache_works():
    asked = Counter(str(call.payload) for call in calls(2000) if call.tool == "knowledge_retriever")
    assert asked.most_common(1)[0][1] > 40


def test_a_degraded_provider_spoils_most_of_its_calls_and_no_others():
    healthy, degraded = calls(2000), calls(2000, degraded="groq")
    assert spoiled(healthy, "groq") < 0.1
    assert spoiled(degraded, "groq") > 0.9
    assert spoiled(degraded, "openai") < 0.1


def spoiled(made, provider):
    """The share of *provider*'s CRM calls that lack their action or have more than the API knows."""
    own = [
        call.payload for call in made if call.context["provider"] == provider and call.tool == "crm_integration"
    ]
    known = {"action", "customer_id", "limit", "query"}
    bad = [body for body in own if not isinstance(body.get("action"), str) or set(body) - known or nested(body)]
    return len(bad) / len(own)


def nested(body):
    return any(isinstance(value, dict) for value in body.values())


def test_a_provider_goes_bad_and_recovers_again_and_again():
    bad = [second for second in range(3600) if traffic.degraded_provider(second)]
    assert bad[0] == traffic.FIRST_DEGRADATION_S
    assert len(bad) == 4 * traffic.DEGRADED_S
    assert traffic.degraded_provider(traffic.FIRST_DEGRADATION_S + traffic.DEGRADED_S) == ""
