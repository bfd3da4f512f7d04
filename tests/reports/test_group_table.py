"""What finance reads of the group of companies."""

from __future__ import annotations

from pathlib import Path

from reports.group import group_tables
from reports.role_page import role_page
from scenarios.display import exact
from sim.run import Run
from sim.units import DAY_MS
from sim.world import Horizon, World
from tests.sim.finance.test_group_statement import P1, pair
from tests.sim.telling import at, visited
from tests.worlds import a_world


def run(world: World, folder: Path) -> Run:
    visited(world, [(at(2, 9), P1)]).run(folder)
    return Run.open(folder)


def test_finance_sees_the_group_and_what_was_eliminated(tmp_path: Path):
    """From 23 November on: all is earned in November, the run ends on 3 December."""
    found = run(pair(), tmp_path)
    statement, closes, between = group_tables(found, "USD")

    assert "The group at 03 Dec 2026, earned since 30 Nov 2026 (credits below zero)" == statement.caption
    eliminated = ("eliminated: balances", "eliminated: trade", "eliminated: unrealised profit")
    assert ("account", "shop", "maker", *eliminated, "group") == statement.columns
    assert ("inventory", "$1,134.88", "$1,464.00", "", "", "−$2.88", "$2,596.00") in statement.rows
    assert ("retained earnings", "−$4.33", "−$3.60", "", "", "$2.88", "−$5.05") in statement.rows
    assert [
        ("30 Nov 2026", "$39.60", "", "$39.60", "", "", "$3.60", "$0.72", "$2.88"),
        ("03 Dec 2026", "$39.60", "", "", "", "$2.88", "", "", "$2.88"),
    ] == list(closes.rows)
    assert [
        ("maker", "shop", "$39.60", "$39.60", "", "", "$39.60", "−$39.60", ""),
        ("shop", "maker", "−$39.60", "", "−$39.60", "", "−$39.60", "$39.60", ""),
    ] == list(between.rows)
    page = role_page(found, "finance")
    assert statement.caption in page
    assert closes.caption in page


def test_in_the_first_period_nothing_is_retained(tmp_path: Path):
    statement, closes, _ = group_tables(run(pair(horizon=Horizon(4 * DAY_MS, 0, 5 * DAY_MS)), tmp_path), "USD")

    assert "The group at 28 Nov 2026, earned (credits below zero)" == statement.caption
    assert "retained earnings" not in {row[0] for row in statement.rows}
    assert ["28 Nov 2026"] == [row[0] for row in closes.rows]


def test_one_company_has_no_group(tmp_path: Path):
    assert () == group_tables(run(a_world(), tmp_path), "USD")


def test_accountants_read_every_cent():
    assert "−CAD 12,345,678.90" == exact(-1_234_567_890, "CAD")
    assert "$0.05" == exact(5)
