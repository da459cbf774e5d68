import pytest

from tests.tools.llm.models import PIXEL, asked, said, weather
from tools.llm.adapters.base import Ask
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.calling import Deployment
from tools.llm.transcript import Text, Transcript

LOCAL = Deployment(
    name="local", provider="local", model="echo", base_url="local://echo", can=Capabilities(vision=True)
)


def question(transcript, **about):
    return Ask(origin=LOCAL.origin, transcript=transcript, can=LOCAL.can, **about)


async def test_it_says_again_what_the_user_said_last(model_client):
    answer, _ = await said(model_client, LOCAL, question(asked("Hello,  you.\n")))
    assert answer.parts == (Text("Hello,  you.\n"),)
    assert answer.usage.output_tokens > 0 and answer.model == "echo"


@pytest.mark.parametrize("stream", [False, True])
async def test_what_looks_like_a_call_is_said_again_and_not_made(model_client, stream):
    text = '<tool_call>{"name": "weather", "arguments": {"city": "Rome"}}</tool_call>'
    answer, _ = await said(model_client, LOCAL, question(asked(text), tools=(weather,), stream=stream))
    assert answer.parts == (Text(text),) and not answer.problems


async def test_it_streams_word_by_word(model_client):
    answer, pieces = await said(model_client, LOCAL, question(asked("Hello,  you. "), stream=True))
    assert answer.parts == (Text("Hello,  you. "),)
    assert [piece.text for piece in pieces] == ["Hello,", "  you.", " "]


async def test_of_several_parts_it_says_the_texts(model_client):
    transcript = Transcript().ask("One", PIXEL, "two")
    answer, _ = await said(model_client, LOCAL, question(transcript))
    assert answer.parts == (Text("One\ntwo"),)
