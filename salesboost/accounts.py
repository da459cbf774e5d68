"""The admin's account and the first API key: what the environment says, and what people did by hand since."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db import transaction

from salesboost.credentials import ADMIN_USER
from salesboost.models import Preset
from tools.decisions.keys import digest, ensure_key
from tools.models import ApiKey

PASSWORD, KEY = "SALESBOOST_ADMIN_PASSWORD", "SALESBOOST_API_KEY"
FIRST_KEY = "first key"
# It may claim the roles that the tools here ask for, and one that may call none of them, to be refused.
FIRST_KEY_ROLES = ("coach", "rag", "retriever", "session_director", "visitor")
BY_HAND = (
    f"The admin's password was changed by hand and stays; {PASSWORD} is put into effect when it is changed, and "
    "`manage.py changepassword` sets another."
)
REPLACED = f"The admin's password is now that of {PASSWORD}; logins with the old one have ended."
DELETED = (
    f"{PASSWORD} was changed, but the account was deleted or is no admin's: let another admin make it, "
    "or run `manage.py createsuperuser`."
)
REVOKED = f"The first API key was revoked or deleted and stays so: make one in the admin, or change {KEY}."


class Step(StrEnum):
    CREATE = "create"
    REPLACE = "replace"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A password or a key. ``given`` by the environment, or made up at the first start."""

    value: str
    given: bool


def decide(*, exists: bool, may_create: bool, given: bool, unchanged: bool | None) -> Step:
    """What to do with an account at a start.

    *unchanged*: whether what is wanted is what was put into effect last; None where that is not known: an
    installation from before it was noted. What somebody did by hand since then stays.
    """
    if not exists:
        return Step.CREATE if may_create else Step.LEAVE
    return Step.REPLACE if given and unchanged is False else Step.LEAVE


@transaction.atomic
def settle_admin(name: str, wanted: Wanted, say: Callable[[str], Any]) -> bool:
    """Put *wanted* into effect where it is new; whether it is the password of the account *name* now."""
    users = get_user_model().objects
    user = users.filter(username=name).first()
    # Of what was made up nobody asks; to compare takes half a second of a start.
    unchanged = Preset.objects.says(PASSWORD, wanted.value) if wanted.given else None
    alone = not users.filter(is_superuser=True).exists()
    step = decide(exists=user is not None, may_create=alone, given=wanted.given, unchanged=unchanged)
    if step is Step.CREATE:
        user = users.create_superuser(name, password=wanted.value)
    elif step is Step.REPLACE and user is not None and user.is_superuser:
        user.set_password(wanted.value)
        user.save(update_fields=["password"])
        say(REPLACED)
    if step is Step.CREATE or (wanted.given and not unchanged):
        Preset.objects.note(PASSWORD, wanted.value)
    fits = step is Step.CREATE or (user is not None and user.is_active and user.check_password(wanted.value))
    if wanted.given and not fits:
        say(_why_not(user, changed=unchanged is False))
    return fits


def _why_not(user: User | None, *, changed: bool) -> str:
    return DELETED if changed or user is None else BY_HAND


@transaction.atomic
def settle_key(wanted: Wanted, say: Callable[[str], Any]) -> bool:
    """Put the first API key into effect where it is new; whether it opens anything now."""
    unchanged = Preset.objects.says(KEY, wanted.value) if wanted.given else Preset.objects.has(KEY) or None
    if not unchanged:
        ensure_key(FIRST_KEY, wanted.value, roles=FIRST_KEY_ROLES)
        Preset.objects.note(KEY, wanted.value)
    works = ApiKey.objects.valid().filter(hash=digest(wanted.value)).exists()
    if wanted.given and not works:
        say(REVOKED)
    return works


def settle(stored: Mapping[str, str], given: Mapping[str, str], say: Callable[[str], Any]) -> dict[str, str]:
    """Make or change the accounts of the first start. Gives *stored* with what is not so left empty.

    *stored*: what ``credentials.json`` has; *given*: ``admin_password`` and ``api_key`` of the environment, which
    go before.
    """
    true = dict(stored)
    password = Wanted(given["admin_password"] or stored.get("admin_password", ""), bool(given["admin_password"]))
    if password.value:
        works = settle_admin(stored.get("admin_user", ADMIN_USER), password, say)
        true["admin_password"] = password.value if works else ""
    key = Wanted(given["api_key"] or stored.get("api_key", ""), bool(given["api_key"]))
    if key.value:
        true["api_key"] = key.value if settle_key(key, say) else ""
    return true
