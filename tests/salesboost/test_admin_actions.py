"""An action on rows that there cannot be is told in a sentence, in every list of the admin."""

import pytest
from django.contrib import admin
from django.urls import NoReverseMatch, reverse

pytestmark = pytest.mark.django_db


def lists():
    admin.autodiscover()
    for model, of_model in admin.site._registry.items():
        try:
            yield of_model, reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        except NoReverseMatch:
            continue


@pytest.mark.parametrize("chosen", ["", "abc", "9" * 30])
def test_rows_that_there_cannot_be_are_no_fault_of_ours(admin_client, rf, admin_user, chosen):
    request = rf.get("/")
    request.user = admin_user
    admin_client.raise_request_exception = False
    tried, faults = 0, []
    for of_model, address in lists():
        for action in of_model.get_actions(request):
            answer = admin_client.post(address, {"action": action, "_selected_action": chosen, "index": "0"})
            tried += 1
            if answer.status_code >= 500:
                faults.append((address, action))
            elif answer.status_code == 400 and not chosen.isdecimal():
                assert "What was chosen are no rows of this list." in answer.content.decode()
    assert not faults and tried > 10
