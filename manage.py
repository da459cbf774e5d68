#!/usr/bin/env python
"""Django's command line, with SalesBoost's own commands (`manage.py up` starts everything)."""

import os
import sys
from importlib import import_module

# Commands that need the settings alone: to set up all apps takes longer than the rest of their start.
LIGHT = {
    "up": "salesboost.management.commands.up",
    "sms_gateway": "tools.catalog.outreach.management.commands.sms_gateway",
    "provider_lab": "salesboost.management.commands.provider_lab",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesboost.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        # Django would swallow a bad setting here and complain of an unknown command instead.
        import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    if light := LIGHT.get(next(iter(sys.argv[1:]), "")):
        import_module(light).Command().run_from_argv(sys.argv)
    else:
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
