import pytest

from salesboost.demo import choice, deployments
from tools.llm.choice import groups
from tools.llm.providers.models import RouteEntry
from tools.llm.providers.seed import seed
from tools.selection import live
from tools.selection.models import SelectionGroup

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_group_is_made_once_and_chooses_on_the_demonstrations_route():
    seed()
    deployments.lead_to("http://127.0.0.1:8026")
    assert choice.ensure_group() and not choice.ensure_group()
    SelectionGroup.objects.get().full_clean()  # its members are deployments that there are
    route = RouteEntry.objects.filter(route__name=deployments.ROUTE)
    rank = set(route.values_list("deployment__name", flat=True))
    with live.pinned(live.LiveGroups().read()):
        assert groups.of_deployments(choice.MEMBERS[0], rank).name == choice.NAME


def test_what_a_person_has_made_of_it_stays():
    SelectionGroup.objects.create(name="mine", kind="deployment", members=choice.MEMBERS[:2])
    assert not choice.ensure_group()
