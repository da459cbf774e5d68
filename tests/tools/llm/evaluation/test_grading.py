"""Whether a model did what a case expects."""

from dataclasses import replace

import pytest

from tools.llm.evaluation.grading import Did, Made, Wrong, grade
from tools.llm.evaluation.suite import Bounds, Case, Expected
from tools.llm.transcript import Transcript


def case(*expected, **fields):
    return Case(name="c", said=Transcript().ask("Hi."), tools=("crm", "sms"), expected=expected, **fields)


def call(tool, wrong=None, **arguments):
    return Made(tool=tool, arguments=arguments, wrong=wrong, said="it did not fit" if wrong else "")


def did(*calls, **fields):
    return Did(calls=calls, text="Done.", **fields)


READS = Expected(tool="crm", arguments={"id": "C1"})
SENDS = Expected(tool="sms")


@pytest.mark.parametrize(
    ("wanted", "made", "wrong"),
    [
        (case(READS), [call("crm", id="C1", more=1)], []),
        (case(READS), [call("crm", id="C2")], ["arguments"]),
        (case(READS), [], ["missing"]),
        (case(READS), [call("sms")], ["missing", "extra"]),
        (case(READS), [call("crm", id="C1"), call("crm", id="C1")], ["extra"]),
        (case(READS, more_calls=True), [call("crm", id="C1"), call("sms")], []),
        (case(READS, forbidden=("sms",), more_calls=True), [call("crm", id="C1"), call("sms")], ["forbidden"]),
        (case(no_call=True), [], []),
        (case(no_call=True), [call("sms")], ["extra"]),
        (case(READS, SENDS), [call("sms"), call("crm", id="C1")], []),
        (case(READS, SENDS, in_order=True), [call("crm", id="C1"), call("sms")], []),
        (case(READS, SENDS, in_order=True), [call("sms"), call("crm", id="C1")], ["order"]),
        (case(Expected(tool="sms", optional=True)), [], []),
        (case(Expected(tool="crm", arguments={"id": "C1"}, or_else=(SENDS,))), [call("sms")], []),
        (case(replace(READS, exact=True)), [call("crm", id="C1", x=None)], []),
        (case(replace(READS, exact=True)), [call("crm", id="C1", x=1)], ["arguments"]),
        (case(answer="(?i)done"), [], []),
        (case(answer="21"), [], ["answer"]),
    ],
)  # fmt: skip
def test_calls_are_judged(wanted, made, wrong):
    found = grade(wanted, did(*made))
    assert sorted(found.wrong) == sorted(wrong)
    assert found.passed is found.first_try is not wrong
    assert len(found.why) == len(wrong)


def test_who_mends_a_wrong_call_passes_and_not_at_the_first_try():
    found = grade(case(READS), did(call("crm", Wrong.REFUSED, id=1), call("crm", id="C1")))
    assert found.passed and not found.first_try
    assert found.wrong == {"refused": 1} and found.why == ()


def test_who_never_mends_it_fails_and_both_are_told():
    found = grade(case(READS), did(call("crm", Wrong.UNREADABLE)))
    assert not found.passed and found.wrong == {"unreadable": 1, "missing": 1}
    assert found.why == ("crm was not called with {'id': 'C1'}.", "crm() was none: it did not fit")


def test_what_is_otherwise_is_said_argument_by_argument():
    wanted = Expected(tool="crm", arguments={"id": "C1", "n": {"approx": 3}, "ok": True})
    (why,) = grade(case(wanted), did(call("crm", id="C2", n=4, ok=True))).why
    assert why == (
        "crm(id='C2', n=4, ok=True) has other arguments than expected: id is 'C2', and 'C1' was wanted; "
        "n is 4, and approx 3 was wanted."
    )


@pytest.mark.parametrize(
    ("bounds", "kind"),
    [
        ({"usd": 0.01}, "cost"),
        ({"latency_ms": 10}, "latency"),
        ({"tokens": 5}, "tokens"),
        ({"rounds": 1}, "rounds"),
    ],
)
def test_a_turn_beyond_its_bounds_fails(bounds, kind):
    took = {"usd": 0.02, "latency_ms": 20.0, "tokens": 6, "rounds": 2}
    found = grade(case(answer="Done", bounds=Bounds(**bounds)), did(**took))
    assert found.wrong == {kind: 1} and "allowed" in found.why[0]
    (name,) = bounds
    assert grade(case(answer="Done", bounds=Bounds(**{name: took[name]})), did(**took)).passed


def test_a_model_that_cannot_be_asked_has_failed_by_that_alone():
    found = grade(case(READS, answer="x"), did(error="It rests."))
    assert found.wrong == {"error": 1} and found.why == ("There is no answer: It rests.",)
