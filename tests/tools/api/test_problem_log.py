"""What a tool could not do is on its span, and no line of the log."""

import logging

import pytest
from django.test import Client
from django.urls import path

from tools.errors import BreakerOpen
from tools.web.problem import ProblemResponse, Unavailable


@pytest.mark.parametrize("error", [Unavailable("Postgres is away."), BreakerOpen("It rests.", retry_after_s=3)])
def test_an_answer_that_says_what_is_wrong_is_not_logged_as_a_fault_of_the_server(error, caplog, settings):
    settings.ROOT_URLCONF = type(
        "Urls", (), {"urlpatterns": [path("away", lambda request: ProblemResponse(error))]}
    )
    with caplog.at_level(logging.DEBUG, "django.request"):
        assert Client().get("/away").status_code == 503
    assert not caplog.records
