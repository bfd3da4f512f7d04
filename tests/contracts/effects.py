"""The effect of each capability: one shop, with it and without it, on the same customers.

``effects.yaml`` lists the pairs. `measured` runs one; ``benchmarks/effects_table.py`` writes them all into
docs/effects.md, and the tests hold that page to what the engine does.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from scenarios.load import load
from sim.measures.books import Books
from sim.measures.registry import compute, measures
from sim.model import Model

HERE = Path(__file__).parent
SHOP = HERE / "effects_shop.yaml"
PAGE = HERE.parents[1] / "docs" / "effects.md"
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
    kept, demand_hash = _before((*effect.given, *effect.otherwise))
    without, offered = _run(effect, Path(kept.name), demand_hash)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with_it, offered_then = _run(effect, folder, _written(folder, (*effect.given, *effect.switched)))
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


def _run(effect: Effect, folder: Path, demand_hash: str) -> tuple[float, str]:
    books = Books(folder, threads=1)
    value = books.value(effect.sql) if effect.sql else compute(books, [effect.measure])[effect.measure]
    books.connection.close()
    return value, demand_hash


def _written(folder: Path, sets: Sequence[str]) -> str:
    """Run the shop with these keys into a folder; its customers' hash."""
    world = load(SHOP, sets=[text.replace("HERE/", f"{HERE}/") for text in sets]).world
    return str(Model(world, seed=SEED).run(folder)["demand_hash"])


@cache
def _before(sets: tuple[str, ...]) -> tuple[tempfile.TemporaryDirectory[str], str]:
    """A shop without: many capabilities start from the same one."""
    kept = tempfile.TemporaryDirectory()
    return kept, _written(Path(kept.name), sets)


def assert_told(effect: Effect, told: str) -> None:
    """An effect goes where it should, and as far as its row ``told`` of the page says, within a factor of two."""
    found = measured(effect)
    cells, now = told.strip("| ").split(" | "), row(effect, found).strip("| ").split(" | ")
    change, printed = _figure(now[-1]), _figure(cells[-1])
    assert effect.goes == ("up" if found.difference > 0 else "down" if found.difference < 0 else "nowhere")
    assert now[:4] == cells[:4], "run python benchmarks/effects_table.py docs/effects.md"
    assert printed / 2 <= change <= printed * 2 or printed * 2 <= change <= printed / 2, f"{now[-1]}, not {cells[-1]}"


def told_of(sections: str) -> list[Any]:
    """Effects of the sections with these letters, each with its row of docs/effects.md, as parameters of a test."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| [A-J]\d ", line)]
    return [
        pytest.param(effect, told, id=f"{effect.id}-{effect.key}-{number}")
        for number, (effect, told) in enumerate(zip(effects(), rows, strict=True))
        if effect.id[0] in sections
    ]


def _figure(cell: str) -> float:
    """The number of a cell."""
    digits = re.sub(r"[^0-9.]", "", cell)
    return -float(digits) if cell.strip().startswith("−") else float(digits)
