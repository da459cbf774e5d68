"""Which names say that what they name is secret: by their last words, as a name ends in what it is.

``next_page_token`` is the token of a page, ``token_type`` a type and ``tokens_used`` a number: no secrets.
"""

import re
from functools import lru_cache


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PASSWORDS = _words("password passwd pwd pw psw passphrase pass passe passwort kennwort senha contraseña")
# Of a few digits: in plain text, too, digits alone are taken for them.
NUMBERS = _words("otp totp hotp pin ssn cvv cvc passcode")
NOUNS = (
    PASSWORDS
    | NUMBERS
    | _words(
        "secret secrets token credential credentials jwt jwts authorization cookie cookies passwords pins otps"
    )
)
# Ends of words that are written as one.
_ENDS = (
    *(
        "password",
        "passwd",
        "passphrase",
        "passcode",
        "passwort",
        "secret",
        "token",
        "cookie",
        "dbpass",
        "userpass",
    ),
    *("apikey", "accesskey", "secretkey", "privatekey", "credential", "credentials", "authorization"),
)
_OTHER_ENDS = tuple(f"{what}token" for what in ("page", "next", "continuation", "sync", "skip", "first", "start"))
# Of the last two words the first, where the second alone says little.
PAIRS = {
    "key": _words(
        "api app application access secret private signing signature encryption decryption cipher master "
        "account shared storage subscription service client auth authentication session admin root "
        "license ssh rsa aes hmac pgp gpg deploy webhook write server functions host bot integration "
        "ingest sas"
    ),
    "code": _words(
        "verification security recovery backup otp totp mfa 2fa tfa auth authentication authorization access "
        "login sms pass confirmation cvv cvc time"
    ),
    "token": _words("access refresh auth api bearer session device push bot personal csrf id"),
    "number": _words("security"),
    "auth": _words("basic http proxy redis rediscli"),
    "word": _words("pass"),
}
PLURALS = {"keys": "key", "codes": "code", "tokens": "token"}
# Before one of those nouns: another thing of that name.
_OTHERS = {
    "token": _words(
        "page next continuation cursor sync skip first last max min per input output prompt "
        "completion reasoning stop eos bos pad unk mask sep cls start end special to each cached total text audio "
        "image"
    ),
    "pass": _words(
        "boarding first second third last single multi two one season ski day bus rail forward backward render "
        "high low band by mountain"
    ),
    "pin": _words("map gpio led location analog digital drop push board signal clock data"),
}
QUALIFIERS = _words(
    "value val plain plaintext raw base64 b64 hash hashed encrypted enc confirmation confirm again repeat "
    "repeated old new current"
)
# First words of questions that are answered by yes or no.
_QUESTIONS = _words("has is needs requires require allow allows enable disable use uses show hide")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^\W\d_A-Z]+|\d+")
# Of a name as it is looked at, and as it is searched for backwards from one of its words.
LONGEST, NEAR = 200, 64
_BEFORE, _BEFORE_IN_QUOTES = re.compile(r"[\w.$-]*"), re.compile(r"[\w.$ -]*")


@lru_cache(4096)
def names_secret(key: str) -> bool:
    """Whether texts under the name *key* are secret by it."""
    words = _words_of(key)
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in QUALIFIERS):
        words.pop()
    if not words or (len(words) > 1 and words[0] in _QUESTIONS):
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in NOUNS:
        return before not in _OTHERS.get(last, ())
    if before in PAIRS.get(PLURALS.get(last, last), ()):
        return True
    return last.endswith(_ENDS) and not last.endswith(_OTHER_ENDS)


@lru_cache(4096)
def names_chosen(name: str) -> bool:
    """Whether *name* is that of a secret which people choose, or type: short, and maybe nothing but digits."""
    words = _words_of(name)
    return bool(words) and (
        words[-1] in NUMBERS or words[-1] in ("code", "codes", "number") or names_password(name)
    )


@lru_cache(4096)
def names_password(name: str) -> bool:
    """Whether *name* is that of a password; ``pass`` alone is a verb."""
    words = _words_of(name)
    return bool(words) and words[-1] in PASSWORDS and words[-1] != "pass"


def least_digits(name: str) -> int:
    """How many digits the secret *name* has at least, in a sentence."""
    return 3 if name.lower().endswith(("cvv", "cvc")) else 4


def name_before(text: str, start: int, end: int, *, in_quotes: bool = False) -> str:
    """The name that ends at *end*, of which a part stands at *start*; *in_quotes* it may hold spaces."""
    before = text[max(0, start - NEAR) : start][::-1]
    found = (_BEFORE_IN_QUOTES if in_quotes else _BEFORE).match(before)
    return text[start - (found.end() if found else 0) : end]


def _words_of(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name[-LONGEST:])]
