"""A run gives back what runs before it held, where that is much."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from sim import leftovers
from sim.books.register import Register
from tests.sim.telling import at, visited
from tests.worlds import a_world


def one_run(folder: Path) -> weakref.ref[Register]:
    """Three orders; what it leaves is who has their records."""
    folder.mkdir()
    model = visited(a_world(), [(at(0, hour), [(0, 1, 1_000)]) for hour in (8, 9, 10)])
    model.run(folder)
    return weakref.ref(model.site.register)


@pytest.mark.parametrize(("many", "is_held"), [(3, False), (1_000_000, True)])
def test_the_next_run_gives_it_back_where_it_was_much(
    many: int, is_held: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(leftovers, "_MANY_ORDERS", many)
    gc.collect()
    gc.disable()
    try:
        first = one_run(tmp_path / "first")
        assert first() is not None
        one_run(tmp_path / "second")
        assert is_held == (first() is not None)
    finally:
        gc.enable()
