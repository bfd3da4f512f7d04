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
from scenarios.schema.scenario import DEFAULT_POLICIES
from scenarios.yaml_source import Tree
from sim.disruptions import DISRUPTIONS, Disruption, Recurring
from sim.policies.registry import DECISIONS, policies
from sim.world import PolicyChange, PolicyChoice


@dataclass(slots=True)
class Settings:
    """What was read: policies by decision point, their changes, and disruptions, in the order of the file."""

    policies: dict[str, PolicyChoice] = field(default_factory=dict)
    changes: list[PolicyChange] = field(default_factory=list)
    disruptions: list[Disruption | Recurring] = field(default_factory=list)
    disruption_names: list[str] = field(default_factory=list)
    alert_policies: list[dict[str, PolicyChoice]] = field(default_factory=list)
    fallback_policies: dict[str, PolicyChoice] = field(default_factory=dict)


def read_settings(tree: Tree, context: Context) -> Settings:
    """Policies, policy changes and disruptions of a scenario; what does not fit goes to the problems."""
    settings = Settings(
        {decision: PolicyChoice(DEFAULT_POLICIES[decision]) for decision in DECISIONS if decision in DEFAULT_POLICIES}
    )
    chosen = tree.get("policies")
    if chosen is not None:
        settings.policies |= _choices(chosen, "policies", context)
    settings.changes = _changes(tree, context, settings.policies)
    settings.alert_policies = _alert_policies(tree, context)
    meanwhile = tree.get("fallbacks", "labour", "policies")
    if meanwhile is not None and meanwhile.is_mapping:
        settings.fallback_policies = _choices(meanwhile, "fallbacks.labour.policies", context)
    _read_disruptions(tree, context, settings)
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
        choice = read_choice(decision, item, f"{path}.{decision}", context)
        if choice is not None:
            found[decision] = choice
    return found


def read_choice(decision: str, item: Tree, path: str, context: Context) -> PolicyChoice | None:
    """A policy by name, or by name and parameters; None, and a problem, where it is neither."""
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
    if values is None:
        return None
    try:
        cls(**values)
    except ValueError as fault:
        context.problems.add(given.mark, f"{path}.parameters", str(fault))
        return None
    return PolicyChoice(name_tree.value, values)


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


def _changes(tree: Tree, context: Context, taken: Mapping[str, PolicyChoice]) -> list[PolicyChange]:
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
        for decision, choice in _choices(chosen, f"{path}.policies", context).items():
            found.append(PolicyChange(at_ms, decision, choice))
            if decision not in taken:
                message = "nobody takes this decision before"
                context.problems.add(
                    chosen.key_mark, f"{path}.policies.{decision}", message, accepted=f"a policies.{decision} to change"
                )
    return sorted(found, key=lambda change: change.at_ms)


def _alert_policies(tree: Tree, context: Context) -> list[dict[str, PolicyChoice]]:
    """By alert, the policies that it puts in force."""
    alerts = tree.get("alerts")
    found = []
    for index, item in enumerate(alerts.entries() if alerts is not None else ()):
        chosen = item.get("policies")
        found.append({} if chosen is None else _choices(chosen, f"alerts[{index}].policies", context))
    return found


def _read_disruptions(tree: Tree, context: Context, settings: Settings) -> None:
    collection = tree.get("disruptions")
    for index, item in enumerate(collection.entries() if collection is not None else ()):
        name = next(references(item, ("name",)), (f"[{index}]",))[0]
        path = f"disruptions{name}" if str(name).startswith("[") else f"disruptions.{name}"
        made = _disruption(item, str(name), path, context)
        if made is not None:
            settings.disruptions.append(made)
            settings.disruption_names.append(made.kind if str(name).startswith("[") else str(name))


def _disruption(item: Tree, name: str, path: str, context: Context) -> Disruption | Recurring | None:
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
    if any(item.get(key) is not None for key in _RANDOM):
        return _recurring(DISRUPTIONS[kind.value], item, name, path, context)
    made: Disruption | None = make(DISRUPTIONS[kind.value], item, path, context, beside=("kind", "name"))
    return made


_RANDOM, _TIMED = ("mtbf", "mttr"), ("at", "duration")
"""The keys that say when: one pair or the other."""


def _recurring(cls: type[Disruption], item: Tree, name: str, path: str, context: Context) -> Recurring | None:
    """A disruption that comes by chance: mean times instead of a moment and a duration."""
    means = [_mean(item, key, path, context) for key in _RANDOM]
    for key in _TIMED:
        extra = item.get(key)
        if extra is not None and extra.value is not None:
            message = "does not go together with mtbf and mttr"
            context.problems.add(extra.key_mark, f"{path}.{key}", message, accepted="at and duration, or mtbf and mttr")
    rest = {key: tree for key, tree in item.value.items() if key not in (*_RANDOM, *_TIMED)}
    rest |= {key: Tree("0h", item.mark, item.key_mark) for key in _TIMED}
    made = make(cls, Tree(rest, item.mark, item.key_mark), path, context, beside=("kind", "name"))
    return None if made is None or None in means else Recurring(name, made, *(mean or 0 for mean in means))


def _mean(item: Tree, key: str, path: str, context: Context) -> int | None:
    given = item.get(key)
    accepted = q.DURATION_HELP + ", above 0"
    if given is None:
        context.problems.add(item.key_mark, f"{path}.{key}", "is missing", accepted=accepted)
        return None
    try:
        return q.at_least(q.duration_ms, 1, accepted)(given.value)
    except q.QuantityError as error:
        context.problems.add(given.mark, f"{path}.{key}", "does not fit", value=given.plain(), accepted=error.accepted)
        return None
