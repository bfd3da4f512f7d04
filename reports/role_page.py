"""The page of a run as one role sees it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from reports.foresight import alert_tables
from reports.html import Grid, Section, Tile, program, render
from reports.roles import VIEWS, Role
from reports.run_page import currency_of, headline, period_of, run_sections
from scenarios.display import display
from sim.errors import PeakproofError
from sim.measures.registry import breakdowns, measures, split
from sim.run import Run

SHOWN = 10


class RoleError(PeakproofError):
    """There is no view of that role."""


@dataclass(frozen=True, slots=True)
class RolePage:
    """What the template shows."""

    scenario: str
    seed: str
    period: str
    title: str
    question: str
    headline: str
    tiles: tuple[Tile, ...]
    sections: tuple[Section, ...]
    small: tuple[Grid, ...]
    tables: tuple[Grid, ...]
    footer: str


def role_page(run: Run, name: str, kpis: Mapping[str, float] | None = None) -> str:
    """The page as HTML; ``kpis`` spares computing them again.

    Raises
    ------
    RoleError
        If ``name`` is none of `reports.roles.VIEWS`.
    """
    if name not in VIEWS:
        raise RoleError(f"there is no view {name!r}; there are {', '.join(VIEWS)}")
    role, currency = VIEWS[name], currency_of(run)
    values = dict(kpis) if kpis is not None else run.kpis()
    page = RolePage(
        scenario=str(run.manifest.get("scenario", run.folder.name)),
        seed=str(run.manifest.get("seed", "")),
        period=period_of(run),
        title=role.title,
        question=role.question,
        headline=headline(values, currency),
        tiles=_tiles(role, values, currency),
        sections=run_sections(run, role.figures),
        small=tuple(grid for grid in (_grid(run, name, currency) for name in role.breakdowns) if grid.rows),
        tables=(*_alerts(run, role), *(grid for make in role.tables for grid in make(run, currency))),
        footer=f"{program()}. Everything on this page follows from the books beside it.",
    )
    return render("role.html", page)


def _tiles(role: Role, values: Mapping[str, float], currency: str) -> tuple[Tile, ...]:
    """The role's measures, those left out that have no value in this run."""
    known = measures()
    return tuple(
        Tile(known[name].title, display(values[name], known[name].unit, currency))
        for name in role.measures
        if name in values and not math.isnan(values[name])
    )


def _alerts(run: Run, role: Role) -> tuple[Grid, ...]:
    if not role.alerts:
        return alert_tables(run)
    found = [grid for name in role.alerts for grid in alert_tables(run, name)]
    rows = tuple(row for grid in found for row in grid.rows)
    return (Grid(found[0].caption, found[0].columns, rows, found[0].numbers),) if found else ()


def _grid(run: Run, name: str, currency: str) -> Grid:
    """A breakdown as a table of two columns, the largest first."""
    made = breakdowns()[name]
    of = measures()[made.of]
    frame = split(run.books, name)
    frame = frame[frame["value"].notna() & (frame["value"] != 0)]
    frame = frame.sort_values("value", ascending=of.better == "higher" and of.unit == "share", kind="stable")
    rows = tuple(
        (_name(label), display(float(value), of.unit, currency))
        for label, value in zip(frame[made.by].head(SHOWN), frame["value"].head(SHOWN), strict=True)
    )
    return Grid(of.title, (made.by.replace("_", " "), of.title.lower()), rows, (1,))


def _name(label: object) -> str:
    text = str(label)
    return (text.split(":", 1)[1] if text.startswith(("carrier:", "supplier:")) else text).replace("_", " ")
