"""What a model is told: by the label, or by the arm in which somebody is; and what is kept of an arm.

Without a query.
"""

from collections.abc import Mapping
from typing import Any

from tools.llm.experiments import live
from tools.llm.experiments.assignment import Arm, Running
from tools.llm.experiments.given import Given
from tools.llm.experiments.units import NO_UNITS, Units, hash_of
from tools.llm.prompts import live as prompts
from tools.llm.prompts.families import Rung, family_of, rung_of
from tools.llm.prompts.rendering import Rendered


def rendered(
    name: str,
    *,
    model: str,
    units: Units = NO_UNITS,
    label: str = prompts.PRODUCTION,
    rung: str = prompts.DETAILED,
    variables: Mapping[str, object] | None = None,
    tool: str = "",
) -> tuple[Rendered, tuple[Given, ...]]:
    """The text that *model* is to be sent, and the arm whose it is, where one of *units* is in an experiment.

    What was chosen for them stands in place of what is in production.

    An arm is told whole at any *rung*: the ladder rests meanwhile, or arms would mix with what it makes of them.
    *tool* is the one that the prompt describes, if it does. Raises CannotRender.
    """
    found = live.arm_of(name, label, units) if units != NO_UNITS else None
    if found is None:
        if label == prompts.PRODUCTION and (picked := units.chosen.get(name)):
            return picked.rendered(model, rung_of(rung), variables or {}), ()
        return prompts.rendered(name, model=model, label=label, rung=rung, variables=variables), ()
    version = found[1].version
    assert version is not None  # each of a prompt's arms has one
    text = version.rendered(family_of(model), Rung.DETAILED, variables or {})
    named = f"{text.sent.name}@{text.sent.version}"
    return text, (given_by(found, units, version=named, sha256=text.sent.sha256, tool=tool),)


def given_by(found: tuple[Running, Arm], units: Units, **about: Any) -> Given:
    """The arm that was *found* for *units*; *about* is what ``Given`` has beside."""
    run, arm = found
    return Given(
        experiment=run.experiment,
        run=run.pk,
        run_number=run.number,
        arm=arm.pk,
        arm_label=arm.label,
        unit=hash_of(units.of(run.unit)),
        stratum=run.stratum,
        session_id=units.conversation,
        **{"version": arm.value, **about},
    )
