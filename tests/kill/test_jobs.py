"""A whole SalesBoost runs batch jobs, and goes on with them when their worker is killed."""

import httpx
import pytest

from tests.running import Running, eventually

pytestmark = [pytest.mark.kill, pytest.mark.timeout(240), pytest.mark.xdist_group("kill")]


def submit(running: Running, count: int, **options: object) -> str:
    calls = [{"tool": "competitor_analysis", "payload": {"aspects": ["pricing"]}}] * count
    answer = httpx.post(
        f"{running.url}api/v1/jobs", json={"calls": calls, **options}, headers=running.headers, timeout=20
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def counts(running: Running, job: str) -> dict[str, int]:
    answer = httpx.get(f"{running.url}api/v1/jobs/{job}", headers=running.headers, timeout=10).json()
    return {**answer["counts"], "done": answer["state"] == "done"}


def test_a_job_is_done_though_its_worker_is_killed(salesboost):
    job = submit(salesboost, 1000, max_concurrent=2)
    eventually(lambda: counts(salesboost, job)["succeeded"] > 20, 40, "the first calls")
    salesboost.kill("jobs.high")
    eventually(lambda: counts(salesboost, job)["done"], 120, "the end")
    found = counts(salesboost, job)
    # The tool is not marked idempotent: of the calls that ran, nobody knows what they did.
    assert found["succeeded"] + found["failed"] == 1000 and found["failed"] <= 2
    spans = (
        "SELECT count(*) FROM telemetry_span s LEFT JOIN telemetry_attribute_set e ON e.id = attribute_set_id "
        "WHERE %s IN (s.attributes ->> 'salesboost.context.job_id', "
        "e.attributes ->> 'salesboost.context.job_id')"
    )
    eventually(lambda: salesboost.rows(spans, job)[0][0] >= found["succeeded"], 20, "a span for each call")
