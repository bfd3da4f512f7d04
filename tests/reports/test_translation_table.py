"""What finance reads of companies in other currencies."""

from __future__ import annotations

from pathlib import Path

from reports.role_page import role_page
from reports.translation import translation_tables
from sim.run import Run
from sim.world import World
from tests.sim.finance.test_consolidation import P1, branch
from tests.sim.telling import at, visited
from tests.worlds import a_world


def run(world: World, folder: Path) -> Run:
    visited(world, [(at(0, 9), P1)]).run(folder)
    return Run.open(folder)


def test_finance_sees_each_close(tmp_path: Path):
    """At the ends of November and December, and of the run."""
    found = run(branch(), tmp_path)
    (table,) = translation_tables(found, "USD")

    assert ("30 Nov 2026", "gmbh", "1.1", "€1,204.04", "$1,324.44", "−$180.61", "−$180.61") == table.rows[0]
    assert ["30 Nov 2026", "31 Dec 2026", "02 Jan 2027"] == [row[0] for row in table.rows]
    assert table.caption in role_page(found, "finance")


def test_with_one_currency_there_is_nothing_to_see(tmp_path: Path):
    assert () == translation_tables(run(a_world(), tmp_path), "USD")
