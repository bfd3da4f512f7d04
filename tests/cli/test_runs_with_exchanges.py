"""Runs with exchanges, whose orders have numbers among those of the customers who came: nobody mistakes the one for
the other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from optimize.hindsight.sent import HindsightError, read_sent
from peakproof.service.recorded import ShadowError, from_run
from scenarios.load import load
from sim.measures.books import Books
from sim.model import Model

SHOP = Path(__file__).resolve().parents[1] / "contracts" / "effects_shop.yaml"


def test_they_have_no_bound_and_no_shadow(tmp_path: Path):
    source = tmp_path / "shop.yaml"
    source.write_text(SHOP.read_text(encoding="utf-8") + "\nreturns: {exchange_share: 50%}\n", encoding="utf-8")
    world, folder = load(source).world, tmp_path / "run"
    folder.mkdir()
    Model(world, seed=1).run(folder)
    shutil.copy(source, folder / "scenario.yaml")

    with pytest.raises(HindsightError, match="exchanges are orders among the others"):
        read_sent(world, Books(folder))
    with pytest.raises(ShadowError, match="runs with exchanges cannot be shadowed"):
        from_run(folder)
