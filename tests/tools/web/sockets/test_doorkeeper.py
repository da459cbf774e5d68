"""One look at everybody every few seconds, at the price of one reading."""

import asyncio

import pytest
from django.db import OperationalError

from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.models import Scope
from tools.web.access import Client
from tools.web.problem import NotAuthenticated, Unavailable
from tools.web.sockets.doorkeeper import CHECK_EVERY_S, Doorkeeper
from tools.web.sockets.tickets import Ticket

SCOPES = frozenset({Scope.READ})


def read(client):
    client.need(Scope.READ)


class House:
    """A doorkeeper over logins that are a table, whose interval passes when the test says so."""

    def __init__(self):
        self.signed_in = {f"s{number}": Client(name=f"p{number}", scopes=SCOPES) for number in range(9)}
        self.readings = []
        self.put_out = []
        self.slept = []
        self.fault = None
        self._tick = asyncio.Event()
        self._asleep = asyncio.Event()
        self.doorkeeper = Doorkeeper(self._find, self._sleep)

    def _find(self, sessions):
        self.readings.append(set(sessions))
        if self.fault:
            raise self.fault
        return {key: client for key, client in self.signed_in.items() if key in sessions}

    async def _sleep(self, seconds):
        self.slept.append(seconds)
        self._asleep.set()
        await self._tick.wait()
        self._tick.clear()

    async def enter(self, session, need=read):
        async def put_out(error):
            self.put_out.append((session, error.code))

        return await self.doorkeeper.enter(Ticket(session=session), need, put_out)

    async def five_seconds(self):
        """Let the interval pass, and return when the look that follows is over."""
        async with asyncio.timeout(5):
            await self._at_rest()
            self._asleep.clear()
            self._tick.set()
            await self._at_rest()

    async def _at_rest(self):
        while not self._asleep.is_set() and not self.doorkeeper._task.done():
            await asyncio.sleep(0.001)


@pytest.fixture
async def house():
    return House()


async def test_everybody_is_looked_at_every_five_seconds_in_one_reading(house):
    for number in range(300):
        await house.enter(f"s{number % 3}")
    house.readings.clear()
    await house.five_seconds()
    await house.five_seconds()
    assert house.readings == [{"s0", "s1", "s2"}] * 2
    assert set(house.slept) == {CHECK_EVERY_S} == {5.0}
    assert house.put_out == []


async def test_who_has_left_the_table_is_put_out_once_and_the_others_stay(house):
    await house.enter("s0")
    await house.enter("s1")
    del house.signed_in["s0"]
    await house.five_seconds()
    await house.five_seconds()
    assert house.put_out == [("s0", "signed_out")]
    assert house.readings[-1] == {"s1"}


async def test_who_lost_the_scope_is_put_out(house):
    await house.enter("s0")
    house.signed_in["s0"] = Client(name="p0", scopes=frozenset({Scope.METRICS}))
    await house.five_seconds()
    assert house.put_out == [("s0", "missing_scope")]


async def test_who_has_gone_is_not_looked_at(house):
    seat = await house.enter("s0")
    await house.enter("s1")
    house.doorkeeper.leave(seat)
    house.doorkeeper.leave(seat)
    await house.five_seconds()
    assert house.readings[-1] == {"s1"}


async def test_nobody_is_asked_for_an_empty_house(house):
    house.doorkeeper.leave(await house.enter("s0"))
    house.readings.clear()
    await house.five_seconds()
    assert house.readings == []
    assert house.doorkeeper._task.done()
    await house.enter("s1")
    del house.signed_in["s1"]
    await house.five_seconds()
    assert house.put_out == [("s1", "signed_out")]


async def test_nobody_new_comes_in_without_a_login(house):
    with pytest.raises(NotAuthenticated):
        await house.enter("unknown")


@pytest.mark.parametrize("fault", [OperationalError("away"), RuntimeError("a fault of ours")])
async def test_a_look_that_fails_puts_nobody_out_and_the_next_one_does(house, fault):
    await house.enter("s0")
    house.fault = fault
    del house.signed_in["s0"]
    await house.five_seconds()
    assert house.put_out == []
    house.fault = None
    await house.five_seconds()
    assert house.put_out == [("s0", "signed_out")]


async def test_while_postgres_is_away_nobody_is_let_in(house):
    house.fault = OperationalError("away")
    with pytest.raises(Unavailable):
        await house.enter("s0")


async def test_one_that_cannot_be_put_out_does_not_save_the_others(house):
    async def fails(error):
        raise OSError("gone already")

    await house.doorkeeper.enter(Ticket(session="s0"), read, fails)
    await house.enter("s1")
    house.signed_in.clear()
    await house.five_seconds()
    assert house.put_out == [("s1", "signed_out")]


async def test_keys_cost_no_reading(house):
    info = KeyInfo("app", "sb_app", SCOPES)

    async def put_out(error):
        house.put_out.append(error.code)

    with live.pinned(Snapshot(keys={digest("sb_app"): info})):
        seat = await house.doorkeeper.enter(Ticket(key=digest("sb_app")), read, put_out)
        assert (await house.doorkeeper.ask(seat)).key_name == "app"
        await house.five_seconds()
    with live.pinned(Snapshot()):
        await house.five_seconds()
    assert (house.readings, house.put_out) == ([], ["invalid_api_key"])


async def test_a_watched_right_is_done_when_it_is_gone(house):
    async with house.doorkeeper.watched(Ticket(session="s0"), read) as gone:
        await house.five_seconds()
        assert not gone.done()
        house.signed_in.clear()
        await house.five_seconds()
        assert gone.result().code == "signed_out"
