"""Shipments that stand in some states: kept up from look to look, and the same as if all were looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.books.columns import as_numpy
from sim.books.register import Register
from sim.books.standing import Standing
from sim.model import Model
from sim.orders import IN_PREPARATION, NOT_ARRIVED, SHIPMENT_MOVES
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon
from tests.worlds import a_busy_world


@pytest.mark.parametrize("states", [IN_PREPARATION, NOT_ARRIVED])
def test_no_shipment_comes_back_to_these_states(states: tuple[int, ...]):
    assert [] == [(m.source, m.target) for m in SHIPMENT_MOVES if m.source not in states and m.target in states]


def scanned(register: Register, states: tuple[int, ...]) -> list[int]:
    present = register.shipments.present()
    return present[np.isin(as_numpy(register.shipments.state)[present], states)].tolist()


def test_they_are_found_as_by_looking_at_all(tmp_path: Path):
    """Every five hours, between which many come and go; and what has left memory stands nowhere."""
    model = Model(a_busy_world(900.0, horizon=Horizon(3 * DAY_MS, 0, 20 * DAY_MS)), 3)
    register, found = model.site.register, set[int]()

    def look(_: None) -> None:
        assert scanned(register, IN_PREPARATION) == register.in_preparation().tolist()
        assert scanned(register, NOT_ARRIVED) == register.not_arrived().tolist()
        found.add(len(register.not_arrived()))
        if model.clock.now_ms < 19 * DAY_MS:
            model.clock.at(model.clock.now_ms + 5 * HOUR_MS, 8, look)

    model.clock.at(0, 8, look)
    model.run(tmp_path)

    assert len(found) > 20
    register.shipments.leave(np.array([0]))
    assert [] == Standing(IN_PREPARATION).among(register.shipments).tolist() == scanned(register, IN_PREPARATION)
