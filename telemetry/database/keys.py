"""The keys by which text is sealed (``sealing.py``): made of ``SALESBOOST_SECRET_KEY`` and the former ones."""

from base64 import urlsafe_b64encode
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def encrypt(plain: str) -> str:
    """*plain*, readable only with the present key."""
    return MultiFernet(keys()).encrypt(plain.encode()).decode()


def decrypt(token: str) -> str | None:
    """What was encrypted; None if no key opens it."""
    try:
        return MultiFernet(keys()).decrypt(token.encode()).decode()
    except InvalidToken:
        return None


def opens_with_present(token: str) -> bool:
    """Whether the present key opens *token*."""
    try:
        keys()[0].decrypt(token.encode())
    except InvalidToken:
        return False
    return True


def keys() -> list[Fernet]:
    """The present key, then the former ones."""
    return [key_of(text) for text in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


@cache
def key_of(secret_key: str) -> Fernet:
    derived = HKDF(SHA256(), length=32, salt=None, info=b"salesboost sealed text").derive(secret_key.encode())
    return Fernet(urlsafe_b64encode(derived))
