"""A carrier's hub: what does not fit into the night's sort waits for the next, and is late by the carrier's word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.errors import ScenarioError
from scenarios.load import load
from sim.disruptions.carrier_outage import CarrierOutage
from sim.disruptions.hub_jam import HubJam
from sim.network import CarrierService, Hub
from sim.plans.alerts import AlertPlan
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from tests.sim.telling import Story, at, visit
from tests.worlds import a_carrier, a_node, a_world

P1 = [(0, 1, 1_000)]
OUR_CARRIER = "parcel company"
SHOP = Path(__file__).parents[2] / "contracts" / "effects_shop.yaml"


def sent(orders: list[int], *services: CarrierService, **changes: Any) -> Story:
    world = a_world(nodes=(a_node(wave_interval_ms=MINUTE_MS),), services=services, **changes)
    return visit(world, [(t, P1) for t in orders])


def test_without_a_hub_or_with_room_days_run_from_the_collection():
    """Collected on day 0 at 17:00, two working days on the road."""
    plain, roomy = (sent([at(0, 9)], a_carrier(hub=hub)) for hub in (None, Hub(1)))

    assert ["2 12:00"] == plain.times("delivered") == roomy.times("delivered")
    assert ["0 23:00"] == roomy.times("left_hub")
    assert [] == plain.times("left_hub") + roomy.times("missed_sort")


def test_what_does_not_fit_waits_night_by_night_and_is_late():
    """Three parcels in one van and one sorted a night: they leave in the sequence in which they were loaded. The
    fourth, collected a day later, stands behind them."""
    story = sent([at(0, 9), at(0, 9, 1), at(0, 9, 2), at(1, 9)], a_carrier(hub=Hub(1)))

    left = [(f"{day} 23:00", "left_hub", day) for day in range(4)]
    assert left == story.events("order", kind="left_hub")
    assert ["0 23:00", "0 23:00", "1 23:00", "1 23:00", "2 23:00"] == story.times("missed_sort")
    assert ["2 12:00", "3 12:00", "4 12:00", "5 12:00"] == story.times("delivered")
    quoted = {row["order"]: row["due_ms"] for row in story.rows("events", kind="manifested")}
    assert {0: at(2, 12), 1: at(2, 12), 2: at(2, 12), 3: at(3, 12)} == quoted


def test_a_sort_before_the_van_comes_is_of_the_next_day():
    story = sent([at(0, 9)], a_carrier(hub=Hub(9, minute=16 * 60)))

    assert (["1 16:00"], ["3 12:00"]) == (story.times("left_hub"), story.times("delivered"))


def test_a_van_of_the_same_moment_is_in_the_sort():
    assert ["0 17:00"] == sent([at(0, 9)], a_carrier(hub=Hub(9, minute=17 * 60))).times("left_hub")


def test_it_sorts_on_its_weekdays_and_never_on_a_holiday():
    """The scenario begins on a Monday."""
    tuesdays = sent([at(0, 9)], a_carrier(hub=Hub(9, weekdays=frozenset({1}))))
    closed = sent(
        [at(0, 9)], a_carrier(hub=Hub(1), closed_days=frozenset({1})), a_carrier("b", serves_nodes=frozenset())
    )

    assert ["1 23:00"] == tuesdays.times("left_hub")
    assert ["0 23:00"] == closed.times("left_hub")
    two = sent([at(0, 9), at(0, 9, 1)], a_carrier(hub=Hub(1), closed_days=frozenset({1})))
    assert ["0 23:00", "2 23:00"] == two.times("left_hub")


def test_a_jam_takes_room_for_a_while_and_the_narrowest_counts():
    """Four a night, a quarter of it, and half of it: one."""
    jams = (
        HubJam(OUR_CARRIER, at(0, 0), DAY_MS, room_share_bp=2_500),
        HubJam(OUR_CARRIER, at(0, 0), 2 * DAY_MS, room_share_bp=5_000),
        HubJam("another", at(0, 0), 9 * DAY_MS, room_share_bp=0),
    )
    story = sent([at(0, 9, m) for m in range(5)], a_carrier(hub=Hub(4)), disruptions=jams)

    assert ["0 23:00", "1 23:00", "1 23:00", "2 23:00", "2 23:00"] == story.times("left_hub")


def test_a_carrier_on_strike_sorts_nothing():
    """Collected on day 0; the strike begins that evening."""
    strikes = [CarrierOutage(OUR_CARRIER, at(0, 20), DAY_MS, holds_transit=holds) for holds in (True, False)]
    held, brought = (sent([at(0, 9)], a_carrier(hub=Hub(9)), disruptions=(strike,)) for strike in strikes)

    assert (["1 23:00"], ["3 12:00"]) == (held.times("left_hub"), held.times("delivered"))
    assert (["0 23:00"], ["2 12:00"]) == (brought.times("left_hub"), brought.times("delivered"))


@pytest.mark.parametrize(("tells", "chosen"), [(False, "carrier:cheap"), (True, "carrier:dear")])
def test_a_carrier_that_says_that_it_is_behind_loses_parcels_to_another(tells: bool, chosen: str):
    """Eight parcels of day 0, one sorted a night: what it takes on day 1 is seven sorts behind, past the promise."""
    dear = a_carrier("dear", rates_cents=tuple((600 + 50 * z, 900) for z in range(7)))
    cheap = a_carrier("cheap", hub=Hub(1, tells=tells))
    story = sent([*(at(0, 9, m) for m in range(8)), at(1, 9)], cheap, dear)

    assert ["carrier:cheap"] * 8 + [chosen] == [row["actor"] for row in story.rows("events", kind="manifested")]


def test_an_alert_counts_what_waits_at_hubs():
    alert = AlertPlan("jam", "transport_planner", "parcels_at_hubs", over=1, clears_at=0, every_ms=HOUR_MS)
    story = sent([at(0, 9), at(0, 9, 1)], a_carrier(hub=Hub(1)), alerts=(alert,))

    assert [("0 18:00", 2)] == [(t, n) for t, _, n in story.events("quantity", kind="alert_raised")]
    assert ["2 00:00"] == story.times("alert_cleared")


@settings(max_examples=25, deadline=None)
@given(
    minutes=st.lists(st.integers(0, 3 * 1_440 - 1), min_size=1, max_size=20, unique=True),
    room=st.integers(1, 6),
    sort_at=st.integers(0, 1_439),
)
def test_a_hub_sorts_in_sequence_as_much_as_fits_and_loses_nothing(minutes: list[int], room: int, sort_at: int):
    """Against a queue by hand: every night the first of those that have come, and never more than its room."""
    orders = sorted(m * MINUTE_MS for m in minutes)
    story = sent(orders, a_carrier(hub=Hub(room, minute=sort_at)))
    came = [(row["time_ms"], row["shipment"]) for row in story.rows("events", kind="manifested")]
    expected, night = list[tuple[int, int]](), sort_at * MINUTE_MS
    while came:
        ready = [parcel for parcel in came if parcel[0] <= night][:room]
        expected += [(night, shipment) for _, shipment in ready]
        came, night = came[len(ready) :], night + DAY_MS

    assert expected == [(row["time_ms"], row["shipment"]) for row in story.rows("events", kind="left_hub")]


def test_a_scenario_file_says_it():
    hub = "carriers.Northway.services.ground.hub={parcels: 500, at: '22:30', days: mon-fri, tells: true}"
    jam = "disruptions={black friday: {kind: hub_jam, carrier: Northway, room_share: 40%, at: 1d, duration: 4d}}"
    world = load(SHOP, sets=[hub, jam]).world

    assert Hub(500, 22 * 60 + 30, frozenset(range(5)), tells=True) == world.network.services[0].hub
    assert (HubJam("Northway", DAY_MS, 4 * DAY_MS, room_share_bp=4_000),) == world.disruptions


def test_a_jam_needs_a_hub():
    jam = "disruptions={jam: {kind: hub_jam, carrier: Northway, at: 1d, duration: 4d}}"
    with pytest.raises(ScenarioError, match=r"no service of 'Northway' has a hub"):
        load(SHOP, sets=[jam])
