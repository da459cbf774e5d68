import hashlib
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError
from django.utils import timezone

from tools import tool
from tools.decisions.live import KeyInfo, Live, Snapshot
from tools.definition.policy import Rate
from tools.models import ApiKey, Tool


@tool(rate="10/min", roles={"coach"}, cache_ttl_s=60, retries=2)
async def crm() -> str:
    """Reads the CRM."""
    return ""


@pytest.fixture
def live():
    made = Live()
    yield made
    made.stop()


def make_key(name="web", **fields):
    digest = hashlib.sha256(name.encode()).hexdigest()
    return ApiKey.objects.create(name=name, prefix="sb_web", hash=digest, scopes=["execute"], **fields)


@pytest.mark.django_db
def test_a_snapshot_takes_two_queries(live, django_assert_num_queries):
    Tool.objects.create(name="crm")
    make_key()
    with django_assert_num_queries(2):
        live.refresh()


@pytest.mark.django_db
def test_only_what_an_admin_changed_differs_from_code(live):
    Tool.objects.create(name="crm", rate="5/s", enabled=False)
    live.refresh()
    policy = live.snapshot.policy(crm)
    assert (policy.enabled, policy.rate) == (False, Rate(5, 1.0))
    assert (policy.roles, policy.cache_ttl_s, policy.retries) == (frozenset({"coach"}), 60, 2)


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("roles", [], frozenset()),
        ("cache_ttl_s", 0, 0),
        ("retries", 0, 0),
        ("timeout_s", 1.5, 1.5),
        ("rate", "unlimited", None),
        ("description", "Better.", "Better."),
        ("rate", "often", Rate(10, 60.0)),
    ],
)
@pytest.mark.django_db
def test_each_field_can_be_changed(live, field, value, expected):
    Tool.objects.create(name="crm", **{field: value})
    live.refresh()
    assert getattr(live.snapshot.policy(crm), field) == expected


def test_a_policy_is_worked_out_once_a_snapshot(live):
    snapshot = Snapshot(edits={"crm": {"retries": 5}})
    assert snapshot.policy(crm) is snapshot.policy(crm)


@pytest.mark.parametrize(
    ("fields", "valid"),
    [
        ({}, True),
        ({"expires_at": timezone.now() + timedelta(days=1)}, True),
        ({"expires_at": timezone.now() - timedelta(days=1)}, False),
        ({"revoked_at": timezone.now()}, False),
    ],
    ids=["plain", "later", "expired", "revoked"],
)
@pytest.mark.django_db
def test_only_valid_keys_are_known(live, fields, valid):
    key = make_key(roles=["coach"], **fields)
    live.refresh()
    with live.pinned(live.snapshot):
        found = live.key(key.hash)
    assert (found is not None) is valid
    if valid:
        assert (found.name, found.scopes, found.roles) == ("web", {"execute"}, {"coach"})


def test_a_key_that_expires_between_two_snapshots_is_refused(live):
    soon = timezone.now() - timedelta(seconds=1)
    with live.pinned(Snapshot(keys={"h": KeyInfo("web", "sb_web", expires_at=soon)})):
        assert live.key("h") is None


@pytest.mark.django_db
def test_the_use_of_a_key_is_noted_to_the_minute(live, django_assert_num_queries):
    key = make_key()
    live.refresh()
    with live.pinned(live.snapshot):
        live.key(key.hash)
    live.refresh()
    key.refresh_from_db()
    assert timezone.now() - key.last_used_at < timedelta(seconds=10)
    with django_assert_num_queries(2):
        live.refresh()


def test_while_postgres_is_away_the_last_snapshot_stays_and_the_log_says_so_once(live, monkeypatch, caplog):
    def away():
        raise OperationalError("no route")

    live.snapshot = kept = Snapshot(edits={"crm": {"retries": 5}})
    monkeypatch.setattr("tools.decisions.live.read_snapshot", away)
    live.refresh()
    live.refresh()
    assert live.snapshot is kept
    assert caplog.text.count("cannot be read") == 1


@pytest.mark.django_db(transaction=True)
def test_an_edit_reaches_a_running_process_by_itself(live):
    from salesboost.services import wait_until

    assert live.policy(crm).enabled
    Tool.objects.create(name="crm", enabled=False)
    assert wait_until(lambda: not live.policy(crm).enabled, 2)


@pytest.mark.django_db
def test_a_rate_that_cannot_be_read_is_refused_in_the_admin():
    with pytest.raises(ValidationError, match="such as '10/min'"):
        Tool(name="crm", rate="often").full_clean()
    Tool(name="crm", rate="unlimited").full_clean()


@pytest.mark.django_db
def test_edits_are_kept_with_what_was_before():
    edited = Tool.objects.create(name="crm", rate="5/s")
    edited.rate = "9/s"
    edited.save(update_fields=["rate", "updated_at"])
    assert [past.rate for past in edited.history.all()] == ["9/s", "5/s"]
