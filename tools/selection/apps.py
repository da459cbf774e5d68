from django.apps import AppConfig


class SelectionConfig(AppConfig):
    name = "tools.selection"
    label = "selection"
    verbose_name = "Choice"
