"""What is handled by the case or the pallet is in no bound by hindsight: its costs are others."""

from __future__ import annotations

from pathlib import Path

from optimize.hindsight.sent import read_pieces
from sim.measures.books import Books
from tests.sim.floor.test_handling_units import PALLETS, a_plan
from tests.sim.telling import at, visited
from tests.worlds import a_carrier, a_world


def test_only_what_is_picked_unit_by_unit_is_judged(tmp_path: Path):
    world = a_world(handling_units=a_plan(), services=(a_carrier(pallets=PALLETS),))
    visited(world, [(at(0, 9), [(0, 50, 1_000)]), (at(0, 9), [(1, 12, 1_000)]), (at(0, 9), [(1, 5, 1_000)])]).run(
        tmp_path
    )
    books = Books(tmp_path)

    assert 4 == books.value("SELECT count(*) FROM events WHERE kind = 'manifested'")
    assert [(2, 5)] == list(read_pieces(world, books)[["order", "units"]].itertuples(index=False, name=None))
