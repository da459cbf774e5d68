"""All that is sealed in the database, of any table, sealed with the newest key."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db.models import Model, TextField
from django.db.models.functions import Cast

from telemetry.database.sealing import UNOPENED, SealedTextField, Unopened, is_current


@dataclass(slots=True)
class Resealed:
    """How many secrets were sealed anew, and the rows whose secret no key opens."""

    count: int = 0
    lost: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """What there is to say, if anything."""
        done = f"{self.count} secret{'' if self.count == 1 else 's'} sealed with the newest key."
        return [done] * bool(self.count) + [f"The {row} cannot work: {UNOPENED}" for row in self.lost]


def reseal() -> Resealed:
    """Seal with the present key what was sealed with a former one. Run again, it changes nothing."""
    done = Resealed()
    for model, name in sealed_fields():
        _reseal(model, name, done)
    return done


def sealed_fields() -> Iterator[tuple[type[Model], str]]:
    """Each table that has a secret, and the field with it."""
    for model in apps.get_models():
        for each in model._meta.concrete_fields:
            if isinstance(each, SealedTextField):
                yield model, each.name


def _reseal(model: type[Model], name: str, done: Resealed) -> None:
    rows = model._default_manager.exclude(**{name: ""}).annotate(stored_text=Cast(name, TextField()))
    for row in rows:
        plain, stored = getattr(row, name), row.stored_text
        if isinstance(plain, Unopened):
            done.lost.append(f"{model._meta.verbose_name} {row}")
        elif not is_current(stored):
            # Unless somebody gave another secret meanwhile.
            done.count += rows.filter(pk=row.pk, stored_text=stored).update(**{name: plain})
