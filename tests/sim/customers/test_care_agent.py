"""Broken promises: contacts, tickets at the service desk, and patience that ends."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from sim.distributions import Fixed, Lognormal
from sim.measures.registry import compute
from sim.model import Model
from sim.network import Segment
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS
from sim.world import DeskPlan, DeskShift, Horizon, World
from tests.sim.telling import at, visit
from tests.worlds import ALWAYS, a_busy_world, a_carrier, a_channel, a_world, stock

P1 = [(0, 1, 1_000)]
TOLD = ("ticket_opened", "ticket_closed", "cancelled", "delivered")
EAGER = Segment("everyone", late_contact_share=1.0, late_contact_delay_ms=Fixed(10 * HOUR_MS))
IMPATIENT = Segment("everyone", late_cancel_share=1.0, late_cancel_delay_ms=Fixed(DAY_MS))
SLOW = (a_carrier(transit_days=(Fixed(7),) * 7),)


def test_a_broken_promise_is_a_ticket():
    """Promised for the end of day 5, delivered on day 7: the customer calls at 10:00 of day 6, the desk answers."""
    story = visit(a_world(segments=(EAGER,), services=SLOW), [(at(0, 9), P1)])

    assert [
        ("6 10:00", "ticket_opened", "promise_broken", "customer"),
        ("6 10:06", "ticket_closed", "", "desk:order desk"),
        ("7 12:00", "delivered", "", "carrier:ground"),
    ] == story.events("reason", "actor", kind=TOLD)


def test_a_kept_promise_is_none():
    assert [("2 12:00", "delivered")] == visit(a_world(segments=(EAGER,)), [(at(0, 9), P1)]).events(kind=TOLD)


def test_patience_ends_before_release():
    """Goods that nobody has are cancelled a day after the promise; what is on its way already is not."""
    waiting = a_world(
        segments=(IMPATIENT,), channels=(a_channel(accepts_backorders=True),), stock=stock([[1, 0]]), services=SLOW
    )
    story = visit(waiting, [(at(0, 9), P1), (at(0, 9, 30), P1)])

    assert [("7 00:00", "cancelled", 1, "customer"), ("7 12:00", "delivered", 0, "carrier:ground")] == story.events(
        "order", "actor", kind=TOLD
    )


def test_tickets_and_reviews_share_people():
    """One person, an hour a case: the second ticket waits for the first."""
    desk = DeskPlan(shifts=(DeskShift(ALWAYS, 0, 1_440, 1),), handling_ms=Fixed(HOUR_MS))
    story = visit(a_world(segments=(EAGER,), services=SLOW, desks=(desk,)), [(at(0, 9), P1), (at(0, 9, 1), P1)])

    assert ["6 11:00", "6 12:00"] == story.times("ticket_closed")


def late(wave_capacity: int | None, segment: Segment) -> World:
    world = a_busy_world(600.0, horizon=Horizon(3 * DAY_MS, 0, 30 * DAY_MS))
    nodes = tuple(replace(n, wave_capacity=wave_capacity) for n in world.network.nodes)
    channels = tuple(replace(c, promise=replace(c.promise, transit_days=1)) for c in world.network.channels)
    return replace(world, network=replace(world.network, nodes=nodes, channels=channels, segments=(segment,)))


@pytest.fixture(scope="module")
def runs() -> dict[str, dict[str, float]]:
    """The same customers: waves too small for them and waves that are not, customers who mind and who do not."""
    segment = Segment(
        "everyone",
        late_contact_share=0.4,
        late_contact_delay_ms=Lognormal(8.0 * HOUR_MS, 0.8),
        late_cancel_share=0.3,
        late_cancel_delay_ms=Lognormal(2.0 * HOUR_MS, 0.5),
    )
    worlds = {"few": late(1, segment), "many": late(None, segment), "silent": late(1, Segment("everyone"))}
    found, demand = {}, set()
    for name, world in worlds.items():
        with tempfile.TemporaryDirectory() as folder:
            demand.add(Model(world, 3, check=True).run(Path(folder))["demand_hash"])
            books = Run.open(Path(folder)).books
            found[name] = compute(books, ["contacts_per_order", "tickets_opened", "ticket_backlog"])
            found[name]["cancelled"] = books.value(
                "SELECT count(*) FROM orders WHERE cancelled_reason = 'customer_cancelled'"
            )
            found[name]["orders"] = books.value("SELECT count(*) FROM orders")
            found[name]["opened"] = books.value("SELECT count(*) FROM events WHERE kind = 'ticket_opened'")
            found[name]["answered"] = books.value("SELECT count(*) FROM events WHERE kind = 'ticket_closed'")
    assert 1 == len(demand)
    return found


def test_late_orders_load_service(runs: dict[str, dict[str, float]]):
    assert runs["few"]["contacts_per_order"] > 2 * runs["many"]["contacts_per_order"]
    assert 0.0 == runs["silent"]["tickets_opened"]
    for run in runs.values():
        assert run["opened"] / run["orders"] == run["contacts_per_order"]


def test_customers_without_patience_cancel(runs: dict[str, dict[str, float]]):
    assert runs["few"]["cancelled"] > runs["many"]["cancelled"]
    assert runs["few"]["cancelled"] > runs["silent"]["cancelled"]


def test_every_ticket_is_answered_in_the_end(runs: dict[str, dict[str, float]]):
    assert runs["few"]["tickets_opened"] == runs["few"]["answered"]
