"""Who decides and what goes wrong: what only `sim` and `optimize` know the keys of."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from scenarios import quantities as q
from scenarios.errors import listed, shown
from scenarios.moments import moment_ms
from scenarios.names import references
from scenarios.reflection import Context, make, read_parameters
from scenarios.schema import DEFAULT_POLICIES
from scenarios.yaml_source import Tree
from sim.disruptions import DISRUPTIONS, Disruption
from sim.policies.registry import DECISIONS, policies
from sim.world import PolicyChange, PolicyChoice


@dataclass(slots=True)
class Settings:
    """What was read: policies by decision point, their changes, and disruptions, in the order of the file."""

    policies: dict[str, PolicyChoice] = field(default_factory=dict)
    changes: list[PolicyChange] = field(default_factory=list)
    disruptions: list[Disruption] = field(default_factory=list)


def read_settings(tree: Tree, context: Context) -> Settings:
    """Policies, policy changes and disruptions of a scenario; what does not fit goes to the problems."""
    settings = Settings(
        {decision: PolicyChoice(DEFAULT_POLICIES[decision]) for decision in DECISIONS if decision in DEFAULT_POLICIES}
    )
    chosen = tree.get("policies")
    if chosen is not None:
        settings.policies |= _choices(chosen, "policies", context)
    settings.changes = _changes(tree, context)
    settings.disruptions = _disruptions(tree, context)
    return settings


@cache
def _import_solvers() -> None:
    """Import `optimize`: solvers load slowly, so they wait until a scenario asks for one of them."""
    package = importlib.import_module("optimize")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"optimize.{module.name}")


def known_policies(*, solvers: bool) -> Mapping[str, Mapping[str, type[Any]]]:
    """Decision point -> name -> class; those of `optimize` only if ``solvers``."""
    if solvers:
        _import_solvers()
    return policies()


def _choices(tree: Tree, path: str, context: Context) -> dict[str, PolicyChoice]:
    found = {}
    for decision, item in tree.items():
        if item.broken:
            continue
        if decision not in DECISIONS:
            context.problems.add(
                item.key_mark,
                f"{path}.{decision}",
                "there is no such decision point",
                value=decision,
                known=DECISIONS,
                accepted=listed(DECISIONS),
            )
            continue
        choice = _choice(decision, item, f"{path}.{decision}", context)
        if choice is not None:
            found[decision] = choice
    return found


def _choice(decision: str, item: Tree, path: str, context: Context) -> PolicyChoice | None:
    name_tree = item.get("name") if item.is_mapping else item
    if name_tree is None or not isinstance(name_tree.value, str):
        context.problems.add(item.mark, path, "does not fit", accepted="a policy's name, or {name, parameters}")
        return None
    for key, extra in item.items():
        if key not in ("name", "parameters"):
            keys = ("name", "parameters")
            context.problems.add(
                extra.key_mark, f"{path}.{key}", "unknown key", value=key, known=keys, accepted=listed(keys)
            )
    cls = _policy_class(decision, name_tree, path, context)
    given = item.get("parameters") if item.is_mapping else None
    if cls is None:
        return None
    if given is None:
        given = Tree({}, item.mark, item.key_mark)
    values = read_parameters(cls, given, f"{path}.parameters", context)
    return None if values is None else PolicyChoice(name_tree.value, values)


def _policy_class(decision: str, name: Tree, path: str, context: Context) -> type[Any] | None:
    known = known_policies(solvers=False)[decision]
    if name.value not in known:
        known = known_policies(solvers=True)[decision]
    if name.value not in known:
        context.problems.add(
            name.mark,
            path,
            f"there is no {decision} policy {name.value!r}",
            value=name.value,
            known=known,
            accepted=listed(known),
        )
    return known.get(name.value)


def _changes(tree: Tree, context: Context) -> list[PolicyChange]:
    found: list[PolicyChange] = []
    changes = tree.get("policy_changes")
    for index, item in enumerate(changes.entries() if changes is not None else ()):
        path = f"policy_changes[{index}]"
        at, chosen = item.get("at"), item.get("policies")
        if at is None or chosen is None or context.calendar is None:
            continue  # the schema reports what is missing
        try:
            at_ms = moment_ms(q.moment(at.value), context.calendar)
        except q.QuantityError:
            continue
        if at_ms < 0:
            context.problems.add(at.mark, f"{path}.at", "is before the scenario's start", value=at.value)
        found += [
            PolicyChange(at_ms, decision, choice)
            for decision, choice in _choices(chosen, f"{path}.policies", context).items()
        ]
    return sorted(found, key=lambda change: change.at_ms)


def _disruptions(tree: Tree, context: Context) -> list[Disruption]:
    found = []
    collection = tree.get("disruptions")
    for index, item in enumerate(collection.entries() if collection is not None else ()):
        name = next(references(item, ("name",)), (f"[{index}]",))[0]
        path = f"disruptions{name}" if str(name).startswith("[") else f"disruptions.{name}"
        made = _disruption(item, path, context)
        if made is not None:
            found.append(made)
    return found


def _disruption(item: Tree, path: str, context: Context) -> Disruption | None:
    if not item.is_mapping:
        return None
    kind = item.get("kind")
    if kind is None:
        if "kind" not in item.value:
            context.problems.add(item.key_mark, f"{path}.kind", "is missing", accepted=listed(DISRUPTIONS))
        return None
    if kind.value not in DISRUPTIONS:
        context.problems.add(
            kind.mark,
            f"{path}.kind",
            f"there is no disruption {shown(kind.value)}",
            value=kind.value,
            known=DISRUPTIONS,
            accepted=listed(DISRUPTIONS),
        )
        return None
    made: Disruption | None = make(DISRUPTIONS[kind.value], item, path, context, beside=("kind", "name"))
    return made
