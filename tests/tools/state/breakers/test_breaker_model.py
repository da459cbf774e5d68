"""The breaker against a model of it: two processes call a tool, probes end or vanish, an admin interferes."""

import asyncio
import secrets
from dataclasses import replace
from itertools import count
from unittest.mock import patch

from django.conf import settings
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from telemetry.semconv import Outcome
from tools.definition.policy import BreakerHold, BreakerPolicy
from tools.state.base import Decided, Question, Ran
from tools.state.memory import MemoryState
from tools.state.valkey import ValkeyState

POLICY = BreakerPolicy(failures=3, share=0.5, window_s=30, cooldown_s=15, slow_s=1, slow_share=0.6, probes=2)
SLOT_S = POLICY.window_s / 10
LEASE_S = 20.0
CALLS = {
    "worked": Ran("crm", Outcome.FIRST_TRY, False, POLICY, duration_s=0.2),
    "slow": Ran("crm", Outcome.FIRST_TRY, False, POLICY, duration_s=3),
    "failed": Ran("crm", Outcome.PROVIDER, True, POLICY, duration_s=0.2),
    "slow and failed": Ran("crm", Outcome.TIMEOUT, True, POLICY, duration_s=3),
    "cancelled": Ran("crm", None, None, POLICY),
}
# What happens most comes more often, so that histories come far.
ENDS = st.sampled_from([*CALLS, "worked", "worked", "failed"])
HOLDS = st.sampled_from([*BreakerHold, *[BreakerHold.NONE] * 5])


class Model:
    """A breaker as the documentation has it: a list of all that happened, read anew for each question."""

    def __init__(self):
        self.ended = []  # (when, how) of counted calls since the breaker last closed
        self.opened_at = None
        self.failed_probes = self.good_probes = self.era = 0
        self.running = {}  # probe → until when it counts as one

    @property
    def rest_s(self):
        return POLICY.cooldown_s * min(2**self.failed_probes, 8)

    def asks(self, now):
        """ "closed", "open" or "probe"."""
        if self.opened_at is None:
            return "closed"
        running = sum(1 for until in self.running.values() if until > now)
        full = running and running + self.good_probes >= POLICY.probes
        return "open" if now < self.opened_at + self.rest_s or full else "probe"

    def open(self, now, failed_probes=0):
        self.opened_at, self.failed_probes, self.good_probes = now, failed_probes, 0
        self.ended, self.running, self.era = [], {}, self.era + 1

    def close(self):
        self.opened_at, self.ended, self.running, self.era = None, [], {}, self.era + 1

    def call_ends(self, now, how):
        if self.opened_at is None and how != "cancelled":
            self.ended.append((now, how))
            window = [each for when, each in self.ended if now // SLOT_S - when // SLOT_S < 10]
            for word, share in (("failed", POLICY.share), ("slow", POLICY.slow_share)):
                bad = sum(word in each for each in window)
                if self.opened_at is None and bad >= max(POLICY.failures, share * len(window)):
                    self.open(now)

    def probe_ends(self, now, era, probe, how):
        if era != self.era:
            return
        self.running.pop(probe, None)
        if how == "worked":
            self.good_probes += 1
            if self.good_probes == POLICY.probes:
                self.close()
        elif how != "cancelled":
            self.open(now, self.failed_probes + 1)


class Breakers(RuleBasedStateMachine):
    """Memory, and two processes on one Valkey, all told the same."""

    def __init__(self):
        super().__init__()
        self.now, self.model, self.probes = 1_800_000_000.0, Model(), []
        self.loop, self.numbers = asyncio.new_event_loop(), count()
        # What a busy machine does to the time of an answer is not what is tried here.
        self.patience = patch("tools.state.valkey.ASK_TIMEOUT_S", 30)
        self.patience.start()
        prefix = f"tests:{secrets.token_hex(6)}:"
        self.processes = [
            ValkeyState(settings.REDIS_URL, now=lambda: self.now, clock=lambda: self.now, prefix=prefix)
            for _ in range(2)
        ]
        self.memory = MemoryState(clock=lambda: self.now)

    def teardown(self):
        for process in self.processes:
            self.loop.run_until_complete(process.aclose())
        self.loop.close()
        self.patience.stop()

    def report(self, process, here, there):
        self.loop.run_until_complete(self.memory.report([here]))
        self.loop.run_until_complete(self.processes[process].report([there]))

    @initialize(opened=st.booleans())
    def a_tool_may_have_rested(self, opened):
        """Else few histories would come as far as a probe."""
        if opened:
            self.an_admin_decides(0, True)
            self.now += POLICY.cooldown_s

    @rule(seconds=st.sampled_from([0.5, 3.0, 7.0, 15.0, 20.0, 31.0, 120.0]))
    def time_passes(self, seconds):
        self.now += seconds

    @rule(process=st.integers(0, 1), hold=HOLDS)
    def a_call_asks(self, process, hold):
        question = Question("crm", breaker_hold=hold, probes=POLICY.probes, probe_lease_s=LEASE_S)
        answers = [
            self.loop.run_until_complete(state.ask(question)) for state in (self.memory, self.processes[process])
        ]
        expected = {"open": "open", "closed": "closed"}.get(hold) or self.model.asks(self.now)
        for answer in answers:
            assert answer.breaker == {"probe": "half_open"}.get(expected, expected)
        assert abs(answers[0].retry_after_s - answers[1].retry_after_s) < 0.001
        if expected == "probe":
            name = f"probe {next(self.numbers)}"
            self.model.running[name] = self.now + LEASE_S
            self.probes.append((self.model.era, name, [answer.probe for answer in answers]))

    @rule(process=st.integers(0, 1), how=ENDS)
    def a_call_ends(self, process, how):
        self.model.call_ends(self.now, how)
        self.report(process, CALLS[how], CALLS[how])

    @precondition(lambda self: self.probes)
    @rule(data=st.data(), process=st.integers(0, 1), how=ENDS)
    def a_probe_ends(self, data, process, how):
        place = data.draw(st.integers(0, len(self.probes) - 1))
        era, name, (here, there) = self.probes.pop(place)
        self.model.probe_ends(self.now, era, name, how)
        self.report(process, replace(CALLS[how], probe=here), replace(CALLS[how], probe=there))

    @precondition(lambda self: self.probes)
    @rule()
    def a_probe_vanishes(self):
        self.probes.pop()

    @rule(process=st.integers(0, 1), opens=st.sampled_from([True, False, None, None, None]))
    def an_admin_decides(self, process, opens):
        if opens is None:
            return
        self.model.open(self.now) if opens else self.model.close()
        decided = Decided("crm", opens, POLICY)
        self.report(process, decided, decided)

    @invariant()
    def no_more_probes_run_than_have_to_succeed(self):
        assert sum(until > self.now for until in self.model.running.values()) <= POLICY.probes

    @invariant()
    def memory_knows_how_long_the_tool_rests(self):
        opened_at = self.model.opened_at
        expected = 0 if opened_at is None else max(0, opened_at + self.model.rest_s - self.now)
        assert abs(self.memory.breaker_rest_s("crm") - expected) < 0.001


TestBreakers = Breakers.TestCase
TestBreakers.settings = hypothesis_settings(max_examples=60, stateful_step_count=40)
