import pytest
from django.core.exceptions import ImproperlyConfigured

from telemetry.database.sealing import MARK, Unopened, is_current, seal, unseal


@pytest.mark.parametrize("text", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "ü☃", "x" * 10_000, "a\nb"])
def test_sealed_text_opens_again_and_shows_nothing(text):
    sealed = seal(text)
    assert unseal(sealed) == text
    assert text not in sealed
    assert seal(text) != sealed  # equal secrets do not look equal


def test_another_key_opens_nothing_and_loses_nothing(settings):
    sealed = seal("hidden")
    settings.SECRET_KEY = "another"
    opened = unseal(sealed)
    assert isinstance(opened, Unopened)
    assert (opened, opened.sealed) == ("", sealed)


def test_a_former_key_still_opens(settings):
    former, sealed = settings.SECRET_KEY, seal("hidden")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "newest", ["between", former]
    assert unseal(sealed) == "hidden"
    assert not is_current(sealed)
    assert is_current(seal("hidden"))


@pytest.mark.parametrize("damage", ["", "x", "ü", "gAAAAA", "\0"])
def test_damaged_text_is_not_an_error(damage):
    assert isinstance(unseal(MARK + damage), Unopened)
    assert not is_current(MARK + damage)


def test_text_that_was_never_sealed_is_itself():
    assert unseal("whsec_plain") == "whsec_plain"
    assert not is_current("whsec_plain")


def test_a_key_that_was_made_up_for_this_process_seals_nothing(settings):
    settings.SECRET_KEY_LASTS = False
    with pytest.raises(ImproperlyConfigured, match="SALESBOOST_SECRET_KEY is not set here"):
        seal("hidden")
