"""Conversations between their turns: whose they are, one turn at a time, and how long they are kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tools.errors import IdempotencyKeyReused
from tools.llm.chat import keeping
from tools.llm.chat.errors import BadQuestion, Busy, NotYours, Overtaken
from tools.llm.chat.models import Kept
from tools.llm.chat.tasks import delete_old_conversations
from tools.llm.transcript import Transcript

pytestmark = pytest.mark.django_db
SAID = Transcript().ask("Hello.").answer([])


def begin(session_id="s", sender="key app", seconds=60.0):
    return keeping.begin(session_id, sender, seconds, {})


def test_a_turn_is_claimed_kept_and_freed():
    begun = begin()
    with pytest.raises(Busy, match="wait for it") as busy:
        begin()
    assert busy.value.retry_after_s == 1.0
    keeping.keep(begun, SAID)
    with pytest.raises(Busy):
        begin()
    keeping.free(begun)
    assert begin().transcript == SAID


def test_it_is_free_before_its_answer_is_told():
    begun = begin()
    keeping.keep(begun, SAID, {})
    later = begin()
    keeping.free(begun)  # which is not this turn's to do any more
    with pytest.raises(Busy):
        begin()
    keeping.free(later)


def test_a_process_that_ended_holds_it_no_longer_than_its_turn_could_take():
    begin(seconds=60.0)
    Kept.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    assert begin().transcript == Transcript()


def test_a_turn_that_was_overtaken_writes_nothing():
    slow = begin(seconds=60.0)
    Kept.objects.update(busy_until=timezone.now() - timedelta(seconds=1))
    begin(seconds=90.0)
    with pytest.raises(Overtaken, match="another has begun"):
        keeping.keep(slow, SAID, {})
    kept = Kept.objects.get()
    assert kept.transcript == "[]" and kept.busy_until > timezone.now()


def test_somebody_elses_is_told_apart_from_ones_own():
    keeping.free(begin(sender="key app"))
    with pytest.raises(NotYours, match="leave session_id out"):
        begin(sender="user ana")
    assert begin("", sender="user ana").session_id.startswith("chat-")


def test_what_cannot_be_read_says_so_and_is_not_held():
    keeping.free(begin())
    Kept.objects.update(transcript="[1]")
    for _ in range(2):
        with pytest.raises(BadQuestion, match="begin a new one"):
            begin()


def test_what_has_grown_too_long_is_not_kept(monkeypatch):
    monkeypatch.setattr(keeping, "MOST_CHARS", 10)
    with pytest.raises(BadQuestion, match="too long to be kept"):
        keeping.keep(begin(), SAID)


def test_old_ones_are_forgotten(settings):
    settings.PAYLOAD_RETENTION_DAYS = 7
    begin("old")
    begin("new")
    Kept.objects.filter(pk="old").update(said_at=timezone.now() - timedelta(days=8))
    assert delete_old_conversations() == 1
    assert [kept.pk for kept in Kept.objects.all()] == ["new"]


def once(key="app/k-1", digest="d"):
    return keeping.Once(key, digest)


def test_a_turn_that_was_had_is_not_had_again():
    begun = keeping.begin("", "key app", 60.0, {}, once())
    with pytest.raises(Busy):
        keeping.begin("", "key app", 60.0, {}, once())
    keeping.keep(begun, SAID, {"text": "Hello."})
    assert keeping.begin("", "key app", 60.0, {}, once()).answer == {"text": "Hello."}
    with pytest.raises(IdempotencyKeyReused, match="stands for another question"):
        keeping.begin("", "key app", 60.0, {}, once(digest="other"))
    later = keeping.begin(begun.session_id, "key app", 60.0, {}, once("app/k-2"))
    assert (later.answer, later.transcript, later.goes_on) == (None, SAID, False)
    keeping.keep(later, SAID.ask("And?").answer([]), {})
    with pytest.raises(IdempotencyKeyReused, match="has gone on since"):
        keeping.begin("", "key app", 60.0, {}, once())


def test_a_turn_that_ended_amid_its_way_goes_on_by_its_key():
    begun = keeping.begin("", "key app", 60.0, {}, once())
    keeping.free(begun)
    again = keeping.begin("", "key app", 60.0, {}, once())
    assert (again.answer, again.goes_on) == (None, False)  # nothing of it was kept
    keeping.keep(again, SAID)
    keeping.free(again)
    assert keeping.begin("", "key app", 60.0, {}, once()).goes_on


def test_two_senders_with_one_key_have_two_conversations():
    first = keeping.begin("", "key app", 60.0, {}, once())
    assert keeping.begin("", "user app", 60.0, {}, once()).session_id != first.session_id
