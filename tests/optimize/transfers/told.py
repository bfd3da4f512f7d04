"""Transfer problems from single facts."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from optimize.transfers.trucks import Trucks


def with_trucks(facts: dict[str, Any]) -> dict[str, Any]:
    """The same with what is said of trucks put together as ``trucks``."""
    own = {f.name for f in fields(Trucks)}
    others = {name: value for name, value in facts.items() if name not in own}
    return others | {"trucks": Trucks(**{name: value for name, value in facts.items() if name in own})}
