"""``python -m salesboost.server -b 0.0.0.0 -p 8000 salesboost.asgi:application``: daphne's command line."""

import os

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "salesboost.settings")
    django.setup()
    from salesboost.server.serving import CommandLine

    CommandLine.entrypoint()


if __name__ == "__main__":
    main()
