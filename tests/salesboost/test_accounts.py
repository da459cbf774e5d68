"""What a start does with the admin's account and the first API key, and that credentials.json says what is so."""

import json

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from salesboost import credentials
from salesboost.accounts import Step, decide
from salesboost.management.commands.prepare import Command
from salesboost.starting.up import where_to_log_in
from tools.decisions.keys import digest
from tools.models import ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def start(settings, tmp_path):
    """One start after the other on one database and DATA_DIR: gives the file that the start leaves."""
    settings.DATA_DIR = tmp_path
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

    def start(password="", key=""):
        settings.ADMIN_PASSWORD, settings.PRESET_API_KEY = password, key
        credentials.write(tmp_path, credentials.complete(tmp_path, {"admin_password": password, "api_key": key}))
        Command().make_accounts()
        return json.loads((tmp_path / "credentials.json").read_text())

    return start


def may_log_in(password, name="admin"):
    user = User.objects.filter(username=name, is_active=True).first()
    return user is not None and user.check_password(password)


def test_a_changed_password_is_put_into_effect_and_ends_the_sessions_of_the_old_one(start, capsys):
    start(password="first password of all")
    session = Client()
    session.force_login(User.objects.get(username="admin"))
    assert session.get("/").status_code == 200
    assert start(password="second password of all")["admin_password"] == "second password of all"
    assert may_log_in("second password of all") and not may_log_in("first password of all")
    assert session.get("/").status_code == 302
    assert "is now that of SALESBOOST_ADMIN_PASSWORD" in capsys.readouterr().out


def test_a_password_that_the_first_start_made_up_gives_way_to_a_given_one(start):
    made_up = start()["admin_password"]
    assert may_log_in(made_up)
    start(password="first password of all")
    assert may_log_in("first password of all") and not may_log_in(made_up)


def test_the_same_again_changes_nothing_and_keeps_the_sessions(start):
    file = start(password="first password of all", key="sb_preset")
    session = Client()
    session.force_login(User.objects.get(username="admin"))
    assert start(password="first password of all", key="sb_preset") == file
    assert start() == file  # the variables are gone: what they said still holds
    assert session.get("/").status_code == 200


@pytest.mark.parametrize("variable", ["first password of all", ""])
def test_a_password_set_by_hand_stays_and_the_file_claims_no_other(start, variable, capsys):
    start(password=variable)
    user = User.objects.get(username="admin")
    user.set_password("chosen by hand")
    user.save()
    for _ in range(2):
        assert start(password=variable)["admin_password"] == ""
        assert may_log_in("chosen by hand") and not may_log_in("first password of all")
    assert ("changed by hand" in capsys.readouterr().out) is bool(variable)
    assert start(password="second password of all")["admin_password"] == "second password of all"
    assert may_log_in("second password of all")


def test_an_installation_from_before_is_not_taken_back_to_an_old_password(start, capsys):
    """Nothing was noted then: the password may have been changed by hand because the variable's leaked."""
    User.objects.create_superuser("admin", password="chosen by hand")
    assert start(password="first password of all")["admin_password"] == ""
    assert may_log_in("chosen by hand")
    start(password="second password of all")
    assert may_log_in("second password of all")


def test_a_deleted_admin_stays_deleted_while_there_is_another(start, capsys):
    start(password="first password of all")
    User.objects.create_superuser("eve", password="another password of all")
    User.objects.get(username="admin").delete()
    assert start(password="first password of all")["admin_password"] == ""
    assert start(password="second password of all")["admin_password"] == ""
    assert not User.objects.filter(username="admin").exists()
    assert "was deleted or is no admin's" in capsys.readouterr().out


def test_the_last_admin_is_made_again(start):
    start(password="first password of all")
    User.objects.all().delete()
    start(password="first password of all")
    assert may_log_in("first password of all")


def test_an_account_without_rights_gets_neither_rights_nor_password(start, capsys):
    start(password="first password of all")
    User.objects.filter(username="admin").update(is_superuser=False, is_staff=False)
    assert start(password="second password of all")["admin_password"] == ""
    assert not may_log_in("second password of all")
    assert not User.objects.get(username="admin").is_superuser


def test_a_deactivated_admin_is_not_claimed_to_get_in(start):
    start(password="first password of all")
    User.objects.filter(username="admin").update(is_active=False)
    assert start(password="first password of all")["admin_password"] == ""


def works(key):
    return ApiKey.objects.valid().filter(hash=digest(key)).exists()


def test_a_changed_api_key_replaces_the_old_one(start):
    start(key="sb_first")
    assert start(key="sb_second")["api_key"] == "sb_second"
    assert works("sb_second") and not works("sb_first")


@pytest.mark.parametrize("key", ["sb_first", ""])
@pytest.mark.parametrize("how", ["revoked", "deleted"])
def test_a_first_key_that_was_taken_away_does_not_come_back(start, key, how, capsys):
    value = start(key=key)["api_key"]
    assert works(value)
    if how == "deleted":
        ApiKey.objects.all().delete()
    else:
        ApiKey.objects.update(revoked_at="2026-01-01T00:00Z")
    for _ in range(2):
        assert start(key=key)["api_key"] == ""
        assert not ApiKey.objects.valid().exists()
    assert start(key="sb_third")["api_key"] == "sb_third" and works("sb_third")


def test_a_second_machine_leaves_the_accounts_of_the_first(start, settings, tmp_path):
    first = start(password="first password of all")
    settings.DATA_DIR = tmp_path
    (tmp_path / "credentials.json").unlink()
    second = start()
    assert works(first["api_key"]) and may_log_in("first password of all")
    assert (second["admin_password"], second["api_key"]) == ("", "")


def test_prepare_without_a_data_dir_of_up_writes_no_file(settings, tmp_path):
    settings.DATA_DIR, settings.ADMIN_PASSWORD = tmp_path, "first password of all"
    Command().make_accounts()
    assert may_log_in("first password of all")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        ({"exists": False, "may_create": True, "given": False, "unchanged": None}, Step.CREATE),
        ({"exists": False, "may_create": False, "given": True, "unchanged": False}, Step.LEAVE),
        ({"exists": True, "may_create": False, "given": True, "unchanged": False}, Step.REPLACE),
        ({"exists": True, "may_create": False, "given": False, "unchanged": False}, Step.LEAVE),
        ({"exists": True, "may_create": False, "given": True, "unchanged": True}, Step.LEAVE),
        ({"exists": True, "may_create": False, "given": True, "unchanged": None}, Step.LEAVE),
    ],
)
def test_what_is_done_with_an_account(seen, step):
    assert decide(**seen) is step


def test_the_prompt_names_what_the_file_has(tmp_path):
    path = tmp_path / "credentials.json"
    said = [
        where_to_log_in({"admin_user": "admin", "admin_password": password, "api_key": key}, path)
        for password, key in (("x", "y"), ("", "y"), ("", ""))
    ]
    assert said[0] == f"User admin; its password and an API key are in {path}"
    assert said[1] == f"User admin; an API key is in {path}"
    assert "changed by hand" in said[2]


def test_no_migration_is_missing():
    call_command("makemigrations", "salesboost", "--check", "--dry-run", verbosity=0)
