"""Loading a scenario: read, lay over what it extends, override, check everything, build.

All faults of a load are told at once (`scenarios.errors.ScenarioError`): each step goes on with what the one
before could make sense of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scenarios.build import Tables, build
from scenarios.catalogue import (
    product_table,
    products_from_table,
    region_names,
    region_table,
    regions_from_table,
    skus,
    table_at,
)
from scenarios.checks import (
    check_alternates,
    check_approvals,
    check_attacks,
    check_billing,
    check_breaches,
    check_currencies,
    check_desks,
    check_disputes,
    check_handling_units,
    check_jams,
    check_lanes,
    check_limits,
    check_making,
    check_refurbishing,
    check_shifts,
    check_wrong_rules,
)
from scenarios.conditions import check_conditions
from scenarios.errors import Problems
from scenarios.library import library
from scenarios.merging import named, without_removed
from scenarios.moments import calendar_of, moment_ms
from scenarios.names import Names, check_references, names_of
from scenarios.overrides import apply_changes, chosen_changes, parse_policies, parse_set
from scenarios.reflection import Context
from scenarios.schema.scenario import Scenario
from scenarios.settings import Settings, read_settings
from scenarios.sources import source_tree
from scenarios.stock import EXTRA_COLUMNS, STOCK_COLUMNS, STOCK_OPTIONS, extra_units, stock_rows
from scenarios.tables import read_table
from scenarios.trace import read_trace
from scenarios.validation import validate
from scenarios.world_checks import check_world, warnings
from scenarios.yaml_source import Tree
from sim.calendar import Calendar
from sim.disruptions import Recurring
from sim.units import DAY_MS
from sim.world import World

__all__ = ["Loaded", "library", "load", "warnings"]

_LONGEST_YEARS = 100
_LONGEST_MS = _LONGEST_YEARS * 36_525 * DAY_MS // 100


@dataclass(frozen=True, slots=True)
class Loaded:
    """A scenario that is ready to run.

    Attributes
    ----------
    world
        What the simulation runs.
    source
        The file it came from.
    resolved
        The scenario as plain data after `extends` and overrides; see `scenarios.resolve` for writing it.
    description
        What it is for.
    tree
        The same as ``resolved``, with the place of each value.
    """

    world: World
    source: Path
    resolved: dict[str, Any]
    description: str
    tree: Tree


def load(
    path_or_name: str | Path,
    overrides: Sequence[str] = (),
    sets: Sequence[str] = (),
    policies: Sequence[str] = (),
) -> Loaded:
    """A scenario from a file or the library.

    Parameters
    ----------
    path_or_name
        A library scenario's name, a YAML file, or a folder with ``scenario.yaml``.
    overrides
        Names of overrides to apply besides those in the file's ``use``.
    sets
        ``key=value`` changes, applied last.
    policies
        ``decision=name`` or ``decision=name:parameter=value`` choices, applied before ``sets``.

    Raises
    ------
    ScenarioError
        With everything that is wrong, where it stands, and what was probably meant.
    """
    problems = Problems()
    found = source_tree(path_or_name, problems)
    if found is None:
        problems.raise_if_any()
        raise AssertionError("a scenario that cannot be read has a problem")
    path, tree = found
    tree = _overridden(tree, overrides, sets, policies, problems)
    scenario, world = _world(tree, problems)
    resolved = {key: value for key, value in tree.plain().items() if not _is_spent(key)}
    description = " ".join((scenario.description or "").split())
    return Loaded(world, path, resolved, description, tree)


def _is_spent(key: str) -> bool:
    """Whether a key has done its work once the sources are merged."""
    return key in ("extends", "overrides", "use") or key.startswith("x-")


def _overridden(
    tree: Tree, overrides: Sequence[str], sets: Sequence[str], policies: Sequence[str], problems: Problems
) -> Tree:
    tree = apply_changes(tree, chosen_changes(tree, overrides, problems), problems)
    chosen = [*parse_policies(policies, problems), *(parse_set(text, problems) for text in sets)]
    tree = apply_changes(tree, [change for change in chosen if change is not None], problems)
    return without_removed(tree, problems)


def _world(tree: Tree, problems: Problems) -> tuple[Scenario, World]:
    scenario = validate(tree, problems)
    calendar = calendar_of(tree, problems)
    check_shifts(tree, problems)
    check_lanes(tree, problems)
    check_desks(tree, problems)
    check_limits(tree, problems)
    check_breaches(tree, problems)
    check_disputes(tree, problems)
    check_wrong_rules(tree, problems)
    check_jams(tree, problems)
    check_attacks(tree, problems)
    check_approvals(tree, problems)
    check_billing(tree, problems)
    check_making(tree, problems)
    check_refurbishing(tree, problems)
    check_handling_units(tree, problems)
    check_currencies(tree, problems)
    check_alternates(tree, problems)
    names, tables = _tables(tree, calendar, problems)
    check_references(tree, names, problems)
    check_conditions(tree, names, problems)
    settings = read_settings(tree, Context(names, calendar, problems))
    if scenario is not None and calendar is not None:
        _check_horizon(tree, scenario, calendar, problems)
        _check_moments(tree, scenario, calendar, settings, problems)
    problems.raise_if_any()
    assert scenario is not None
    assert calendar is not None
    world = build(scenario, names, calendar, settings, tables)
    check_world(tree, world, problems)
    problems.raise_if_any()
    return scenario, world


def _tables(tree: Tree, calendar: Calendar | None, problems: Problems) -> tuple[Names, Tables]:
    """Everything that stands in files of its own, and the names that some of it brings."""
    products, regions = product_table(tree, problems), region_table(tree, problems)
    names = names_of(tree, skus(tree, products), region_names(tree, regions))
    at, extra_at = table_at(tree, "stock", "table"), table_at(tree, "stock", "extra")
    stock = extra = None
    if at is not None:
        stock = read_table(*at, problems, needed=STOCK_COLUMNS, optional=STOCK_OPTIONS, texts=("node", "sku"))
    if extra_at is not None:
        extra = read_table(*extra_at, problems, needed=EXTRA_COLUMNS, optional=(), texts=("sku",))
    return names, Tables(
        products=None if products is None else products_from_table(products, names),
        regions=None if regions is None else regions_from_table(regions),
        stock=None if stock is None else stock_rows(stock, names),
        extra_stock=None if extra is None else extra_units(extra, names),
        trace=read_trace(tree, names, calendar, problems),
    )


def _check_horizon(tree: Tree, scenario: Scenario, calendar: Calendar, problems: Problems) -> None:
    end = tree.get("horizon", "end")
    if end is not None and moment_ms(scenario.horizon.end, calendar) <= scenario.horizon.warm_up:
        problems.add(end.mark, "horizon.end", "is not after the warm-up", value=end.value, accepted="a later moment")
    elif end is not None and moment_ms(scenario.horizon.end, calendar) + scenario.horizon.drain > _LONGEST_MS:
        accepted = f"an end whose drain is over {_LONGEST_YEARS} years after the start"
        problems.add(end.mark, "horizon.end", "is too far away", value=end.value, accepted=accepted)


def _check_moments(tree: Tree, scenario: Scenario, calendar: Calendar, settings: Settings, problems: Problems) -> None:
    """Report what would begin when the run is over."""
    over_ms = moment_ms(scenario.horizon.end, calendar) + scenario.horizon.drain
    collection = tree.get("disruptions")
    entries = {named(entry, "name"): entry for entry in (collection.entries() if collection is not None else ())}
    for name, disruption in zip(settings.disruption_names, settings.disruptions, strict=True):
        at = entries[name].get("at") if name in entries else None
        if at is not None and not isinstance(disruption, Recurring) and disruption.at_ms >= over_ms:
            message = "begins when the run is over, and would do nothing"
            accepted = "a moment before the end of the drain"
            problems.add(at.mark, f"disruptions.{name}.at", message, value=at.value, accepted=accepted)
