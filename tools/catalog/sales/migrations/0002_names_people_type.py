"""The names of competitors that people already type, for markets that were seeded before they were known."""

from django.db import migrations

NAMES = {"Dealharbor": "CompetitorA", "Sellistra": "CompetitorB", "Veldra": "CompetitorC"}


def add(apps, schema_editor):
    Vendor = apps.get_model("sales", "Vendor")
    known = {alias for aliases in Vendor.objects.values_list("aliases", flat=True) for alias in aliases}
    for vendor in Vendor.objects.filter(name__in=NAMES):
        if NAMES[vendor.name] not in known:
            vendor.aliases = [*vendor.aliases, NAMES[vendor.name]]
            vendor.save(update_fields=["aliases"])


class Migration(migrations.Migration):
    dependencies = [("sales", "0001_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
