from telemetry.process.backoff import Backoff


class Clock:
    def __init__(self):
        self.now_s = 1000.0

    def __call__(self):
        return self.now_s


def test_each_failure_doubles_the_wait_up_to_the_most():
    clock = Clock()
    backoff = Backoff(0.2, 10.0, clock=clock, chance=lambda: 1.0)
    waits = []
    for _ in range(8):
        backoff.failed()
        waits.append(round(backoff.wait_s, 1))
        clock.now_s += backoff.wait_s
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]


def test_chance_takes_up_to_half_of_a_wait_so_that_processes_do_not_come_back_together():
    waits = set()
    for share in (0.0, 0.5, 1.0):
        backoff = Backoff(4.0, 10.0, clock=Clock(), chance=lambda share=share: share)
        backoff.failed()
        waits.add(backoff.wait_s)
    assert waits == {2.0, 3.0, 4.0}


def test_what_works_is_tried_at_once_and_begins_anew():
    backoff = Backoff(1.0, 10.0, clock=Clock(), chance=lambda: 1.0)
    assert backoff.wait_s == 0
    for _ in range(1000):
        backoff.failed()
    backoff.succeeded()
    assert backoff.wait_s == 0
    backoff.failed()
    assert backoff.wait_s == 1.0


def test_a_wait_that_somebody_asks_for_is_kept():
    backoff = Backoff(0.1, 10.0, clock=Clock())
    backoff.failed(least_s=7.0)
    assert backoff.wait_s == 7.0
