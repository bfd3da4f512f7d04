"""Alerts, and orders at risk: raised, reported late, cleared, acted on; predicted, advised, judged."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.agents.alerts.held_ahead import HeldAhead
from sim.agents.alerts.quantities import TAKE
from sim.distributions import Fixed, Uniform
from sim.measures.patterns import patterns
from sim.measures.registry import compute
from sim.model import Model
from sim.network import Payment, Shift
from sim.plans.alerts import QUANTITIES, AlertPlan, AtRiskPlan
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import DeskPlan, DeskShift, Horizon, PolicyChoice, World
from tests.measures.hand_made import Writer
from tests.sim.telling import Story, at, visit
from tests.worlds import ALWAYS, a_busy_world, a_carrier, a_channel, a_node, a_world

P1 = [(0, 1, 1_000)]
TOLD = ("alert_raised", "alert_cleared", "policy_changed")
WAITING = AlertPlan("floor", "warehouse_leader", "shipments_waiting", over=1, clears_at=0, every_ms=HOUR_MS)
AFTERNOON = (Shift(ALWAYS, 15 * 60, 16 * 60, (2, 0, 0, 0)), Shift(ALWAYS, 16 * 60, 17 * 60, (0, 1, 0, 0)))


def watched(*alerts: AlertPlan) -> Story:
    """Three orders that wait for the wave of 10:00."""
    return visit(a_world(alerts=alerts), [(at(0, 9, minute), P1) for minute in (10, 20, 30)])


def test_an_alert_is_raised_and_cleared():
    """Watched before the waves of the same instant."""
    assert [
        ("0 10:00", "alert_raised", "alert:floor", "warehouse_leader", 3),
        ("0 11:00", "alert_cleared", "alert:floor", "warehouse_leader", 0),
    ] == watched(WAITING).events("actor", "reason", "quantity", kind=TOLD)


def test_a_report_comes_late():
    late = replace(WAITING, lag_ms=40 * MINUTE_MS)

    assert [("0 10:40", "alert_raised", 3), ("0 11:40", "alert_cleared", 0)] == watched(late).events(
        "quantity", kind=TOLD
    )


def test_between_its_two_thresholds_an_alert_stays_as_it_is():
    """Three shipments wait at 9:30, none at 10:30: with thresholds of 3 and 1 it is never raised."""
    never = replace(WAITING, over=3, clears_at=1, every_ms=30 * MINUTE_MS)

    assert [] == watched(never).events(kind=TOLD)


def test_every_quantity_can_be_taken_at_any_time():
    assert list(QUANTITIES) == list(TAKE)
    alerts = tuple(AlertPlan(name, "finance", name, over=1, clears_at=0) for name in QUANTITIES)
    model = Model(a_busy_world(60.0, alerts=alerts), 2, check=True)
    with tempfile.TemporaryDirectory() as folder:
        model.run(Path(folder))
    assert all(TAKE[name](model.site, 0 if name in QUANTITIES[:3] else None) >= 0 for name in QUANTITIES)


def test_an_order_at_risk_is_told_once_and_advised_to_go_where_it_would_make_it():
    """One packer, two minutes a parcel, from 16:00 to the van of 17:00: of 40 orders ten will miss it. The first look,
    at 9:30, tells them, the last of the queue; the other node has people all day."""
    nodes = (a_node("A", shifts=AFTERNOON), a_node("B", latitude=41.0))
    world = a_world(nodes=nodes, at_risk=AtRiskPlan())
    story = visit(world, [(at(0, 9, 0) + n, P1) for n in range(40)])
    told = story.events("order", "reason", "actor", kind="shipment_at_risk")

    assert [("0 09:30", "shipment_at_risk", n, "capacity_short", "advice:B") for n in range(30, 40)] == told
    late = {row["order"] for row in story.rows("events", kind="shipped") if row["time_ms"] > at(0, 18)}
    assert set(range(30, 40)) == late


def test_where_nobody_else_would_make_it_the_advice_is_to_wait():
    world = a_world(nodes=(a_node("A", shifts=AFTERNOON),), at_risk=AtRiskPlan())
    story = visit(world, [(at(0, 9, 0) + n, P1) for n in range(40)])

    assert {"advice:wait"} == {row["actor"] for row in story.rows("events", kind="shipment_at_risk")}


def crowded(**changes: Any) -> World:
    """Three nodes, of which the first has one packer, who needs a quarter of an hour for a parcel."""
    world = a_busy_world(500.0, horizon=Horizon(3 * DAY_MS, 0, 20 * DAY_MS))
    few, *others = world.network.nodes
    pick, pack, receive, inspect = few.stations
    stations = (pick, replace(pack, work_ms=Fixed(15 * MINUTE_MS)), receive, inspect)
    few = replace(few, shifts=(Shift(ALWAYS, 0, 1_440, (1, 1, 1, 1)),), stations=stations)
    policies = {**world.policies, "balancing": PolicyChoice("none")}
    network = replace(world.network, nodes=(few, *others))
    return replace(replace(world, network=network, policies=policies), **changes)


def outcome(world: World) -> dict[str, Any]:
    names = ["at_risk_orders", "at_risk_precision", "at_risk_recall", "at_risk_notice_p50_hours", "on_time_ship"]
    with tempfile.TemporaryDirectory() as folder:
        manifest = Model(world, 4, check=True).run(Path(folder))
        books = Run.open(folder).books
        found = compute(books, [*names, "alerts_raised"])
        found["moved"] = books.value("SELECT count(*) FROM events WHERE reason = 'congested' AND kind = 'voided'")
        return found | {"demand": manifest["demand_hash"]}


@pytest.fixture(scope="module")
def runs() -> dict[str, dict[str, Any]]:
    """The same customers: nobody watches; orders at risk are told; an alert on them lets work be moved."""
    at_risk = AtRiskPlan(every_ms=HOUR_MS)
    alert = AlertPlan("risk", "operations_manager", "at_risk_orders", 5, 0, every_ms=HOUR_MS)
    acting = replace(alert, policies={"balancing": PolicyChoice("cutoff")})
    worlds = {
        "nobody": crowded(),
        "told": crowded(at_risk=at_risk, alerts=(alert,)),
        "acting": crowded(at_risk=at_risk, alerts=(acting,)),
    }
    return {name: outcome(world) for name, world in worlds.items()}


def test_telling_changes_nothing_and_acting_saves_promises(runs: dict[str, dict[str, Any]]):
    assert 1 == len({run["demand"] for run in runs.values()})
    assert runs["nobody"]["on_time_ship"] == runs["told"]["on_time_ship"] < runs["acting"]["on_time_ship"]
    assert 0 == runs["told"]["moved"] < runs["acting"]["moved"]
    assert 0 < runs["acting"]["alerts_raised"]


def test_most_late_orders_are_seen_coming(runs: dict[str, dict[str, Any]]):
    assert runs["told"]["at_risk_recall"] > 0.8
    assert runs["told"]["at_risk_precision"] > 0.6
    assert runs["told"]["at_risk_notice_p50_hours"] > 1


def test_patterns_name_what_late_orders_have_in_common(tmp_path: Path):
    """Ten orders by slow from west of the market are late, and one of thirty others: the pattern is the carrier."""
    w = Writer()
    for n in range(40):
        slow = n < 10
        w.capture(1, n, (n, "tea", 1), channel="market" if n % 2 else "shop", promised=48)
        w.ship(n, n, (n, "tea", 1), allocated=2, shipped=10, delivered=60 if slow or n == 39 else 30,
               service="carrier:slow" if slow else "carrier:quick", channel="market" if n % 2 else "shop")  # fmt: skip
    found = patterns(w.write(tmp_path / "run").books)

    columns = (found[name].tolist() for name in ("pattern", "orders", "late", "late_share"))
    assert [(("service=slow",), 10, 10, 1.0)] == list(zip(*columns, strict=True))
    assert 40 / 11 == pytest.approx(found["lift"].iloc[0])
    assert patterns(Writer().write(tmp_path / "empty").books).empty


def reviewed(orders: int, **changes: Any) -> Story:
    """Orders of 9:00, all of which one person looks at, an hour each; waves at each full hour, the van at 17:00."""
    channel = a_channel(payments=(Payment("card", review_share=1.0),))
    desk = DeskPlan(handles=("fraud",), handling_ms=Fixed(HOUR_MS), shifts=(DeskShift(ALWAYS, 0, 1_440, 1),))
    world = a_world(channels=(channel,), desks=(desk,), at_risk=AtRiskPlan(), **changes)
    return visit(world, [(at(0, 9) + n, P1) for n in range(orders)], desk_luck=[0.5] * orders)


def test_held_orders_are_told_that_no_desk_will_have_looked_at_in_time():
    """The seventh is cleared at 16:00 and makes the van; the eighth at 17:00. The first look after 9:00 knows."""
    story = reviewed(10)
    late = {row["order"] for row in story.rows("events", kind="shipped") if row["time_ms"] > at(0, 18)}

    assert {7, 8, 9} == late
    assert [("0 09:30", "order_at_risk", n, "held", "advice:wait") for n in (7, 8, 9)] == story.events(
        "order", "reason", "actor", kind="order_at_risk"
    )


def test_a_day_on_which_the_carrier_does_not_call_is_known():
    """The van of day 0 does not come: an order of 9:00 that waits for its wave is at risk at once."""
    world = a_world(services=(a_carrier(closed_days=frozenset({0})),), at_risk=AtRiskPlan())
    story = visit(world, [(at(0, 9, 10), P1)])

    assert [("0 09:30", "shipment_at_risk", 0)] == story.events("order", kind="shipment_at_risk")
    assert ["1 17:00"] == story.times("shipped")


def test_orders_that_a_thin_desk_holds_are_seen_coming(monkeypatch: pytest.MonkeyPatch):
    """A third of the card orders is reviewed by one person from 8:00 to 20:00, for 10 to 50 minutes each. Without a
    look at who is held, what is late is seen only where it is cleared in time and still misses its van."""
    world = a_busy_world(150.0, horizon=Horizon(3 * DAY_MS, 0, 20 * DAY_MS), at_risk=AtRiskPlan(every_ms=HOUR_MS))
    web, market = world.network.channels
    card, prepaid = web.payments
    web = replace(web, payments=(replace(card, review_share=0.3, fraud_share=0.0), prepaid))
    desk = DeskPlan(handling_ms=Uniform(10 * MINUTE_MS, 50 * MINUTE_MS), shifts=(DeskShift(staff=1),))
    world = replace(world, network=replace(world.network, channels=(web, market)), desks=(desk,))
    found = outcome(world)
    monkeypatch.setattr(HeldAhead, "late", lambda self, queues, done_ms: np.zeros(0, dtype=np.int64))
    blind = outcome(world)

    assert (found["demand"], found["on_time_ship"]) == (blind["demand"], blind["on_time_ship"])
    assert blind["at_risk_recall"] < 0.1 < 0.8 < found["at_risk_recall"]
    assert found["at_risk_precision"] > 0.8


def full_vans(**carrier: Any) -> Story:
    """Five orders that are packed by 10:10, and a van at 17:00."""
    world = a_world(services=(a_carrier(**carrier),), at_risk=AtRiskPlan())
    return visit(world, [(at(0, 9) + n, P1) for n in range(5)])


@pytest.mark.parametrize("limit", ["capacity_parcels", "daily_parcels"])
def test_what_a_van_or_a_day_has_no_room_for_is_known(limit: str):
    """Room for three: the last two stay behind, and are told at the first look."""
    story = full_vans(**{limit: 3})
    late = {row["order"] for row in story.rows("events", kind="shipped") if row["time_ms"] > at(0, 18)}

    assert {3, 4} == late
    assert [("0 09:30", "shipment_at_risk", n, "advice:wait") for n in (3, 4)] == story.events(
        "order", "actor", kind="shipment_at_risk"
    )


def test_what_stands_at_the_dock_takes_its_room_before_what_is_packed_later():
    """Three are packed when a fourth and a fifth are ordered at 11:10: they have no place in the van of three."""
    world = a_world(services=(a_carrier(capacity_parcels=3),), at_risk=AtRiskPlan())
    story = visit(world, [(at(0, 9) + n, P1) for n in range(3)] + [(at(0, 11, 10) + n, P1) for n in range(2)])

    assert [("0 11:30", 3), ("0 11:30", 4)] == [(t, n) for t, _, n in story.events("order", kind="shipment_at_risk")]
