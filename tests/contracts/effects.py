"""The effect of each capability: one shop, with it and without it, on the same customers.

``effects.yaml`` lists the pairs. `measured` runs one; ``benchmarks/effects_table.py`` writes them all into
docs/effects.md, and ``test_effects.py`` holds that page to what the engine does.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scenarios.load import load
from sim.measures.registry import compute, measures
from sim.model import Model
from sim.run import Books

HERE = Path(__file__).parent
SHOP = HERE / "effects_shop.yaml"
SEED = 1


@dataclass(frozen=True, slots=True)
class Effect:
    """A capability by its ``id``, the ``key`` that switches it on, what both runs have (``given``), what only the one
    has (``switched``), or only the other (``otherwise``), and the measure that then goes ``up`` or ``down``."""

    id: str
    what: str
    key: str
    switched: tuple[str, ...]
    measure: str
    goes: str
    given: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    sql: str | None = None
    same_customers: bool = True


@dataclass(frozen=True, slots=True)
class Measured:
    """What the measure was without and with."""

    without: float
    with_it: float

    @property
    def difference(self) -> float:
        """With less without; where the measure does not exist without, all of it."""
        return self.with_it - (0.0 if self.without != self.without else self.without)


@cache
def effects() -> tuple[Effect, ...]:
    """All pairs, in the sequence of their ids."""
    rows: list[dict[str, Any]] = yaml.safe_load((HERE / "effects.yaml").read_text(encoding="utf-8"))
    return tuple(sorted(map(_effect, rows), key=lambda e: e.id))


def _effect(row: dict[str, Any]) -> Effect:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Effect(**fields)


def measured(effect: Effect) -> Measured:
    """Run the pair.

    Raises
    ------
    AssertionError
        If the two met other customers, though the effect says that they are the same.
    """
    without, offered = _run(effect, effect.otherwise)
    with_it, offered_then = _run(effect, effect.switched)
    if effect.same_customers:
        assert offered == offered_then, f"{effect.id} {effect.key}: other customers"
    return Measured(without, with_it)


def row(effect: Effect, found: Measured) -> str:
    """The pair as a row of docs/effects.md; a star stands where the capability is about the customers themselves."""
    unit = "count" if effect.sql else measures()[effect.measure].unit
    title = effect.measure if effect.sql else measures()[effect.measure].title
    figures = [_shown(v, unit) for v in (found.without, found.with_it)]
    change = _shown(abs(found.difference), unit)
    star = "" if effect.same_customers else " *"
    sign = "+" if found.difference > 0 else "−"
    cells = [effect.id, effect.what + star, f"`{effect.key}`", title, *figures, sign + change]
    return f"| {' | '.join(cells)} |"


def _shown(value: float, unit: str) -> str:
    if value != value:
        return "–"
    if unit == "cents":
        return f"${value / 100:,.2f}"
    if unit == "share":
        return f"{value:.1%}"
    if unit == "hours":
        return f"{value:,.1f} h"
    return f"{value:,.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.3f}"


def _run(effect: Effect, sets: Sequence[str]) -> tuple[float, Any]:
    world = load(SHOP, sets=[text.replace("HERE/", f"{HERE}/") for text in (*effect.given, *sets)]).world
    with tempfile.TemporaryDirectory() as name:
        manifest = Model(world, seed=SEED).run(Path(name))
        books = Books(Path(name), threads=1)
        value = books.value(effect.sql) if effect.sql else compute(books, [effect.measure])[effect.measure]
        books.connection.close()
    return value, manifest["demand_hash"]
