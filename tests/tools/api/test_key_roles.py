"""A key calls as itself, as what its list says, and as anything only where somebody said so."""

from importlib import import_module
from random import Random

import pytest
from django.apps import apps

from salesboost.accounts import FIRST_KEY_ROLES
from salesboost.demo.calls import next_call
from tools.decisions.keys import create_key, ensure_key, make_plain
from tools.definition.registry import build_default_registry
from tools.jobs.rights import submitter_of_key
from tools.models import ApiKey


def roles_of(key):
    return submitter_of_key(key).client.roles


@pytest.mark.django_db
def test_a_new_key_without_a_list_calls_as_itself_alone():
    key, _ = create_key("robot")
    assert (key.default_role, key.any_role, roles_of(key)) == ("coach", False, frozenset())
    assert roles_of(create_key("listed", roles=["rag"])[0]) == {"rag"}
    assert roles_of(ApiKey(name="chief", any_role=True)) is None


@pytest.mark.django_db
def test_keys_that_there_were_keep_what_they_could_do_and_say_so():
    for name, scopes, roles in (
        ("free", ["read", "execute"], []),
        ("bound", ["execute"], ["rag"]),
        ("told", ["read", "payloads"], ["rag"]),
    ):
        ApiKey.objects.create(name=name, hash=name, scopes=scopes, roles=roles)
    import_module("tools.migrations.0007_own_role_and_payloads").keep_what_keys_could_do(apps, None)
    kept = {key.name: (key.any_role, key.scopes) for key in ApiKey.objects.all()}
    assert kept == {
        "free": (True, ["read", "execute", "payloads"]),
        "bound": (False, ["execute"]),
        "told": (False, ["read", "payloads"]),
    }


@pytest.mark.django_db
def test_the_first_key_may_call_as_every_role_that_tools_ask_for_and_that_the_demonstration_plays():
    key = ensure_key("first key", make_plain(), roles=FIRST_KEY_ROLES)
    asked = {role for tool in build_default_registry() for role in tool.policy.roles}
    random = Random(1)
    played = {next_call(random).caller_role for _ in range(5_000)}
    assert asked | played <= roles_of(key)
    assert "visitor" in played  # who may call nothing


async def test_a_role_that_is_not_the_keys_is_refused_over_rest(api_as):
    api = api_as("sb_own")
    answer = await api.execute("double", {"number": 1}, caller_role="rag")
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_granted")
    assert answer.json()["hint"] == "roles that it may claim: coach"
    assert (await api.execute("double", {"number": 1})).status_code == 200
    assert (await api.execute("double", {"number": 1}, caller_role="coach")).status_code == 200
