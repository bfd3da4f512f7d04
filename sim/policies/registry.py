"""Policies by decision point and name; a module of `sim.policies` or `optimize` that declares one makes it known.

A policy is a dataclass: its fields are its parameters, its docstring's first line is what
``peakproof list policies`` prints.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, TypeVar

from sim.errors import PeakproofError

DECISIONS = (
    "promise",
    "allocation",
    "release",
    "carrier",
    "forecast",
    "replenishment",
    "balancing",
    "transfers",
    "labour",
)

_POLICIES: dict[str, dict[str, type[Any]]] = {decision: {} for decision in DECISIONS}
_PACKAGES = ["sim.policies"]

P = TypeVar("P", bound=type)


class UnknownPolicyError(PeakproofError):
    """No policy of that name takes that decision, or it has no such parameter."""


def policy(decision: str, name: str) -> Callable[[P], P]:
    """Class decorator: ``name`` is how scenario files and the command line call this policy."""

    def register(cls: P) -> P:
        known = _POLICIES[decision]
        if name in known and known[name] is not cls:
            raise ValueError(f"two {decision} policies are called {name!r}")
        known[name] = cls
        return cls

    return register


def announce(package: str) -> None:
    """A floor above says that the modules of ``package`` declare policies too."""
    if package not in _PACKAGES:
        _PACKAGES.append(package)


def load_rules() -> None:
    """Import every module of the packages that are known, so that each has declared its policies."""
    for name in _PACKAGES:
        for module in pkgutil.iter_modules(importlib.import_module(name).__path__):
            importlib.import_module(f"{name}.{module.name}")


def policies() -> dict[str, dict[str, type[Any]]]:
    """All known policies: decision point -> name -> class."""
    load_rules()
    return {decision: dict(sorted(known.items())) for decision, known in _POLICIES.items()}


def make(decision: str, name: str, parameters: Mapping[str, Any] | None = None) -> Any:
    """A fresh policy, not yet bound to a world.

    Raises
    ------
    UnknownPolicyError
        With the nearest names, if there is no such decision, policy or parameter.
    """
    known = policies()
    cls = _pick(known[_pick_name(known, decision, "decision point")], name, f"{decision} policy")
    accepted = {f.name for f in fields(cls) if f.init}
    for key in parameters or {}:
        _pick_name(dict.fromkeys(accepted), key, f"parameter of {decision} policy {name!r}")
    return cls(**(parameters or {}))


def _pick(known: Mapping[str, type[Any]], name: str, what: str) -> type[Any]:
    return known[_pick_name(known, name, what)]


def _pick_name(known: Mapping[str, Any], name: str, what: str) -> str:
    if name in known:
        return name
    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise UnknownPolicyError(f"there is no {what} {name!r}{hint or '.'} Known: {', '.join(sorted(known)) or 'none'}")
