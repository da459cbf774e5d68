"""A turn is on the budget of the API key that asks."""

import pytest

from tests.tools.llm.models import asked, deployment, question
from tools.decisions import live
from tools.decisions.live import KeyInfo, Snapshot
from tools.llm.routing import NoDeployment
from tools.llm.turns import TurnFailed, Turns

KEYS = {"hash": KeyInfo("crm", "sb_crm", models_tokens_day=1)}


async def test_a_key_that_has_used_its_budget_up_is_told_so_and_others_are_not(lab, model_client, make_executor):
    executor = make_executor()
    turns, where = Turns(model_client, executor), deployment(lab, "anthropic")
    hello = question(asked("Say hello."), tools=())
    with live.pinned(Snapshot(keys=KEYS)):
        assert (await turns.execute(where, hello, api_key_name="crm")).text
        await executor.flush()
        with pytest.raises(
            (TurnFailed, NoDeployment), match="the key crm's budget of 1 tokens for today is used up"
        ):
            await turns.execute(where, hello, api_key_name="crm")
        assert (await turns.execute(where, hello)).text
