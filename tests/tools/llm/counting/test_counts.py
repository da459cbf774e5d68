import pytest

from tests.tools.llm.images.pictures import drawn
from tests.tools.llm.models import asked, weather
from tools.llm.adapters.base import Ask, Usage
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.counting.cutting import cut
from tools.llm.counting.learning import Counts
from tools.llm.images.reading import image_of
from tools.llm.transcript import Call, Image, Opaque, Origin, Reasoning, Result, Text, Transcript

HERE, THERE = Origin("openai", "gpt-6-sol", "here"), Origin("anthropic", "claude-sonnet-5-5", "there")


def question(transcript=None, origin=HERE, **about):
    return Ask(origin=origin, transcript=transcript or asked(), can=Capabilities(vision=True), **about)


def whole(ask, counts):
    return cut(ask, counts).estimate.tokens


def learn(counts, ask, tokens):
    counts.learn(cut(ask, counts).estimate, None if tokens is None else Usage(int(tokens), 10))


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
    assert whole(more, Counts()) > whole(question(), Counts())


def test_what_another_reads_is_not_counted_and_thoughts_never_are():
    answer = [Reasoning("I think " * 99), Opaque(THERE, "thinking", {"signature": "x" * 999}), Text("Yes.")]
    plain, thought = asked().answer([Text("Yes.")]).ask("Sure?"), asked().answer(answer).ask("Sure?")
    counts = Counts()
    assert whole(question(thought), counts) == whole(question(plain), counts)
    assert whole(question(thought, THERE), counts) > whole(question(plain, THERE), counts) + 300


@pytest.mark.parametrize(
    ("provider", "tokens"), [("anthropic", 1_534), ("openai", 2_500), ("gemini", 1_120), ("xai", 1_792)]
)
def test_a_picture_counts_by_its_vendors_formula(provider, tokens):
    large = Transcript().ask("See:", image_of(drawn("JPEG", (4_000, 3_000))))
    origin = Origin(provider, "model")
    alone = whole(question(large, origin), Counts()) - whole(question(Transcript().ask("See:"), origin), Counts())
    assert tokens - 20 <= alone <= tokens + 20


def test_bytes_that_are_no_picture_are_counted_as_one():
    assert whole(question(Transcript().ask(Image(b"", "image/png"))), Counts()) > 1_000


def test_what_cannot_be_written_does_not_stop_the_count():
    endless: dict[str, object] = {}
    endless["itself"] = endless
    assert whole(question(asked().answer([Call("weather", endless)]).closed()), Counts()) > 0


def test_a_vendor_that_counts_more_is_believed_at_once_and_one_that_counts_less_slowly():
    counts, ask = Counts(), question(asked("Tell me of Rome. " * 200))
    first = whole(ask, counts)
    learn(counts, ask, first * 1.5)
    assert whole(ask, counts) == pytest.approx(first * 1.5, rel=0.01)
    for _ in range(30):
        learn(counts, ask, first * 0.8)
    assert whole(ask, counts) == pytest.approx(first * 0.8, rel=0.01)


@pytest.mark.parametrize("told", [None, 0, 150], ids=["nothing", "none", "a little"])
def test_what_says_nothing_teaches_nothing(told):
    counts, ask = Counts(), question(asked("Tell me of Rome. " * 200))
    learn(counts, ask, told)
    assert counts.factor(HERE) == 1


def test_a_short_question_teaches_nothing():
    counts = Counts()
    learn(counts, question(), 900)
    assert counts.factor(HERE) == 1


def test_no_report_takes_it_further_than_can_be():
    counts, ask = Counts(), question(asked("Tell me of Rome. " * 200))
    learn(counts, ask, 10**9)
    assert counts.factor(HERE) == 3


def test_a_deployment_learns_for_itself():
    counts, ask = Counts(), question(asked("Tell me of Rome. " * 200))
    learn(counts, ask, 5_000)
    assert counts.factor(HERE) > 1 and counts.factor(THERE) == 1


def test_results_in_json_are_more_tokens_than_words_of_that_length():
    words, records = "x " * 500, "[" + "1," * 499 + "]"
    at = Counts().messages(question())
    told = [
        at(asked().answer([Call("a", {}, "1")]).tell([Result("1", said)]).messages) for said in (words, records)
    ]
    assert told[1] > told[0]
