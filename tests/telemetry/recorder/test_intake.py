"""How much an intake lets wait, of many small bodies and of few large ones."""

import asyncio

import pytest

from telemetry.ingest import otlp
from telemetry.recorder import intake
from telemetry.recorder.intake import Intake
from telemetry.recorder.protocol import BUSY, Head
from tests.telemetry.otlp_bodies import a_body

HEAD = Head(otlp.PROTOBUF)


async def all_at_once(bodies: list[bytes]) -> list[int]:
    taking = Intake()
    return [reply.status for reply in await asyncio.gather(*(taking.take(HEAD, body) for body in bodies))]


@pytest.mark.django_db(transaction=True)
def test_many_small_bodies_at_once_are_all_taken():
    bodies = [a_body(2, bytes([number]) * 16) for number in range(1, 41)]
    assert asyncio.run(all_at_once(bodies)) == [200] * 40


@pytest.mark.django_db(transaction=True)
def test_of_large_ones_as_many_wait_as_there_is_room_for(monkeypatch):
    body = a_body(50, b"\x07" * 16)
    monkeypatch.setattr(intake, "MAX_READING_BYTES", 2 * len(body))
    assert sorted(asyncio.run(all_at_once([body] * 5))) == [200, 200, BUSY.status, BUSY.status, BUSY.status]


@pytest.mark.django_db(transaction=True)
def test_one_is_always_taken_however_large(monkeypatch):
    monkeypatch.setattr(intake, "MAX_READING_BYTES", 1)
    assert asyncio.run(all_at_once([a_body(50, b"\x08" * 16)])) == [200]
