"""How often Valkey and Postgres are asked."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis import Redis

from tools.selection.decision import Decision
from tools.selection.log import rows
from tools.selection.log.rows import Feedback
from tools.selection.models import LoggedDecision
from tools.selection.reward import Told

GROUP = ["a", "b"]


@pytest.fixture
def scripts(own_valkey):
    """How many scripts and look-ups Valkey was sent since the last time."""

    def count():
        with Redis.from_url(own_valkey.url) as client:
            stats = client.info("commandstats")
            client.config_resetstat()
        return stats.get("cmdstat_evalsha", {}).get("calls", 0) + stats.get("cmdstat_hget", {}).get("calls", 0)

    return count


async def test_a_choice_by_what_is_known_sends_one_script_behind_it_and_its_feedback_one(
    make_selector, own_valkey, scripts
):
    selector = make_selector(url=own_valkey.url)
    _, first = await selector.aselect_tool(GROUP)
    await selector.arecord_feedback(first, True)
    scripts()
    ids = [(await selector.aselect_tool(GROUP))[1] for _ in range(5)]
    for decision_id in ids:
        await selector.arecord_feedback(decision_id, True)
    # ``tell`` looks whether the group is known: that is inside its script, as its other commands are.
    assert scripts() - 5 == 10


async def test_what_is_a_second_old_is_read_once_more(make_selector, own_valkey, scripts, clock):
    selector = make_selector(url=own_valkey.url)
    await selector.aselect_tool(GROUP)
    await selector.flush()
    clock.now += 1.5
    scripts()
    await selector.known(GROUP)
    await selector.known(GROUP)
    assert scripts() == 1


def test_many_decisions_are_one_statement_and_what_was_told_of_them_another(make_selector):
    import asyncio

    selector = make_selector()
    made: list[Decision] = [asyncio.run(selector.decide(GROUP)) for _ in range(10)]
    selector.writer.drain()
    LoggedDecision.objects.all().delete()
    with CaptureQueriesContext(connection) as queries:
        rows.write(made)
        told = [Feedback(each.id, Told(True), 1.0, 1.0) for each in made]
        assert rows.tell(told) == {each.id for each in made}
        assert rows.tell(told) == set()
        rows.sums_of(made[0].counting.series, 0, 0.0, 2.0)
    statements = [each["sql"] for each in queries if not each["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT"))]
    assert len(statements) == 4


def test_with_a_group_that_was_never_chosen_from_nothing_is_asked_twice(make_selector):
    selector = make_selector()
    selector.get_best_tool(GROUP)
    with CaptureQueriesContext(connection) as queries:
        selector.get_best_tool(GROUP)
    assert len(queries) == 0
