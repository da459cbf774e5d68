from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "tools.jobs"
    verbose_name = "Batch jobs"
