"""Each capability changes what was said, to the same customers, in that direction; docs/effects.md says how much."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contracts.effects import Effect, Measured, effects, measured, row
from tests.contracts.test_capabilities import REQUIRED, known

PAGE = Path(__file__).resolve().parents[2] / "docs" / "effects.md"
TOLD = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| [A-J]\d ", line)]


def figure(cell: str) -> float:
    """The number of a cell."""
    digits = re.sub(r"[^0-9.]", "", cell)
    return -float(digits) if cell.strip().startswith("−") else float(digits)


@pytest.mark.parametrize(
    ("effect", "told"),
    list(zip(effects(), TOLD, strict=True)),
    ids=[f"{e.id}-{e.key}-{n}" for n, e in enumerate(effects())],
)
def test_it_goes_where_it_should(effect: Effect, told: str):
    found = measured(effect)
    cells, now = told.strip("| ").split(" | "), row(effect, found).strip("| ").split(" | ")
    change, printed = figure(now[-1]), figure(cells[-1])

    assert effect.goes == ("up" if found.difference > 0 else "down" if found.difference < 0 else "nowhere")
    assert now[:4] == cells[:4], "run python benchmarks/effects_table.py docs/effects.md"
    assert printed / 2 <= change <= printed * 2 or printed * 2 <= change <= printed / 2, f"{now[-1]}, not {cells[-1]}"


def test_every_capability_has_an_effect():
    assert REQUIRED <= {effect.id for effect in effects()}


def test_its_key_exists():
    assert [] == [effect.key for effect in effects() if effect.key not in known()]


def test_a_capability_that_does_nothing_is_found():
    idle = Effect("B1", "nothing", "stock", (), "orders_captured", "up")

    assert 0 == measured(idle).difference
    assert -2.0 == Measured(3.0, 1.0).difference
    assert 2.0 == Measured(float("nan"), 2.0).difference
