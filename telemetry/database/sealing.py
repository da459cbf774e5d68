"""Text that must not lie in the database as it is: sealed with a key that is made of ``SALESBOOST_SECRET_KEY``.

What was sealed with a former key opens as long as that key is among ``SALESBOOST_SECRET_KEY_FALLBACKS``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
    sealed: str = _keys().encrypt(plain)
    return MARK + sealed


def unseal(stored: str) -> str:
    """The text inside; Unopened if no key opens it. What was never sealed is returned as it is."""
    if not stored.startswith(MARK):
        return stored
    plain: str | None = _keys().decrypt(stored.removeprefix(MARK))
    return Unopened(stored) if plain is None else plain


def is_current(stored: str) -> bool:
    """Whether *stored* is sealed with the present key."""
    return stored.startswith(MARK) and _keys().opens_with_present(stored.removeprefix(MARK))


def _keys() -> Any:
    """Loaded with the first secret: most processes have the tables and meet none."""
    return import_module("telemetry.database.keys")


class SealedTextField(TextField):
    """Text that is sealed in the database and plain in Python; no text is no text in both. Not to be searched."""

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Unopened):
            return value.sealed
        return seal(value) if value else value

    def from_db_value(self, value: str | None, expression: Any, connection: BaseDatabaseWrapper) -> str | None:
        return value if value is None else unseal(value)
