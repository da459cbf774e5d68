"""The tool through all stages of the pipeline, on a thread with a connection of its own."""

import pytest

from tools.catalog.conversation.stage_classifier import stage_classifier
from tools.errors import NotAuthorized

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("examples")]


@pytest.fixture
def executor(make_executor):
    return make_executor(stage_classifier)


def ask(text):
    return {"tool": "stage_classifier", "payload": {"conversation": [{"speaker": "Rep", "text": text}]}}


async def test_conversations_read_side_by_side_do_not_disturb_each_other(executor):
    texts = ["Please sign the contract.", "Could you offer us a discount for two hundred seats?"] * 5
    results = await executor.execute_parallel([ask(text) for text in texts], caller_role="coach")
    assert [result.result["stage"] for result in results] == ["closing", "negotiation"] * 5
    assert len({result.result["confidence"] for result in results}) == 2


async def test_other_roles_may_not_call_it(executor):
    with pytest.raises(NotAuthorized):
        await executor.execute(name="stage_classifier", payload={}, caller_role="rag")
