"""`manage.py rehearse_rule "Success rate of a tool" --hours 24`: what the rule would have told."""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from telemetry.alerts import wording
from telemetry.alerts.models import Rule
from telemetry.alerts.models.rules import resolution_of
from telemetry.alerts.rehearsal import rehearse
from telemetry.counts import resolutions

# What can be tried with another value.
TRIED = {"threshold": float, "recovery_threshold": float, "minimum_calls": int, "for_s": int}


class Command(BaseCommand):
    help = "Replay a rule over stored calls and list the incidents that it would have opened. Tells nobody."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("rule", help="The rule's name.")
        parser.add_argument("--hours", type=float, default=24.0, help="How far back to go (default: 24).")
        for name, kind in (
            ("threshold", float),
            ("recovery-threshold", float),
            ("minimum-calls", int),
            ("for-s", int),
        ):
            parser.add_argument(f"--{name}", type=kind, help="Instead of the rule's own; it is not saved.")

    def handle(self, *args: Any, **options: Any) -> None:
        rule = the_rule(options)
        now, hours = timezone.now(), options["hours"]
        if not hours > 0:
            raise CommandError("--hours must be more than 0.")
        start = now - timedelta(hours=hours)
        refuse_what_is_gone(rule, start, now)
        incidents = rehearse(rule, start, now)
        for incident in incidents:
            self.stdout.write(f"{incident.opened_at:%F %T}  {incident.summary}, since {incident.began_at:%T}.")
            self.stdout.write("    " + " ".join(filter(None, (incident.detail, incident.cause))))
            ended = f"{incident.resolved_at:%F %T}  {incident.ending}" if incident.resolved_at else "still open"
            worst = wording.percent(incident.worst_value)
            self.stdout.write(f"    {ended}; {worst} at worst.")
        self.stdout.write(f"{len(incidents)} incidents in {hours:g} h ({len(incidents) * 24 / hours:.1f} a day).")


def refuse_what_is_gone(rule: Rule, start: datetime, now: datetime) -> None:
    """CommandError if the counts that *rule* is judged by are no longer kept for the time since *start*."""
    step_s = resolution_of(rule.window_s)
    first = resolutions.floor(step_s, now) + timedelta(seconds=rule.window_s)
    if start < first:
        hours = (now - first) // timedelta(hours=1)
        raise CommandError(
            f"This rule looks at calls in steps of {step_s} s, and these are kept for "
            f"{resolutions.kept_days(step_s)} days: use --hours {hours} at most."
        )


def the_rule(options: dict[str, Any]) -> Rule:
    """The rule asked for, with what is to be tried instead; CommandError if it cannot work."""
    rule = Rule.objects.filter(name=options["rule"]).first()
    if rule is None:
        names = ", ".join(Rule.objects.values_list("name", flat=True)) or "none"
        raise CommandError(f"There is no rule {options['rule']!r}. Rules: {names}.")
    for name in TRIED:
        if options[name] is not None:
            setattr(rule, name, options[name])
    try:
        rule.full_clean()
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    return rule
