import pytest
from simple_history.utils import update_change_reason

from salesboost.demo import deployments
from salesboost.demo.talks import ROUTE
from tools.llm.providers.models import Deployment, Model, Route, RouteEntry
from tools.llm.providers.seed import seed

pytestmark = pytest.mark.django_db
LAB = "http://127.0.0.1:8026"
OURS = sorted(deployments.PREFIX + vendor for vendor in deployments.MODELS)


@pytest.fixture(autouse=True)
def seeded():
    """As a first start leaves it."""
    Route.objects.all().delete()
    Deployment.objects.all().delete()
    seed()


def entries(route):
    return [
        str(entry) for entry in RouteEntry.objects.filter(route__name=route).order_by("rank", "deployment__name")
    ]


def addresses():
    return dict(Deployment.objects.filter(name__startswith=deployments.PREFIX).values_list("name", "base_url"))


def test_the_lab_has_a_deployment_of_each_vendor_and_the_echo_stands_behind_them():
    assert sorted(deployments.lead_to(LAB)) == OURS
    assert addresses()["lab-gemini"] == f"{LAB}/gemini/v1beta"
    assert entries(ROUTE) == OURS
    assert entries("default") == [*OURS, "echo"]
    assert not Deployment.objects.filter(name__in=OURS, model__shutdown_on__isnull=False).exists()


def test_the_next_start_leads_to_the_next_lab_and_makes_nothing_twice():
    deployments.lead_to(LAB)
    assert deployments.lead_to("http://127.0.0.1:9") == []
    assert addresses()["lab-anthropic"] == "http://127.0.0.1:9/anthropic"
    assert entries("default") == [*OURS, "echo"]


def test_where_no_lab_runs_nobody_is_asked_there_until_one_does_again():
    deployments.lead_to(LAB)
    deployments.switch_off()
    assert not Deployment.objects.filter(name__in=OURS, enabled=True).exists()
    assert Deployment.objects.get(name="echo").enabled
    deployments.lead_to(LAB)
    assert Deployment.objects.filter(name__in=OURS, enabled=True).count() == len(OURS)


def test_what_an_admin_made_or_edited_is_left_alone_and_asked_by_nobody():
    model = Model.objects.get(provider="openai", name="gpt-6-sol", api="responses")
    Deployment.objects.create(name="lab-openai", model=model, base_url="https://api.openai.com/v1", key="sk-real")
    Route.objects.get(name="default").entries.all().delete()
    deployments.lead_to(LAB)
    edited = Deployment.objects.get(name="lab-groq")
    edited.base_url = "https://api.groq.com/openai/v1"
    edited.save()
    deployments.lead_to("http://127.0.0.1:9")
    deployments.switch_off()
    theirs = {"lab-openai": "https://api.openai.com/v1", "lab-groq": "https://api.groq.com/openai/v1"}
    assert {name: addresses()[name] for name in theirs} == theirs
    assert Deployment.objects.filter(name__in=theirs, enabled=True).count() == 2
    assert not set(theirs) & set(entries(ROUTE))
    assert entries("default") == []


def test_a_route_of_somebody_elses_by_its_name_is_one_sentence():
    Route.objects.create(name=ROUTE)
    with pytest.raises(deployments.NotOurs, match="rename it in the admin"):
        deployments.lead_to(LAB)
    assert addresses() == {}


def test_an_edit_with_a_reason_of_somebody_elses_is_theirs():
    deployments.lead_to(LAB)
    row = Deployment.objects.get(name="lab-xai")
    row.save()
    update_change_reason(row, "slower on purpose")
    assert not deployments.is_ours(row)
