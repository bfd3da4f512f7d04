"""Room: trucks wait at a full node, or what does not fit is paid for."""

from __future__ import annotations

from sim.network import Storage
from tests.sim.telling import at, visit
from tests.worlds import a_channel, a_node, a_world, stock

P1 = [(0, 3, 1_000)]
SHOP = (a_channel(accepts_backorders=True),)


def story(storage: Storage | None, orders: list, opening: int = 5):
    """The node orders up to ten below nine at six; what is ordered on day 0 is due on day 2 at six."""
    return visit(a_world(nodes=(a_node(storage=storage),), stock=stock([[opening, 1]], 8, 10), channels=SHOP), orders)


def test_a_truck_waits_until_there_is_room():
    """Six litres are there and six fit; an order of three leaves on day 3 at 17:00, an hour later somebody looks."""
    orders = [(at(3, 9), P1)]
    free, full = (story(room, orders) for room in (None, Storage(6.0)))

    assert ["2 06:00"] == free.times("received")[:1]
    assert [("2 06:00", "truck_found_no_room")] == full.events(kind="truck_found_no_room")[:1]
    assert ["3 17:00"] == full.times("shipped")
    assert ["3 18:00"] == full.times("received")[:1]


def test_where_there_is_room_nobody_waits():
    roomy = story(Storage(1_000.0), [(at(3, 9), P1)])

    assert [] == roomy.events(kind="truck_found_no_room")
    assert story(None, [(at(3, 9), P1)]).times("received") == roomy.times("received")


def test_what_does_not_fit_is_paid_for_at_midnight():
    """Six litres where four fit, at $1,000 a cubic metre: two dollars a midnight until the truck of day 2."""
    rented = story(Storage(4.0, 100_000), [])

    assert [("1 00:00", "storage_rented", 2, 200), ("2 00:00", "storage_rented", 2, 200)] == rented.events(
        "quantity", "value_cents", kind="storage_rented"
    )[:2]
    assert [] == rented.events(kind="truck_found_no_room")
    assert ["2 06:00"] == rented.times("received")[:1]
    assert [("handling_labour", 200), ("accrued_operations", -200)] == rented.postings(kind="storage_rented")[:2]
