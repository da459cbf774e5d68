"""Passwords cannot be guessed: not at any page, not from behind a header, not by somebody else's success."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from salesboost.login.hashing import bounded
from salesboost.login.throttle import OF_ACCOUNT, OF_ACCOUNT_AT_ADDRESS, OF_ADDRESS, Failures
from salesboost.tasks import delete_old_logins
from tests.salesboost.login.conftest import RIGHT

pytestmark = pytest.mark.django_db
PAGES = ["/login/", "/admin/login/"]
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def failed(username, address, times, at=None):
    """As if so many wrong passwords had been tried."""
    attempt = AccessAttempt.objects.create(username=username, ip_address=address, failures_since_start=times)
    AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=at or timezone.now())


@pytest.fixture
def quick(monkeypatch):
    """Wrong passwords cost nothing here: what counts them is the same."""
    monkeypatch.setattr(bounded, "run", lambda work: "pbkdf2_sha256$1$salt$wrong")


@pytest.mark.parametrize("page", PAGES)
def test_the_right_password_after_25_wrong_ones_is_refused_at_every_page(people, guess, monkeypatch, page):
    with monkeypatch.context() as patched:
        patched.setattr(bounded, "run", lambda work: "pbkdf2_sha256$1$salt$wrong")
        answers = [guess("anna", page=page) for _ in range(25)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429] * 21
    for other in PAGES:
        refused = guess("anna", RIGHT, page=other)
        assert refused.status_code == 429 and "_auth_user_id" not in refused.client.session
    assert 0 < int(refused["Retry-After"]) <= 900
    assert "Too many wrong passwords: try again in 15 minutes, at " in refused.text


def test_two_typos_do_no_harm_and_are_forgotten(people, guess):
    assert [guess("anna").status_code for _ in range(2)] == [200, 200]
    assert guess("anna", RIGHT).status_code == 302
    assert not AccessAttempt.objects.exists()


def test_another_account_from_another_address_is_untouched(people, guess):
    failed("anna", "203.0.113.7", OF_ACCOUNT_AT_ADDRESS)
    assert guess("anna", RIGHT).status_code == 429
    assert guess("ben", RIGHT, address="198.51.100.1").status_code == 302
    assert guess("ben", RIGHT).status_code == 302  # a colleague in the same office


def test_a_stranger_does_not_lock_the_owner_out(people, guess):
    failed("anna", "203.0.113.7", OF_ACCOUNT_AT_ADDRESS)
    assert guess("anna", RIGHT, address="198.51.100.1").status_code == 302


def test_guessing_one_account_from_everywhere_ends_but_not_where_its_owner_is_known(people, guess):
    assert guess("anna", RIGHT, address="198.51.100.1").status_code == 302
    for number in range(OF_ACCOUNT // 4):
        failed("anna", f"203.0.113.{number}", 4)
    assert guess("anna", RIGHT, address="192.0.2.1").status_code == 429
    assert guess("anna", RIGHT, address="198.51.100.1").status_code == 302


def test_guessing_many_accounts_from_one_address_ends(people, guess, quick):
    failed("somebody", "203.0.113.7", OF_ADDRESS - 1)
    assert guess("nobody").status_code == 429
    assert guess("ben").status_code == 429
    assert guess("ben", address="198.51.100.1").status_code == 200


def test_an_own_account_does_not_buy_more_guesses_at_others(people, guess):
    failed("anna", "203.0.113.7", OF_ACCOUNT_AT_ADDRESS - 1)
    assert guess("ben", RIGHT).status_code == 302
    assert guess("anna").status_code == 429


@pytest.mark.parametrize("page", PAGES)
def test_an_account_that_there_is_not_is_answered_as_one_that_there_is(people, guess, quick, page):
    known, unknown = ([guess(name, page=page) for _ in range(6)] for name in ("anna", "nobody"))
    for one, other in zip(known, unknown, strict=True):
        assert one.status_code == other.status_code
        assert alarm(one) == alarm(other)
    assert [answer.status_code for answer in known] == [200] * 4 + [429] * 2


def alarm(answer):
    """What the page says is wrong, without the time of day."""
    said = re.search(r"(Please enter a correct|Please enter the correct|Too many)[^<]*", answer.text)[0]
    return said.split(", at")[0]


def test_an_unknown_account_costs_a_hash_like_a_known_one(people, guess, monkeypatch):
    hashes = []
    run = bounded.run
    monkeypatch.setattr(bounded, "run", lambda work: (hashes.append(1), run(work))[1])
    guess("anna")
    guess("nobody")
    assert len(hashes) == 2


def test_the_lock_ends_by_itself_and_trying_does_not_lengthen_it(people, guess, quick):
    begun = timezone.now() - timedelta(minutes=14)
    failed("anna", "203.0.113.7", OF_ACCOUNT_AT_ADDRESS, begun)
    assert "try again in 1 minute" in guess("anna").text
    assert AccessAttempt.objects.get().attempt_time == begun
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    assert guess("anna").status_code == 200


def test_an_admin_lifts_a_lock_on_a_page_and_at_the_prompt(people, guess):
    anna, _ = people
    for lift in (at_the_page, at_the_prompt):
        failed("ben", "203.0.113.7", OF_ACCOUNT_AT_ADDRESS)
        assert guess("ben", RIGHT).status_code == 429
        lift(anna)
        assert guess("ben", RIGHT).status_code == 302


def at_the_page(admin):
    browser = Client()
    browser.force_login(admin)
    listed = browser.get("/admin/axes/accessattempt/")
    assert "203.0.113.7" in listed.text
    pk = AccessAttempt.objects.get().pk
    browser.post(f"/admin/axes/accessattempt/{pk}/delete/", {"post": "yes"})


def at_the_prompt(admin):
    call_command("axes_reset_username", "ben", verbosity=0)


def test_a_name_in_a_log_may_be_a_password(people, guess, quick, caplog):
    guess("my secret password")
    assert "failure" in caplog.text and "203.0.113.7" in caplog.text
    assert "my secret password" not in caplog.text


def test_what_is_old_is_deleted(people):
    failed("anna", "203.0.113.7", 1, timezone.now() - timedelta(days=2))
    failed("ben", "203.0.113.7", 1)
    for days in (1, 31):
        log = AccessLog.objects.create(username="anna", ip_address="203.0.113.7")
        AccessLog.objects.filter(pk=log.pk).update(attempt_time=timezone.now() - timedelta(days=days))
    assert delete_old_logins() == 2
    assert AccessAttempt.objects.count() == AccessLog.objects.count() == 1


@pytest.mark.parametrize(
    ("counted", "is_known", "locks"),
    [
        ({"pair": 4, "address": 49, "account": 99}, False, False),
        ({"pair": 5}, True, True),
        ({"address": 50}, True, True),
        ({"account": 100}, False, True),
        ({"account": 1000}, True, False),
    ],
)
def test_what_locks(counted, is_known, locks):
    found = Failures(**counted, pair_at=NOW, address_at=NOW, account_at=NOW)
    assert found.newest_that_lock(is_known=is_known) == (NOW if locks else None)
