"""What acting on alerts saves: each alert that may act, as a change of a scenario in which all of them only tell."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from scenarios.experiments.changes import Attribution, Change, attribute
from scenarios.experiments.experiment import ExperimentError
from scenarios.load import Loaded, load
from sim.world import PolicyChoice

_NOBODY = PolicyChoice("none")
"""Who decides at a point that is off unless somebody is named."""

SAVED = (
    "promise_breaches",
    "on_time_ship",
    "otif",
    "backlog_peak_orders",
    "alerts_raised",
    "alerts_up_hours",
    "freight_per_order_cents",
    "contribution_margin_cents",
)
"""What is asked where nobody says otherwise."""


def acting_alerts(loaded: Loaded) -> tuple[Change, ...]:
    """The alerts that put policies in force, each as a change that lets it.

    Raises
    ------
    ExperimentError
        If none does.
    """
    found = tuple(
        Change(plan.name, sets=(f"alerts.{_quoted(plan.name)}.policies={_policies(plan.policies)}",))
        for plan in loaded.world.alerts
        if plan.policies
    )
    if not found:
        told = ", ".join(plan.name for plan in loaded.world.alerts) or "none"
        raise ExperimentError(
            f"no alert of {loaded.world.name} acts (alerts: {told}); give one `policies`, such as "
            "'alerts.NAME.policies={balancing: cutoff}'"
        )
    return found


def telling_only(loaded: Loaded, changes: Sequence[Change]) -> tuple[str, ...]:
    """Settings that let these alerts put in force what is in force anyway."""
    names, usual = {change.name for change in changes}, loaded.world.policies
    return tuple(
        f"alerts.{_quoted(plan.name)}.policies={_policies({d: usual.get(d, _NOBODY) for d in plan.policies})}"
        for plan in loaded.world.alerts
        if plan.name in names
    )


def acting(
    scenario: str | Path,
    replications: int = 5,
    seed: int = 1,
    *,
    use: Sequence[str] = (),
    sets: Sequence[str] = (),
    policies: Sequence[str] = (),
    kpis: Sequence[str] = SAVED,
    **options: Any,
) -> Attribution:
    """Run a scenario whose alerts only tell, and with each of them acting, on the same customers.

    See `scenarios.experiments.changes.attribute` for the other options.
    """
    loaded = load(scenario, overrides=use, sets=sets, policies=policies)
    changes = acting_alerts(loaded)
    return attribute(
        scenario,
        changes,
        replications,
        seed,
        use=use,
        sets=(*sets, *telling_only(loaded, changes)),
        policies=policies,
        kpis=kpis,
        **options,
    )


def _quoted(name: str) -> str:
    return f'"{name}"' if "." in name else name


def _policies(chosen: Mapping[str, PolicyChoice]) -> str:
    """As YAML of one line, which JSON is."""
    return json.dumps({d: {"name": c.name, "parameters": dict(c.parameters)} for d, c in chosen.items()})
