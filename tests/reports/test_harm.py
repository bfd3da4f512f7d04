"""The chain of harm, link by link, on a world small enough to follow by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reports.harm import Link, harm
from reports.harm_tables import harm_tables
from sim.distributions import Fixed
from sim.network import Payment, Segment, Sync
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS
from sim.world import DeskPlan, DeskShift, Horizon, World
from tests.sim.telling import at, visited
from tests.worlds import ALWAYS, a_channel, a_world, stock

P1, P2 = [(0, 1, 1_000)], [(1, 2, 2_500)]
PLAIN, LOOKED_AT = 0.999, 0.1


def shop(sync: Sync) -> World:
    """One unit of P1, plenty of P2; a market that hears of stock by ``sync``; one person, eight hours a case."""
    card = Payment("card", review_share=0.5)
    late = Segment(
        "everyone",
        late_contact_share=1.0,
        late_contact_delay_ms=Fixed(10 * HOUR_MS),
        late_cancel_share=1.0,
        late_cancel_delay_ms=Fixed(DAY_MS),
    )
    desk = DeskPlan(shifts=(DeskShift(ALWAYS, 0, 1_440, 1),), handling_ms=Fixed(8 * HOUR_MS))
    return a_world(
        channels=(a_channel(payments=(card,)), a_channel("market", sync=sync)),
        segments=(late,),
        stock=stock([[1, 50]]),
        desks=(desk,),
        horizon=Horizon(end_ms=8 * DAY_MS, warm_up_ms=0, drain_until_ms=60 * DAY_MS),
    )


def told(world: World, folder: Path) -> dict[str, Link]:
    """0 buys the last P1 and 1 the one that is not there, which is promised for the end of day 5. 1 asks at 10:00 of
    day 6, and the answer takes until 18:00. 2 is held at 10:05 and looked at from then until 2:00 of day 7, when its
    ship-by is past. Nobody looks at 3."""
    orders = [(at(0, 9), P1), (at(0, 9, 1), P1), (at(6, 10, 5), P2), (at(6, 10, 6), P2)]
    lucks = [PLAIN, PLAIN, LOOKED_AT, PLAIN]
    visited(world, orders, channel=[0, 1, 0, 0], desk_luck=lucks).run(folder)
    return {f"{link.chain}: {link.name}": link for link in harm(Run.open(folder))}


def test_each_link_by_hand(tmp_path: Path):
    """P1 is sold at 10.00 and costs 4.00."""
    links = told(shop(Sync("batch", HOUR_MS)), tmp_path)

    assert {
        "A stale view: Sold from a stale view": (1, (1,), 1_000, 1_000, 600),
        "A stale view: Promise broken": (1, (1,), 1_000, 1_000, 600),
        "A stale view: Ticket": (1, (1,), 1_000, 1_000, 600),
        "A stale view: Margin lost": (1, (1,), 1_000, 1_000, 600),
        "People who do both: Held for people": (1, (2,), 5_000, 0, 0),
        "People who do both: Behind tickets": (1, (2,), 5_000, 0, 0),
        "People who do both: Released late": (1, (2,), 5_000, 0, 0),
        "People who do both: Missed its carrier": (1, (2,), 5_000, 0, 0),
        "People who do both: Margin lost": (0, (), 0, 0, 0),
    } == {
        name: (link.orders, link.examples, link.value_cents, link.cancelled_cents, link.lost_margin_cents)
        for name, link in links.items()
    }


def test_with_live_stock_no_link_of_either_chain_but_the_review_itself(tmp_path: Path):
    """The same customers: nothing is oversold, nobody asks, so the review is over at 18:05 and its parcel in time."""
    links = told(shop(Sync("live")), tmp_path)

    assert ["People who do both: Held for people"] == [name for name, link in links.items() if link.orders]


def test_people_of_another_desk_are_not_in_the_way(tmp_path: Path):
    """With a desk of their own for tickets, reviews wait for nobody."""
    world = shop(Sync("batch", HOUR_MS))
    service = replace(world.desks[0], name="service", handles=("ticket",))
    links = told(replace(world, desks=(*world.desks, service)), tmp_path)

    assert 1 == links["A stale view: Ticket"].orders
    assert 0 == links["People who do both: Behind tickets"].orders


@pytest.mark.parametrize("sync", [Sync("batch", HOUR_MS), Sync("live")])
def test_the_tables_show_what_was_found(tmp_path: Path, sync: Sync):
    links = list(told(shop(sync), tmp_path).values())
    grids = harm_tables(links, "USD")

    assert [c for c in ("A stale view", "People who do both") if any(x.orders for x in links if x.chain == c)] == [
        grid.caption for grid in grids
    ]
    assert ("Held for people", "1", "", "$50.00", "$0.00", "$0.00") == grids[-1].rows[0][:6]


def test_a_table_ends_where_no_order_got_farther(tmp_path: Path):
    links = list(told(shop(Sync("batch", HOUR_MS)), tmp_path).values())
    first = [replace(link, orders=link.orders if n == 0 else 0) for n, link in enumerate(links)]
    (table,) = harm_tables(first, "USD")

    assert [("Sold from a stale view", str(links[0].orders)), ("Promise broken", "none")] == [r[:2] for r in table.rows]
