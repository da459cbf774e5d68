from collections import Counter
from random import Random

from salesboost.demo.calls import SUBJECTS, next_call


def calls(count):
    random = Random(7)
    return [next_call(random) for _ in range(count)]


def test_the_same_seed_makes_the_same_calls():
    assert calls(50) == calls(50)


def test_every_tool_and_role_takes_part():
    made = calls(2000)
    assert {call.tool for call in made} == set(SUBJECTS)
    assert {call.caller_role for call in made} == {"coach", "rag", "retriever", "session_director", "visitor"}


def test_questions_repeat_so_that_the_cache_works():
    asked = Counter(str(call.payload) for call in calls(2000) if call.tool == "knowledge_retriever")
    assert asked.most_common(1)[0][1] > 40


def test_a_program_now_and_then_gets_an_argument_wrong():
    made = [call.payload for call in calls(2000) if call.tool == "crm_integration"]
    assert 0 < sum(map(is_spoilt, made)) / len(made) < 0.1


def is_spoilt(payload):
    """Whether a CRM call lacks its action, or has more than the tool knows."""
    known = {"action", "customer_id", "limit", "query"}
    is_nested = any(isinstance(value, dict) for value in payload.values())
    return is_nested or not isinstance(payload.get("action"), str) or bool(set(payload) - known)
