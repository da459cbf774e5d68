"""API keys: made once, stored hashed, revoked for good."""

import hashlib
import secrets
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from tools.decisions import live
from tools.models import ApiKey, Scope

PREFIX = "sb_"
SHOWN_CHARS = 8


def make_plain() -> str:
    """A new key: the prefix by which secret scanners know it, and 256 random bits in 43 characters."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(plain: str) -> str:
    """What is stored of a key. A plain hash is enough: nobody guesses 256 random bits."""
    return hashlib.sha256(plain.encode()).hexdigest()


def create_key(name: str, scopes: Iterable[str] = tuple(Scope), roles: Iterable[str] = ()) -> tuple[ApiKey, str]:
    """A new key and its plain text, which is to be had only now. Works in this process at once."""
    plain = make_plain()
    key = ApiKey(name=name, scopes=[str(scope) for scope in scopes], roles=list(roles))
    store_key(key, plain)
    return key, plain


def store_key(key: ApiKey, plain: str) -> None:
    """Save *key* as the one whose plain text is *plain*."""
    key.hash, key.prefix = digest(plain), plain[:SHOWN_CHARS]
    key.save()
    transaction.on_commit(live.refresh)


def ensure_key(name: str, plain: str, scopes: Iterable[str] = tuple(Scope), roles: Iterable[str] = ()) -> ApiKey:
    """The key whose plain text is *plain*, made if there is none; again and again does no harm.

    An older key of that *name* is renamed and revoked: the preset was changed.
    """
    found = ApiKey.objects.filter(hash=digest(plain)).first()
    if found is not None:
        return found
    for older in ApiKey.objects.filter(name=name):
        older.name = f"{name} until {timezone.now():%F %T}"
        older.revoked_at = timezone.now()
        older.save(update_fields=["name", "revoked_at"])
    key = ApiKey(name=name, scopes=[str(scope) for scope in scopes], roles=list(roles))
    store_key(key, plain)
    return key


def revoke_key(key: ApiKey) -> None:
    """Let *key* open nothing any more: here at once, in other processes within two seconds."""
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
    transaction.on_commit(live.refresh)
