"""What a new installation knows, and that a later start leaves alone what admins made of it."""

from datetime import date

import pytest

from tools.llm.adapters.base import Ask
from tools.llm.adapters.capabilities import Capabilities
from tools.llm.calling import ModelClient
from tools.llm.providers.models import Deployment, Model, Route
from tools.llm.providers.reading import read_snapshot
from tools.llm.providers.seed import seed, shipped
from tools.llm.transcript import Transcript

pytestmark = pytest.mark.django_db


def test_every_model_that_ships_is_one_as_the_admin_would_take_it():
    seed()
    assert Model.objects.count() == len(shipped())
    for model in Model.objects.all():
        model.full_clean(validate_unique=False, validate_constraints=False)
        assert model.source and model.checked_on <= date(2026, 12, 1)


def test_the_ends_that_vendors_announced_are_known():
    seed()
    ends = dict(Model.objects.exclude(shutdown_on=None).values_list("name", "shutdown_on"))
    assert ends["claude-sonnet-4-5"] == date(2026, 11, 30)
    assert ends["gemini-2.5-flash"] == date(2026, 12, 1)
    assert ends["gpt-5"] == date(2026, 12, 11)
    assert ends["gpt-4o"] == date(2027, 1, 14)
    assert all(Model.objects.exclude(shutdown_on=None).values_list("successor", flat=True))
    gone_for = set(Model.objects.exclude(shutdown_on=None).values_list("successor", flat=True))
    lasting = set(Model.objects.filter(shutdown_on=None).values_list("name", flat=True))
    assert gone_for <= lasting


def test_a_second_time_makes_nothing():
    assert len(seed()) == len(shipped()) + 2
    assert seed() == []


def test_what_an_admin_made_of_it_stays():
    seed()
    Model.objects.filter(name="gpt-6-sol").update(vision=False, source="tried it")
    Deployment.objects.filter(name="echo").update(enabled=False)
    Route.objects.get(name="default").delete()
    Model.objects.get(name="gpt-6-luna").delete()
    assert seed() == ["openai gpt-6-luna (responses)"]
    assert Model.objects.get(name="gpt-6-sol").source == "tried it"
    assert not Deployment.objects.get(name="echo").enabled
    assert not Route.objects.exists()


def test_the_first_deployment_of_ones_own_gets_none_beside_it(make_deployment):
    make_deployment()
    seed()
    assert [deployment.name for deployment in Deployment.objects.all()] == ["sol"]


@pytest.mark.django_db(transaction=True)
async def test_the_default_route_answers_without_key_or_network():
    from asgiref.sync import sync_to_async

    await sync_to_async(seed)()
    (entry,) = (await sync_to_async(read_snapshot)()).route("default").entries
    where, client = entry.deployment, ModelClient()
    answer = await client.complete(
        where, Ask(origin=where.origin, can=where.can, transcript=Transcript().ask("Hello."))
    )
    await client.aclose()
    assert answer.parts[0].text == "Hello."
    assert where.can == Capabilities(forced_tool_choice=False, parallel_calls=False)
