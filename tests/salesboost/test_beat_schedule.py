"""What beat starts: each entry becomes a message that a worker takes."""

import pytest
from django.conf import settings

from salesboost.celery import app


@pytest.mark.parametrize("name", settings.CELERY_BEAT_SCHEDULE)
def test_every_entry_can_be_sent_and_is_a_task(name):
    entry = settings.CELERY_BEAT_SCHEDULE[name]
    app.loader.import_default_modules()
    assert entry["task"] in app.tasks
    message = app.amqp.as_task_v2("1", entry["task"], **entry["options"])
    assert message.headers["expires"]
