"""The example rules for Prometheus: right by promtool, and about series that are there."""

import re
from pathlib import Path

import pytest
from django.test import Client

from tests import promtool
from tools.decisions import live
from tools.decisions.keys import digest
from tools.decisions.live import KeyInfo, Snapshot
from tools.models import Scope

RULES = Path(__file__).parents[3] / "deploy" / "prometheus" / "salesboost.rules.yml"


def test_the_rules_fire_when_they_should_and_only_then():
    promtool.check_rules(RULES)


@pytest.mark.django_db
def test_every_series_that_they_look_at_is_served(settings):
    settings.HEARTBEAT_URL = "https://hc.example/uuid"
    scraper = KeyInfo("prometheus", "sb_scrap", frozenset({Scope.METRICS}), frozenset(), None, "")
    with live.pinned(Snapshot(keys={digest("sb_scraper"): scraper})):
        answer = Client().get("/metrics", headers={"Authorization": "Bearer sb_scraper"})
    served = answer.content.decode()
    promtool.check_metrics(served.encode())
    named = set(re.findall(r"\bsalesboost_\w+", RULES.read_text()))
    assert len(named) >= 6
    assert {name for name in named if not re.search(rf"^{name} ", served, re.MULTILINE)} == set()
