import httpx
import pytest

from salesboost.demo import prompts
from salesboost.demo.incidents import Incidents
from salesboost.demo.schedule import Outage
from tools.llm.prompts.labels import move
from tools.llm.prompts.models import Label, Prompt
from tools.llm.prompts.seed import seed

NOBODY = frozenset()


@pytest.fixture
def shipped(transactional_db):
    """The shipped prompts and their worse versions."""
    seed()
    prompts.ensure_worse()


def live(name="coach"):
    return Label.objects.get(prompt__name=name, name="production").version.number


def test_a_worse_version_is_promoted_and_rolled_back_and_its_moves_are_kept(shipped):
    assert prompts.ensure_worse() == []
    assert live() == 1 and prompts.promote("coach") and live() == 2
    assert not prompts.promote("coach")
    assert prompts.roll_back("coach") and live() == 1
    assert not prompts.roll_back("coach")
    moves = Label.objects.get(prompt__name="coach", name="production").moves.all()
    assert [move.by for move in moves] == ["demonstration", "demonstration", "SalesBoost"]


def test_what_a_person_has_put_into_production_stays(shipped):
    prompts.promote("coach")
    label = Label.objects.get(prompt__name="coach", name="production")
    first = Prompt.objects.get(name="coach").versions.get(number=1)
    move(label, first, by="ann", reason="calls fail")
    assert not prompts.promote("coach") and not prompts.roll_back("coach")
    assert live() == 1


async def settle(incidents, provider_lab, worse, outage):
    async with httpx.AsyncClient(base_url=provider_lab.server.url) as client:
        await incidents.settle(client, worse, outage)


@pytest.mark.asyncio
async def test_vendors_fail_and_recover_as_they_are_told(provider_lab):
    said = []
    incidents = Incidents(provider_lab.server.url, said.append, worse=set())

    async def status(vendor="groq"):
        address = f"{provider_lab.url(vendor)}/chat/completions"
        body = {"model": "openai/gpt-oss-120b", "messages": [{"role": "user", "content": "Hi"}]}
        async with httpx.AsyncClient(headers={"authorization": "Bearer any"}) as client:
            return (await client.post(address, json=body)).status_code

    await settle(incidents, provider_lab, NOBODY, Outage("groq", "rate_limited"))
    assert [await status(), await status()] == [429, 429]
    assert await status("openrouter") != 429
    await settle(incidents, provider_lab, NOBODY, None)
    assert await status() == 200
    assert said == ["groq is rate_limited", "all vendors answer"]


@pytest.mark.asyncio
async def test_a_lab_that_is_away_is_told_at_the_next_look():
    incidents = Incidents("http://127.0.0.1:9", print, worse=set())
    async with httpx.AsyncClient(base_url="http://127.0.0.1:9") as client:
        await incidents.settle(client, NOBODY, None)
    assert incidents.outage is not None


def test_what_a_killed_run_has_left_is_undone_at_the_start(shipped):
    prompts.promote("sales")
    said = []
    Incidents("http://127.0.0.1:9", said.append).set_prompts(NOBODY)
    assert live("sales") == 1 and said == ["prompt sales: rolled back"]
