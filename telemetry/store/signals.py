"""The one signal of the project: news has to travel from the store up to the pages, against the imports."""

from django.dispatch import Signal

# Sent with send_robust after a batch has committed, from the writer's thread; `spans` is how many were stored.
spans_stored = Signal()
