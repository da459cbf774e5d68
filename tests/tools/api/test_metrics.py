"""What /metrics says: correct over processes and restarts, and readable by Prometheus."""

import os
import subprocess
import sys

import pytest
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.parser import text_string_to_metric_families

from telemetry.semconv import Outcome
from tests import promtool
from tools.notifications import metrics

NAMED = {
    "tool_calls",
    "tool_execution_duration_seconds",
    "tool_errors",
    "tool_cache_hit_rate",
    "tool_cache_operations",
    "tool_retry_attempts",
    "tool_hook_losses",
    "tool_threads_abandoned",
}


def samples(text):
    """Every sample of *text* by its name and labels."""
    families = text_string_to_metric_families(text.decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def count_in_a_process_of_its_own(folder, times):
    code = (
        "from telemetry.semconv import Outcome; from tools.notifications import metrics\n"
        f"for _ in range({times}): metrics.observe('of_many', Outcome.FIRST_TRY, 12.0, caller_role='coach')"
    )
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=30)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    return tmp_path


def test_the_named_series_are_there_before_the_first_call(folder):
    found = {family.name for family in text_string_to_metric_families(metrics.render().decode())}
    assert found == NAMED


def test_counters_are_summed_over_processes_that_live_and_that_ended(folder):
    for times in (3, 4):
        count_in_a_process_of_its_own(folder, times)
    found = samples(metrics.render())
    labels = (("caller_role", "coach"), ("status", "success"), ("tool_name", "of_many"))
    assert found["tool_calls_total", labels] == 7
    assert (
        found["tool_execution_duration_seconds_count", (("caller_role", "coach"), ("tool_name", "of_many"))] == 7
    )


def test_calls_of_minutes_are_told_from_calls_of_an_hour():
    for seconds in (0.2, 100, 250, 3_500, 7_200):
        metrics.observe("of_long", Outcome.FIRST_TRY, seconds * 1000, caller_role="coach")
    found = samples(metrics.render())
    within = {
        bound: found[
            "tool_execution_duration_seconds_bucket",
            (("caller_role", "coach"), ("le", bound), ("tool_name", "of_long")),
        ]
        for bound in ("0.25", "60.0", "120.0", "300.0", "3600.0", "+Inf")
    }
    assert within == {"0.25": 1, "60.0": 1, "120.0": 2, "300.0": 3, "3600.0": 4, "+Inf": 5}


def test_folding_the_files_of_ended_processes_changes_no_number(folder):
    for times in (1, 2, 3):
        count_in_a_process_of_its_own(folder, times)
    before = samples(metrics.render())
    metrics.fold(folder, above=1)
    assert sorted(path.name for path in folder.glob("*.db")) == ["counter_0.db", "histogram_0.db"]
    assert samples(metrics.render()) == pytest.approx(before, nan_ok=True)
    count_in_a_process_of_its_own(folder, 4)
    metrics.fold(folder, above=1)
    assert len(list(folder.glob("*.db"))) == 2
    assert (
        samples(metrics.render())[
            "tool_execution_duration_seconds_count", (("caller_role", "coach"), ("tool_name", "of_many"))
        ]
        == 10
    )


def test_the_file_of_a_process_that_lives_is_not_folded(folder):
    key = mmap_key("tool_calls", "tool_calls_total", ["tool_name"], ["x"], "help")
    for pid in (os.getpid(), 999_999_001, 999_999_002):
        file = MmapedDict(str(folder / f"counter_{pid}.db"))
        file.write_value(key, 1.0, 0.0)
        file.close()
    metrics.fold(folder, above=1)
    assert {path.name for path in folder.glob("*.db")} == {"counter_0.db", f"counter_{os.getpid()}.db"}


def test_the_text_passes_the_checks_of_prometheus(folder):
    count_in_a_process_of_its_own(folder, 2)
    check_metrics(metrics.render())


def check_metrics(text):
    """By the rules of Prometheus's naming, and by promtool."""
    families = list(text_string_to_metric_families(text.decode()))
    for family in families:
        assert family.documentation
        assert not family.name.endswith(("_info", "_count", "_bucket", "_sum"))
        assert not (family.type == "gauge" and any(sample.name.endswith("_total") for sample in family.samples))
    promtool.check_metrics(text)


async def test_every_kind_of_ending_is_counted(api, executor):
    def of(tool, name, **labels):
        return samples(metrics.render()).get((name, tuple(sorted({"tool_name": tool, **labels}.items()))), 0)

    before = {
        "success": of("double", "tool_calls_total", status="success", caller_role="coach"),
        "refused": of("double", "tool_calls_total", status="refused", caller_role="guest"),
        "failure": of("refuse", "tool_calls_total", status="failure", caller_role="coach"),
        "error": of("refuse", "tool_errors_total", error_type="cannot"),
        "miss": of("double", "tool_cache_operations_total", operation="miss"),
        "hit": of("double", "tool_cache_operations_total", operation="hit"),
    }
    await api.execute("double", {"number": 5})
    await executor.flush()
    await api.execute("double", {"number": 5})
    await api.execute("double", {"number": 5}, caller_role="guest")
    await api.execute("refuse", {"why": "no"})
    assert of("double", "tool_calls_total", status="success", caller_role="coach") == before["success"] + 2
    assert of("double", "tool_calls_total", status="refused", caller_role="guest") == before["refused"] + 1
    assert of("refuse", "tool_calls_total", status="failure", caller_role="coach") == before["failure"] + 1
    assert of("refuse", "tool_errors_total", error_type="cannot") == before["error"] + 1
    assert of("double", "tool_cache_operations_total", operation="miss") == before["miss"] + 1
    assert of("double", "tool_cache_operations_total", operation="hit") == before["hit"] + 1


def test_retries_are_counted_by_their_number():
    def retries(number):
        key = ("tool_retry_attempts_total", (("attempt_number", number), ("tool_name", "retried")))
        return samples(metrics.render()).get(key, 0)

    first, second, third = (retries(number) for number in "123")
    metrics.observe("retried", Outcome.AFTER_RETRY, 5.0, retry_count=2)
    assert [retries(number) for number in "123"] == [first + 1, second + 1, third]


def test_callers_cannot_make_up_labels_without_end():
    bounded = metrics.BoundedLabel()
    found = {bounded(f"role-{number}") for number in range(1000)}
    assert len(found) == metrics.MOST_VALUES + 1
    assert metrics.OTHER in found


def test_the_hit_rate_is_of_each_tool(folder):
    key = lambda tool, operation: mmap_key(  # noqa: E731
        "tool_cache_operations",
        "tool_cache_operations_total",
        ["tool_name", "operation"],
        [tool, operation],
        "help",
    )
    file = MmapedDict(str(folder / "counter_999999001.db"))
    for tool, operation, count in [("crm", "hit", 3.0), ("crm", "miss", 1.0), ("price", "miss", 2.0)]:
        file.write_value(key(tool, operation), count, 0.0)
    file.close()
    found = samples(metrics.render())
    rates = {labels: value for (name, labels), value in found.items() if name == "tool_cache_hit_rate"}
    assert rates == {(("tool_name", "crm"),): 0.75, (("tool_name", "price"),): 0.0}
    check_metrics(metrics.render())


def test_processes_one_after_the_other_bring_no_labels_without_end(folder):
    """The second process finds in the files what the first has counted."""
    seen = metrics.MOST_ROLES_TIMED
    for first in (0, 1000):
        code = (
            "import salesboost.settings; from tools.notifications import metrics;"
            "from telemetry.semconv import Outcome;"
            f"[metrics.observe('timed', Outcome.FIRST_TRY, 1.0, caller_role=f'role{{n + {first}}}')"
            " for n in range(30)]"
        )
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=120)
    counts = {
        dict(labels)["caller_role"]: value
        for (name, labels), value in samples(metrics.render()).items()
        if name == "tool_execution_duration_seconds_count"
    }
    assert len(counts) == seen + 1
    assert sum(counts.values()) == 60 and counts[metrics.OTHER] == 60 - seen


def test_files_from_before_roles_were_timed_still_count(folder):
    """A series without the label is one whose label is empty, to Prometheus."""
    name = "tool_execution_duration_seconds"
    file = MmapedDict(str(folder / "histogram_999999001.db"))
    for sample, labels, value in [
        (f"{name}_bucket", {"tool_name": "old", "le": "1.0"}, 2.0),
        (f"{name}_bucket", {"tool_name": "old", "le": "+Inf"}, 1.0),
        (f"{name}_sum", {"tool_name": "old"}, 5.0),
    ]:
        file.write_value(mmap_key(name, sample, list(labels), list(labels.values()), "help"), value, 0.0)
    file.close()
    count_in_a_process_of_its_own(folder, 1)
    assert samples(metrics.render())[f"{name}_count", (("tool_name", "old"),)] == 3
    check_metrics(metrics.render())
