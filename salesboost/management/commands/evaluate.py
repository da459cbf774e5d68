"""``manage.py evaluate``: runs suites of cases against the provider lab, or against real models."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from tools.llm.prompts.families import Rung
from tools.llm.prompts.models import PRODUCTION

EPILOG = (
    "Ends with 0 where all is well, 1 for a regression, 2 for what cannot be asked, 3 where less than --at-least "
    "passed, 130 where it was interrupted (what is done is kept)."
)


class Command(BaseCommand):
    help = f"Ask models the cases of suites, and compare what they do with the run before. {EPILOG}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("suites", nargs="*", help="files, folders, or suites that ship (default: all of those)")
        add("--deployment", action="append", default=[], help="ask this deployment or route, not the lab")
        add("--pay", action="store_true", help="ask deployments that cost money; else only their cost is told")
        add("--vendor", action="append", default=[], help="of the lab: only this vendor")
        said = f"label or number of the version of the suites' prompts (default: {PRODUCTION})"
        add("--prompt-version", action="append", default=[], help=said)
        add("--rung", choices=[rung.value for rung in Rung], default=Rung.DETAILED.value, help="of the prompts")
        add("--tag", action="append", default=[], help="only cases with this tag")
        add("--repeat", type=whole, default=1, help="how often each case is asked (default: 1)")
        add("--side-by-side", type=whole, default=8, help="how many are asked at a time (default: 8)")
        add("--seed", type=int, default=0, help="of the lab (default: 0)")
        add("--against", type=int, help="compare with the run of this number (default: the last one alike)")
        add("--at-least", type=share, help="share of cases that has to pass (default: 1 in the lab, else 0)")
        add("--note", default="", help="words that stand beside the run in the history")
        add("--json", action="store_true", help="print all of it as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        from salesboost.testing import evaluating
        from tools.definition.registry import build_default_registry
        from tools.llm.evaluation.errors import BadSuite, CannotEvaluate
        from tools.llm.providers.errors import CannotAsk, UnknownRoute

        try:
            evaluated = evaluating.evaluate(
                wanted(options),
                build_default_registry(),
                may_ask=lambda estimate: self.may_ask(estimate, options["pay"]),
                progress=self.progress,
            )
        except BadSuite as error:
            raise CommandError("\n".join(error.faults), returncode=evaluating.USAGE) from None
        except (CannotEvaluate, CannotAsk, UnknownRoute) as error:
            raise CommandError(str(error), returncode=evaluating.USAGE) from None
        except DatabaseError as error:
            said = f"The database cannot be asked ({type(error).__name__}): start it with `manage.py up`."
            raise CommandError(said, returncode=evaluating.USAGE) from error
        self.tell(evaluated, as_json=options["json"])
        if evaluated.code:
            sys.exit(evaluated.code)

    def may_ask(self, estimate: Any, pays: bool) -> bool:
        if estimate.requests:
            self.stderr.write(f"This costs money: {estimate}.")
        return pays or not estimate.requests

    def progress(self, done: Any, so_far: int, of: int) -> None:
        """How far it is: one line that changes for people, some lines for logs."""
        if self.stderr.isatty():
            self.stderr.write(f"\r{so_far:,} of {of:,} asked", ending="\n" if so_far == of else "")
            self.stderr.flush()
        elif so_far == of or so_far % max(1, of // 10) == 0:
            self.stderr.write(f"{so_far:,} of {of:,} asked")

    def tell(self, evaluated: Any, *, as_json: bool) -> None:
        """The table, what failed, and the comparison."""
        from tools.llm.evaluation import table

        run = evaluated.run
        if as_json:
            told = table.as_json(
                *(run.pk, evaluated.done, evaluated.comparison), is_whole=run.is_whole, code=evaluated.code
            )
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2, default=str))
            return
        self.stdout.write(table.table(table.lines(evaluated.done)))
        for failure in table.failures(evaluated.done):
            self.stdout.write(f"  {failure}")
        self.stdout.write(ending(evaluated))


def ending(evaluated: Any) -> str:
    """The last line: what the run was, and what changed."""
    from tools.llm.evaluation.table import spent

    run, comparison = evaluated.run, evaluated.comparison
    price = f", {spent(run.usd, in_lab=run.in_lab)}" if run.usd else ""
    said = f"Run {run.pk}: {run.passed:,} of {run.asked:,} passed{price}."
    if not run.is_whole:
        return f"{said} It was interrupted: what was done is kept, and compared with nothing."
    if comparison is None:
        return f"{said} No run before it asked the same: the next one is compared with this."
    return f"{said} {comparison}"


def wanted(options: dict[str, Any]) -> Any:
    from salesboost.testing.deployments import VENDORS
    from salesboost.testing.evaluating import Wanted

    return Wanted(
        suites=options["suites"],
        deployments=options["deployment"],
        vendors=options["vendor"] or VENDORS,
        versions=options["prompt_version"] or (PRODUCTION,),
        rung=Rung(options["rung"]),
        tags=options["tag"],
        repetitions=options["repeat"],
        side_by_side=options["side_by_side"],
        seed=options["seed"],
        against=options["against"],
        at_least=options["at_least"],
        note=options["note"],
    )


def whole(text: str) -> int:
    """A number from 1 up, for argparse."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is no number of times: write a whole number from 1 up.")
    return int(text)


def share(text: str) -> float:
    """A number from 0 to 1, for argparse."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise ArgumentTypeError(f"{text!r} is no share: write a number from 0 to 1, such as 0.9.")
    return found
