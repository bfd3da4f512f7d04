"""What can go wrong: each a class that acts on agents through their public levers.

A disruption is a frozen dataclass with ``at_ms`` and ``duration_ms``; its other fields are its parameters and
become its keys in a scenario file (``node: int`` takes a node's name, ``..._ms`` a duration, ``..._bp`` a
share). Declare one with `@disruption("name")` in a module of this package and it is listed, loaded and tested with the
others.
"""

from __future__ import annotations

import importlib
import pkgutil

from sim.disruptions.node_outage import NodeOutage
from sim.disruptions.promotion import Promotion
from sim.disruptions.recurring import Occurrence, Recurring, occurrences
from sim.disruptions.registry import DISRUPTIONS, Disruption, disruption, in_force

__all__ = [
    "DISRUPTIONS",
    "Disruption",
    "NodeOutage",
    "Occurrence",
    "Promotion",
    "Recurring",
    "disruption",
    "in_force",
    "occurrences",
]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"sim.disruptions.{_module.name}")
