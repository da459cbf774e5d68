"""The limiter against a plain token bucket, whatever is done to it: calls, time, leases, processes that die."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tools.definition.policy import Rate
from tools.state.base import Question
from tools.state.buckets.bucket import buckets_of
from tools.state.buckets.lease import LEASE_S, TRUSTED_S, Wish, most_held
from tools.state.memory import MemoryState

QUICK = settings(max_examples=40, stateful_step_count=40)
TOOLS, CALLERS = Rate(4, 2.0, 9), Rate(2, 5.0, 3)
LARGE = Rate(15, 1.0, 30)
WAITS_S = st.sampled_from([0.01, 0.1, 0.3, 0.5, 1.0, 2.5, 7.0, 60.0])


def now(coroutine):
    """What *coroutine* returns: memory waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as ended:
        return ended.value
    raise AssertionError("it waits")


class PlainBucket:
    """A token bucket as the book has it: a number of tokens that grows with time."""

    def __init__(self, rate, now):
        self.rate, self.tokens, self.at = rate, float(rate.capacity), now

    def left(self, now):
        grown = (now - self.at) * self.rate.count / self.rate.per_s
        self.tokens, self.at = min(self.rate.capacity, self.tokens + grown), now
        return self.tokens + 1e-4

    def wait_s(self, now):
        return max(0.0, 1 - self.left(now)) * self.rate.per_s / self.rate.count


class BucketsOfToolAndCaller(RuleBasedStateMachine):
    """Without leases the limiter admits exactly what plain buckets admit, and says exactly how long to wait."""

    def __init__(self):
        super().__init__()
        self.now = 1_800_000_000.0
        self.state = MemoryState(clock=lambda: self.now)
        self.tool = PlainBucket(TOOLS, self.now)
        self.callers = {who: PlainBucket(CALLERS, self.now) for who in "ab"}

    @rule(seconds=WAITS_S)
    def time_passes(self, seconds):
        self.now += seconds

    @rule(who=st.sampled_from("ab"), times=st.integers(1, 6))
    def somebody_calls(self, who, times):
        for _ in range(times):
            self.one_call(who)

    def one_call(self, who):
        plain = (self.tool, self.callers[who])
        waits = [bucket.wait_s(self.now) for bucket in plain]
        answer = now(self.state.ask(Question("crm", rate=TOOLS, caller_rate=CALLERS, caller=who)))
        assert answer.allowed is (max(waits) == 0)
        assert abs(answer.retry_after_s - max(waits)) < 1e-3
        if answer.allowed:
            for bucket in plain:
                bucket.tokens -= 1
        elif abs(waits[0] - waits[1]) > 1e-3:
            assert answer.refused_by == ("rate", "caller_rate")[waits.index(max(waits))]

    @precondition(lambda self: self.tool.wait_s(self.now) > 0)
    @rule()
    def the_wait_is_over(self):
        self.now += now(self.state.ask(Question("crm", rate=TOOLS))).retry_after_s + 1e-5
        assert now(self.state.ask(Question("crm", rate=TOOLS))).allowed
        self.tool.left(self.now)
        self.tool.tokens -= 1


class Process:
    """Holds tokens as ``Leases`` does, but wishes whatever it likes."""

    def __init__(self):
        self.tokens, self.until = 0, 0.0


class Leases(RuleBasedStateMachine):
    """Whatever processes lease, use, give back or take to their graves: no window of time sees too many calls."""

    def __init__(self):
        super().__init__()
        self.now = 1_800_000_000.0
        self.state = MemoryState(clock=lambda: self.now)
        self.plain = PlainBucket(LARGE, self.now)
        (self.bucket,) = buckets_of("crm", Question("crm", rate=LARGE))
        self.processes = {name: Process() for name in "pq"}

    @rule(seconds=st.sampled_from([0.01, 0.1, 0.3, 0.5, 1.0]))
    def time_passes(self, seconds):
        self.now += seconds

    @rule(times=st.integers(1, 5))
    def somebody_asks(self, times):
        for _ in range(times):
            self.ask()

    @rule(
        name=st.sampled_from("pq"), want=st.integers(0, 6), back=st.integers(0, 3), lost=st.sampled_from([0, 0, 1])
    )
    def a_process_leases(self, name, want, back, lost):
        process = self.processes[name]
        if self.now >= process.until:
            process.tokens = 0
        back = min(back, process.tokens)
        process.tokens -= back
        (granted,) = now(self.state.lease(name, [Wish(self.bucket, process.tokens, back, want)]))
        assert 0 <= granted <= want
        if not lost:  # the answer
            process.tokens, process.until = process.tokens + granted, self.now + TRUSTED_S

    @rule(name=st.sampled_from("pq"), times=st.integers(1, 6))
    def a_process_uses_tokens(self, name, times):
        process = self.processes[name]
        for _ in range(min(times, process.tokens) if self.now < process.until else 0):
            process.tokens -= 1
            self.admit()

    @rule()
    def all_that_can_be_used_is_used_at_once(self):
        for name in self.processes:
            self.a_process_uses_tokens(name, 100)
        while self.ask():
            pass

    @rule(name=st.sampled_from("pq"))
    def a_process_dies(self, name):
        self.processes[name] = Process()

    @rule()
    def all_leases_end(self):
        """Under-use ends with them: a while later the bucket is full again."""
        self.now += LEASE_S + 2 * LARGE.full_s
        assert all(self.ask() for _ in range(LARGE.capacity))

    @invariant()
    def no_more_is_held_than_may_be(self):
        held = sum(process.tokens for process in self.processes.values() if self.now < process.until)
        assert held <= most_held(self.bucket)

    def ask(self):
        allowed = now(self.state.ask(Question("crm", rate=LARGE))).allowed
        if allowed:
            self.admit()
        return allowed

    def admit(self):
        assert self.plain.left(self.now) >= 1
        self.plain.tokens -= 1


STEPS = (
    lambda world, name, few, random: world.time_passes(random.choice([0.01, 0.04, 0.1, 0.3, 1.0])),
    lambda world, name, few, random: world.somebody_asks(few),
    lambda world, name, few, random: world.a_process_leases(
        name, few, random.randint(0, 6), random.random() < 0.1
    ),
    lambda world, name, few, random: world.a_process_uses_tokens(name, few),
    lambda world, name, few, random: world.all_that_can_be_used_is_used_at_once(),
)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=40)
def test_long_histories_of_leases_see_no_window_with_too_many_calls(seed):
    """Far longer ones than hypothesis builds by itself: what goes wrong takes several rare steps in a row."""
    random, world = Random(seed), Leases()
    for _ in range(500):
        step, name, few = random.choice(STEPS), random.choice("pq"), random.randint(0, 6)
        step(world, name, few, random)
        world.no_more_is_held_than_may_be()


TestBucketsOfToolAndCaller = BucketsOfToolAndCaller.TestCase
TestBucketsOfToolAndCaller.settings = QUICK
TestLeases = Leases.TestCase
TestLeases.settings = QUICK
