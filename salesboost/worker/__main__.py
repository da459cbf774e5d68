"""``python -m salesboost.worker``: Celery's worker, with the options of ``celery worker``.

Celery's own command line loads each of its commands, and an interactive shell: 10 MB that no worker uses.
"""

from celery.bin.base import CLIContext
from celery.bin.worker import worker

from salesboost.celery import app


def main() -> None:
    worker.main(
        obj=CLIContext(app=app, no_color=True, workdir=None, quiet=True), prog_name="python -m salesboost.worker"
    )


if __name__ == "__main__":
    main()
