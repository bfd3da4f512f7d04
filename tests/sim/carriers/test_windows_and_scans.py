"""Parcels held for their delivery window, and carriers whose first scan lags."""

from __future__ import annotations

from typing import Any

import pytest

from sim.distributions import Fixed
from sim.network import Segment
from sim.plans.alerts import AlertPlan
from sim.plans.contract import Contract, DeliveryWindow
from sim.units import DAY_MS, HOUR_MS
from sim.world import DeskPlan, DeskShift, Service
from tests.sim.telling import Story, at, visit
from tests.worlds import ALWAYS, a_carrier, a_channel, a_node, a_world

P1 = [(0, 1, 1_000)]


def held(hold: bool, early_days: int = 1, **changes: Any) -> Story:
    """One order of Monday at 9:00, promised for the end of day 5; two days on the road, quoted for noon."""
    window = DeliveryWindow(early_days * DAY_MS, 0, penalty_cents=500, hold=hold)
    channel = a_channel(kind="b2b", accounts=1, contracts=(Contract("inn", window=window),))
    nodes = (a_node(wave_interval_ms=6 * HOUR_MS),)
    return visit(a_world(channels=(channel,), nodes=nodes, **changes), [(at(0, 9), P1)])


def test_a_shipment_waits_until_it_would_not_be_early():
    """Welcome from the end of day 4 on. What leaves on day 2 would be there at noon of day 4; the wave after the call
    of that day, at 18:00, is the first whose parcel leaves on day 3 and arrives on day 5."""
    story = held(True)

    assert ["2 18:00"] == story.times("released")
    assert ["3 17:00"] == story.times("manifested")
    assert [("5 12:00", "window_met")] == story.events(kind=("window_met", "window_missed"))
    assert 0 == story.balance("penalties")


def test_without_the_rule_it_leaves_at_once_and_is_early():
    story = held(False)

    assert [("2 12:00", "window_missed")] == story.events(kind=("window_met", "window_missed"))
    assert 500 == story.balance("penalties")


def test_a_wide_window_holds_nothing():
    assert ["0 12:00"] == held(True, early_days=5).times("released")


def scanned(lag_hours: float | None, **changes: Any) -> Story:
    """Collected on day 0 at 17:00; the customer asks at 20:00, and the desk answers."""
    service = a_carrier(first_scan_ms=None if lag_hours is None else Fixed(round(lag_hours * HOUR_MS)))
    segment = Segment("all", status_contact_share=1.0, status_contact_delay_ms=Fixed(11 * HOUR_MS))
    desk = DeskPlan(shifts=(DeskShift(ALWAYS, 0, 1_440, 1),), handling_ms=Fixed(HOUR_MS))
    world = a_world(services=(service,), segments=(segment,), desks=(desk,), service=Service(blind_effort=3), **changes)
    return visit(world, [(at(0, 9), P1)])


@pytest.mark.parametrize(("lag", "answered"), [(None, "0 21:00"), (2, "0 21:00"), (14, "0 23:00")])
def test_nobody_can_say_where_a_parcel_is_before_its_first_scan(lag: float | None, answered: str):
    """A blind answer takes three times an hour."""
    story = scanned(lag)

    assert [answered] == story.times("ticket_closed")
    assert ([] if lag is None else [at(0, 17) + lag * HOUR_MS]) == [
        r["time_ms"] for r in story.rows("events", kind="first_scanned")
    ]


def test_an_alert_counts_what_is_not_scanned():
    alert = AlertPlan("dark", "transport_planner", "unscanned_parcels", over=0, clears_at=0, every_ms=HOUR_MS)
    story = scanned(14, alerts=(alert,))

    assert (["0 18:00"], ["1 07:00"]) == (story.times("alert_raised"), story.times("alert_cleared"))
