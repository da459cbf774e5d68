"""What the wiring itself remembers."""

from django.contrib.auth.hashers import check_password, make_password
from django.db import models


class PresetQuerySet(models.QuerySet["Preset"]):
    def says(self, name: str, value: str) -> bool | None:
        """Whether *value* is what was put into effect last for *name*; None where nothing ever was."""
        found = self.filter(name=name).first()
        return None if found is None else check_password(value, found.hash)

    def has(self, name: str) -> bool:
        """Whether anything was ever put into effect for *name*."""
        return self.filter(name=name).exists()

    def note(self, name: str, value: str) -> None:
        self.update_or_create(name=name, defaults={"hash": make_password(value)})


class Preset(models.Model):
    """What was last put into effect of an account of the first start, hashed.

    By it, an environment that has changed is told from an account that somebody changed by hand.
    """

    name = models.CharField(max_length=40, primary_key=True)
    hash = models.CharField(max_length=200)
    applied_at = models.DateTimeField(auto_now=True)

    objects = PresetQuerySet.as_manager()

    class Meta:
        db_table = "salesboost_preset"

    def __str__(self) -> str:
        return self.name


class Granted(models.Model):
    """That a ready group was given a permission: once, so that who takes it away has done so for good."""

    group = models.CharField(max_length=40)
    permission = models.CharField(max_length=201)  # app.codename

    class Meta:
        db_table = "salesboost_granted"
        constraints = [models.UniqueConstraint(fields=["group", "permission"], name="salesboost_granted_once")]

    def __str__(self) -> str:
        return f"{self.group}: {self.permission}"
