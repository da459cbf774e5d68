"""Text that must not lie in the database as it is: sealed with a key that is made of ``SALESBOOST_SECRET_KEY``.

What was sealed with a former key opens as long as that key is among ``SALESBOOST_SECRET_KEY_FALLBACKS``.
"""

from base64 import urlsafe_b64encode
from functools import cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

# Django's own fields take no type parameters; their stubs ask for them.
if TYPE_CHECKING:
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField

# Sealed text begins so: it can be told from plain text, and another way of sealing may come.
MARK = "sealed1:"
UNOPENED = (
    "No key opens the stored secret: name the former SALESBOOST_SECRET_KEY in SALESBOOST_SECRET_KEY_FALLBACKS, "
    "or give the secret anew."
)


class Unopened(str):
    """Stands for a secret that no key opens: empty, and stored again as it was."""

    sealed: str

    def __new__(cls, sealed: str) -> "Unopened":
        self = super().__new__(cls, "")
        self.sealed = sealed
        return self


def seal(plain: str) -> str:
    """*plain*, readable only with the present key. ImproperlyConfigured where that key would be lost."""
    if not settings.SECRET_KEY_LASTS:
        raise ImproperlyConfigured(
            "SALESBOOST_SECRET_KEY is not set here: what is sealed now could never be opened again."
        )
    return MARK + MultiFernet(keys()).encrypt(plain.encode()).decode()


def unseal(stored: str) -> str:
    """The text inside; Unopened if no key opens it. What was never sealed is returned as it is."""
    if not stored.startswith(MARK):
        return stored
    try:
        return MultiFernet(keys()).decrypt(stored.removeprefix(MARK).encode()).decode()
    except InvalidToken:
        return Unopened(stored)


def is_current(stored: str) -> bool:
    """Whether *stored* is sealed with the present key."""
    try:
        keys()[0].decrypt(stored.removeprefix(MARK).encode())
    except InvalidToken:
        return False
    return stored.startswith(MARK)


def keys() -> list[Fernet]:
    """The present key, then the former ones."""
    return [key_of(text) for text in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


@cache
def key_of(secret_key: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"salesboost sealed text").derive(secret_key.encode())
    return Fernet(urlsafe_b64encode(derived))


class SealedTextField(TextField):
    """Text that is sealed in the database and plain in Python; no text is no text in both. Not to be searched."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Unopened):
            return value.sealed
        return seal(value) if value else value

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        return value if value is None else unseal(value)
