"""Orders at risk for want of who loads them, or of room in the staging area: told before, and no others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.disruptions.node_outage import NodeOutage
from sim.network import Node, Shift
from sim.plans.alerts import AtRiskPlan
from sim.plans.floor import Loading, Outbound
from sim.units import DAY_MS, MINUTE_MS
from sim.world import Horizon
from tests.sim.alerts.test_at_risk_by_pallet import PALLETS, PLAN, late, told
from tests.sim.telling import Story, at, visit
from tests.worlds import ALWAYS, a_carrier, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
TEN = Loading(staff=1, work_ms=10 * MINUTE_MS, close_ms=30 * MINUTE_MS, wait_ms=0)
NOON = tuple((day, hour * 60) for day in range(7) for hour in (12, 17))


def watched(orders: int, first_ms: int = at(0, 9), units: int = 1, **node: Any) -> Story:
    """So many orders, a second apart; vans at 17:00 unless the services say otherwise."""
    given_world: dict[str, Any] = {"at_risk": AtRiskPlan(), "services": (a_carrier(),)}
    given_world |= {key: node.pop(key) for key in ("services", "handling_units", "stock", "disruptions") if key in node}
    world = a_world(nodes=(a_node(wave_interval_ms=5 * MINUTE_MS, **node),), **given_world)
    return visit(world, [(first_ms + n * 1_000, [(0, units, 1_000)]) for n in range(orders)])


def moments(story: Story) -> set[str]:
    return {moment for moment, *_ in story.events(kind=("shipment_at_risk", "order_at_risk"))}


@pytest.mark.parametrize(("wait", "makes_it"), [(0, 3), (14, 4), (15, 4), (20, 5)])
def test_who_loads_is_foreseen(wait: int, makes_it: int):
    """Ten minutes each from the closing at 16:30 until the van of 17:00 leaves, with so many minutes of grace."""
    story = watched(5, loading=replace(TEN, wait_ms=wait * MINUTE_MS))

    assert list(range(makes_it, 5)) == late(story) == told(story)
    assert {"0 09:30"} >= moments(story)


def test_two_who_load_are_twice_as_fast():
    story = watched(8, loading=replace(TEN, staff=2))

    assert late(story) == told(story)
    assert 2 == len(told(story))


def test_those_who_load_go_home_at_the_end_of_their_shift():
    """They work until 16:50: two parcels."""
    day = Shift(ALWAYS, 8 * 60, 16 * 60 + 50, (2, 2, 1, 1))
    story = watched(5, loading=TEN, shifts=(day,))

    assert [2, 3, 4] == late(story) == told(story)


LIGHT = a_carrier(weight_breaks_kg=(1.0,), rates_cents=((100,),) * 7, extra_kg_cents=(10_000,) * 7)
"""Dear for more than a kilogram, which three of P1 are."""


def two_vans(light: int, heavy: int, **node: Any) -> Story:
    """Orders of one piece, which go with the one carrier, then of four, which go with the other; both at 17:00."""
    services = (LIGHT, a_carrier("heavy", carrier="others"))
    orders = [(at(0, 9) + n, [(0, 1 if n < light else 4, 1_000)]) for n in range(light + heavy)]
    quick = a_node(wave_interval_ms=5 * MINUTE_MS, **node)
    return visit(a_world(nodes=(quick,), services=services, at_risk=AtRiskPlan()), orders)


def test_vans_are_loaded_one_after_the_other():
    """Both close at 16:30: two parcels on the first van, one on the second, by 17:00; the second waits for nobody."""
    story = two_vans(2, 3, loading=TEN)

    assert {"ground", "heavy"} == {r["actor"].split(":")[1] for r in story.rows("events", kind="manifested")}
    assert late(story) == told(story)
    assert 2 == len(told(story))


def test_pallets_are_loaded_as_long_as_they_take():
    """Twenty minutes a pallet, a quarter of an hour of grace: two of three make it."""
    loading = replace(TEN, pallet_ms=20 * MINUTE_MS, wait_ms=15 * MINUTE_MS)
    story = watched(
        3,
        units=48,
        loading=loading,
        services=(a_carrier(pallets=PALLETS),),
        handling_units=PLAN,
        stock=stock([[10_000, 0]]),
    )

    assert [2] == late(story) == told(story)


def test_a_van_that_is_being_loaded_is_looked_at_as_it_stands():
    """Looks at 16:35, 16:40 and so on: what is in somebody's hands is counted for the rest of it, and nobody is told
    who makes it. Two people begin the last two of six at 16:50."""
    quick = AtRiskPlan(every_ms=5 * MINUTE_MS)
    node = a_node(wave_interval_ms=5 * MINUTE_MS, loading=replace(TEN, staff=2))
    story = visit(a_world(nodes=(node,), at_risk=quick), [(at(0, 9) + n, P1) for n in range(6)])

    assert [] == late(story) == told(story)


def test_a_van_without_a_door_is_late():
    """One door, which each van has for eight hours: the second leaves at one in the morning, after the ship-by."""
    story = two_vans(2, 3, outbound=Outbound(doors=1, load_ms=8 * 60 * MINUTE_MS))

    assert {"0 17:00", "1 01:00"} == set(story.times("manifested"))
    assert late(story) == told(story)
    assert 3 == len(told(story))


def test_a_full_area_is_foreseen():
    """Room for three: what is packed after the van of 17:00 waits for the next."""
    story = watched(5, outbound=Outbound(parcels=3))

    assert [3, 4] == late(story) == told(story)
    assert {"0 09:30"} == moments(story)


def test_a_van_makes_room_in_the_area():
    """Three at noon, three at five, one the next day."""
    story = watched(7, outbound=Outbound(parcels=3), services=(a_carrier(collections=NOON),))

    assert late(story) == told(story)
    assert 1 == len(told(story))


def test_packers_lose_the_time_in_which_the_area_is_full():
    """Two minutes a parcel from 16:00 on: ten are packed by 16:20, ten more from the van of 16:30 until 16:50. Then it
    is full again, though forty would be packed by 17:20."""
    calls = tuple((day, minute) for day in range(7) for minute in (16 * 60 + 30, 17 * 60, 17 * 60 + 10))
    late_shift = Shift(ALWAYS, 16 * 60, 18 * 60, (2, 1, 0, 0))
    node: dict[str, Any] = {"shifts": (late_shift,), "outbound": Outbound(parcels=10)}
    story = watched(40, services=(a_carrier(collections=calls),), **node)

    assert late(story) == told(story)
    assert list(range(25, 40)) == late(story)


def test_an_area_and_those_who_load():
    """Room for four, of which three are loaded: what is packed then is on no manifest."""
    story = watched(6, loading=TEN, outbound=Outbound(parcels=4))

    assert late(story) == told(story)
    assert 3 == len(told(story))


def test_a_closed_node_and_a_node_with_neither_are_as_ever():
    """All that is near is at risk where nobody works; where there is no area and nobody loads, nothing is."""
    story = watched(2, loading=TEN, disruptions=(NodeOutage(0, at(0, 9, 1), 3 * DAY_MS),))

    assert [0, 1] == told(story)
    assert [] == told(watched(5))


def test_the_node_is_looked_at_for_as_far_as_asked():
    """Due on the second day, and the look reaches ten hours: not told on the first."""
    plan = AtRiskPlan(ahead_ms=10 * 60 * MINUTE_MS)
    node: Node = a_node(wave_interval_ms=5 * MINUTE_MS, outbound=Outbound(parcels=3))
    world = a_world(nodes=(node,), at_risk=plan, horizon=Horizon(2 * DAY_MS, 0, 20 * DAY_MS))
    story = visit(world, [(at(0, 9) + n, P1) for n in range(5)])

    assert [3, 4] == told(story)
    assert {"0 14:00"} == moments(story)
