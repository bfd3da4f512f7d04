"""What is on order at a moment: how late as the company knows, when it truly came, and whom it hurts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sim.disruptions.supplier_delay import SupplierDelay
from sim.distributions import Fixed
from sim.measures.books import Books
from sim.measures.inbound import inbound
from sim.measures.registry import compute
from sim.network import Supplier
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon
from tests.sim.telling import at, visited
from tests.worlds import a_channel, a_world, stock

LATE = (SupplierDelay(0, 0, 5 * DAY_MS, delay_ms=3 * DAY_MS),)
"""Everything comes three days later than it was promised for."""


def books(folder: Path, disruptions: tuple = LATE, welcome: bool = True, **terms: Any) -> Books:
    """12 of P1 at hand, s = 10, S = 40; 5 are wanted at 9:00 on each of five days. Two days of lead time."""
    world = a_world(
        stock=stock([[12, 0]], [[10, 0]], [[40, 0]]),
        horizon=Horizon(6 * DAY_MS, 0, 60 * DAY_MS),
        suppliers=(Supplier("maker", Fixed(2 * DAY_MS), **terms),),
        channels=(a_channel(accepts_backorders=welcome),),
        disruptions=disruptions,
    )
    folder.mkdir()
    visited(world, [(at(day, 9), [(0, 5, 1_000)]) for day in range(5)]).run(folder)
    return Books(folder)


def test_what_is_late_and_who_waits_for_it(tmp_path: Path):
    """33 are ordered on day 1 for day 3; on day 4 they are 30 hours late, and five orders of 5 have taken 12."""
    found = inbound(books(tmp_path / "run"), at(4, 12))

    assert [
        {
            "supplier": "supplier:maker",
            "node": "A",
            "sku": "P1",
            "ordered_ms": at(1, 6),
            "open_units": 33,
            "confirmed": False,
            "expected_ms": at(3, 6),
            "late_ms": 30 * HOUR_MS,
            "came_ms": at(6, 6),
            "came_late_ms": 3 * DAY_MS,
            "orders_waiting": 3,
            "units_waiting": 13,
        }
    ] == found[found["ordered_ms"] == at(1, 6)].to_dict("records")


def test_before_anything_is_ordered_and_after_all_has_come_there_is_nothing(tmp_path: Path):
    run = books(tmp_path / "run")

    assert [True, True] == [inbound(run, moment).empty for moment in (at(0, 12), at(40, 0))]


def test_the_date_of_the_confirmation_takes_the_place_of_that_of_the_order(tmp_path: Path):
    run = books(tmp_path / "run", (), confirmation_ms=Fixed(12 * HOUR_MS))
    seen = [inbound(run, moment).iloc[0] for moment in (at(1, 12), at(1, 19))]

    assert [(False, at(3, 6)), (True, at(3, 18))] == [(row["confirmed"], row["expected_ms"]) for row in seen]


def test_units_that_came_are_not_open_any_more(tmp_path: Path):
    """A third at once and the rest three days later: 11 of 33 are there on day 4."""
    run = books(tmp_path / "run", (), partial_share=1.0, partial_first=1 / 3)

    assert 22 == inbound(run, at(4, 0)).iloc[0]["open_units"]


@pytest.mark.parametrize(("disruptions", "hurt"), [((), 0), (LATE, 1)])
def test_the_same_customers_are_hurt_only_where_supply_is_late(tmp_path: Path, disruptions: tuple, hurt: int):
    """The order of day 4 is refused after the 33 of day 3 did not come; that of day 3 at 9:00 too, and of day 2 not."""
    found = compute(books(tmp_path / "run", disruptions, welcome=False), ["late_supply_orders"])

    assert {"late_supply_orders": 2.0 * hurt} == found
