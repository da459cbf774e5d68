"""A rule says how many reported tools it has no room for, and waits for no more calls than there can be."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("alerts", "0004_rule_calls")]

    operations = [
        migrations.AddField(
            model_name="rule",
            name="tools_left_out",
            field=models.PositiveIntegerField(
                default=0,
                editable=False,
                help_text="Tools called in the window that are not registered here and that the rule had no room for.",
            ),
        ),
        *(
            migrations.AlterField(
                model_name=model,
                name="minimum_calls",
                field=models.PositiveIntegerField(
                    default=20,
                    help_text="With fewer judged calls in the window the rule says nothing.",
                    validators=[MinValueValidator(1), MaxValueValidator(100_000)],
                ),
            )
            for model in ("rule", "historicalrule")
        ),
    ]
