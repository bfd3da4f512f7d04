"""``peakproof list``: the names that the other commands take."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from peakproof.commands.errors import told

HELP = """Show what there is: names, and a line on each.

Examples:

    peakproof list scenarios
    peakproof list policies
    peakproof list disruptions
    peakproof list kpis
    peakproof list formats
"""


class What(StrEnum):
    """What can be listed."""

    scenarios = "scenarios"
    policies = "policies"
    disruptions = "disruptions"
    kpis = "kpis"
    formats = "formats"


@told
def show_list(what: Annotated[What, typer.Argument(help="What to list.")]) -> None:
    """List names (`HELP` is what the command line shows)."""
    from peakproof.console import table

    columns, rows = _LISTS[what]()
    table(None, columns, rows)


show_list.__doc__ = HELP

Listing = tuple[list[str], list[list[str]]]


def _scenarios() -> Listing:
    from scenarios.library import library

    return ["scenario", "what it is for"], [[name, text] for name, text in library().items()]


def _policies() -> Listing:
    from dataclasses import fields

    from scenarios.settings import known_policies

    rows = []
    for decision, known in known_policies(solvers=True).items():
        for name, policy in known.items():
            parameters = ", ".join(f"{f.name}={f.default!r}" for f in fields(policy) if f.init)
            rows.append([decision, name, _told(policy.__doc__, parameters)])
    return ["decision", "policy", "what it does"], rows


def _disruptions() -> Listing:
    from dataclasses import fields

    from sim.disruptions import DISRUPTIONS

    rows = []
    for name, kind in sorted(DISRUPTIONS.items()):
        keys = ", ".join(_key(f.name) for f in fields(kind) if f.init)  # type: ignore[arg-type]  # all are dataclasses
        rows.append([name, _told(kind.__doc__, keys)])
    return ["disruption", "what it does"], rows


def _key(field: str) -> str:
    """A field as scenario files call it: they give values with units, so their keys have none."""
    return field.removesuffix("_ms").removesuffix("_bp")


def _kpis() -> Listing:
    from sim.measures.registry import measures

    rows = [[m.name, m.unit, m.better, m.definition.replace("`", "")] for m in measures().values()]
    return ["kpi", "unit", "better", "definition"], rows


def _formats() -> Listing:
    from scenarios.importers.registry import formats

    return ["format", "what it reads"], [[f.name, f.summary] for f in formats().values()]


def _told(docstring: str | None, parameters: str) -> str:
    """A docstring's first sentence, which may run over several lines, and the parameters."""
    paragraph = " ".join((docstring or "").strip().split("\n\n")[0].replace("`", "").split())
    sentence = paragraph.split(". ")[0].rstrip(".") + "." if paragraph else ""
    return f"{sentence} Parameters: {parameters}." if parameters else sentence


_LISTS = {
    What.scenarios: _scenarios,
    What.policies: _policies,
    What.disruptions: _disruptions,
    What.kpis: _kpis,
    What.formats: _formats,
}
