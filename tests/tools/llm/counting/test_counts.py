import pytest

from tests.tools.llm.images.pictures import drawn
from tests.tools.llm.models import asked, weather
from tools.llm.adapters.base import Ask, Usage
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.counting import Counts
from tools.llm.images.reading import image_of
from tools.llm.transcript import Call, Image, Opaque, Origin, Reasoning, Result, Text, Transcript

HERE, THERE = Origin("openai", "gpt-6-sol", "here"), Origin("anthropic", "claude-sonnet-5-5", "there")


def question(transcript=None, origin=HERE, **about):
    return Ask(origin=origin, transcript=transcript or asked(), can=Capabilities(vision=True), **about)


def usage(tokens):
    return Usage(int(tokens), 10)


@pytest.mark.parametrize(
    "more",
    [
        question(asked("What is the weather in Paris, and what will it be next week?")),
        question(system="Be brief."),
        question(tools=(weather,)),
        question(asked().answer([Call("weather", {"city": "Paris"})]).closed()),
        question(Transcript().ask("What is the weather in Paris?", image_of(drawn()))),
    ],
    ids=["words", "instructions", "tools", "calls", "a picture"],
)
def test_all_that_is_sent_is_counted(more):
    assert Counts().whole(more) > Counts().whole(question())


def test_what_another_reads_is_not_counted_and_thoughts_never_are():
    answer = [Reasoning("I think " * 99), Opaque(THERE, "thinking", {"signature": "x" * 999}), Text("Yes.")]
    plain, thought = asked().answer([Text("Yes.")]).ask("Sure?"), asked().answer(answer).ask("Sure?")
    counts = Counts()
    assert counts.whole(question(thought)) == counts.whole(question(plain))
    assert counts.whole(question(thought, THERE)) > counts.whole(question(plain, THERE)) + 300


@pytest.mark.parametrize(
    ("provider", "tokens"), [("anthropic", 1_534), ("openai", 2_500), ("gemini", 1_120), ("xai", 1_792)]
)
def test_a_picture_counts_by_its_vendors_formula(provider, tokens):
    large = Transcript().ask("See:", image_of(drawn("JPEG", (4_000, 3_000))))
    origin = Origin(provider, "model")
    alone = Counts().whole(question(large, origin)) - Counts().whole(question(Transcript().ask("See:"), origin))
    assert tokens - 20 <= alone <= tokens + 20


def test_bytes_that_are_no_picture_are_counted_as_one():
    assert Counts().whole(question(Transcript().ask(Image(b"", "image/png")))) > 1_000


def test_what_cannot_be_written_does_not_stop_the_count():
    endless: dict[str, object] = {}
    endless["itself"] = endless
    assert Counts().whole(question(asked().answer([Call("weather", endless)]).closed())) > 0


def test_a_vendor_that_counts_more_is_believed_at_once_and_one_that_counts_less_slowly():
    counts, ask = Counts(), question(asked("Tell me of Rome. " * 200))
    first = counts.whole(ask)
    counts.learn(ask, usage(first * 1.5))
    assert counts.whole(ask) == pytest.approx(first * 1.5, rel=0.01)
    for _ in range(30):
        counts.learn(ask, usage(first * 0.8))
    assert counts.whole(ask) == pytest.approx(first * 0.8, rel=0.01)


@pytest.mark.parametrize("told", [None, usage(0), usage(150)], ids=["nothing", "none", "a little"])
def test_what_says_nothing_teaches_nothing(told):
    counts, ask = Counts(), question(asked("Tell me of Rome. " * 200))
    counts.learn(ask, told)
    assert counts.factor(HERE) == 1


def test_a_short_question_teaches_nothing():
    counts = Counts()
    counts.learn(question(), usage(900))
    assert counts.factor(HERE) == 1


def test_no_report_takes_it_further_than_can_be():
    counts, ask = Counts(), question(asked("Tell me of Rome. " * 200))
    counts.learn(ask, usage(10**9))
    assert counts.factor(HERE) == 3


def test_a_deployment_learns_for_itself():
    counts, ask = Counts(), question(asked("Tell me of Rome. " * 200))
    counts.learn(ask, usage(5_000))
    assert counts.factor(HERE) > 1 and counts.factor(THERE) == 1


def test_results_in_json_are_more_tokens_than_words_of_that_length():
    words, records = "x " * 500, "[" + "1," * 499 + "]"
    at = Counts().messages(question())
    told = [
        at(asked().answer([Call("a", {}, "1")]).tell([Result("1", said)]).messages) for said in (words, records)
    ]
    assert told[1] > told[0]
