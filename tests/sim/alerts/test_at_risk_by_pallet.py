"""Orders of pallets and cases at risk: seen coming by the time that they take, and by the places in a van."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.distributions import Fixed
from sim.network import Pallets, Payment, Shift
from sim.plans.alerts import AtRiskPlan
from sim.plans.floor import Outbound
from sim.plans.handling_units import HandlingPlan
from sim.units import HOUR_MS, MINUTE_MS
from sim.world import DeskPlan, DeskShift
from tests.sim.telling import Story, at, visit
from tests.worlds import ALWAYS, a_carrier, a_channel, a_node, a_world, stock

PALLETS = Pallets(60.0, 400.0, (9_000,) * 7)
PLAN = HandlingPlan((12, 12), (48, 48), frozenset({0}))
ONE_HOUR = (Shift(ALWAYS, 15 * 60, 16 * 60, (1, 1, 0, 0)),)
NO_PACKER = (Shift(ALWAYS, 15 * 60, 16 * 60, (1, 0, 0, 0)),)
"""From three to four, one who picks; the van comes at five."""


def looked_at(orders: list[int], first_ms: int = at(0, 9), **changes: Any) -> Story:
    """Orders of so many units of P1, a second apart, of a channel of pallets and cases."""
    given_world: dict[str, Any] = {
        "services": (a_carrier(pallets=PALLETS),),
        "handling_units": PLAN,
        "stock": stock([[10_000, 0]]),
        "at_risk": AtRiskPlan(),
    } | changes
    drawn = given_world.pop("drawn", {})
    wanted = [(first_ms + n * 1_000, [(0, units, 1_000)]) for n, units in enumerate(orders)]
    return visit(a_world(**given_world), wanted, **drawn)


def told(story: Story) -> list[int]:
    return sorted({order for *_, order in story.events("order", kind=("shipment_at_risk", "order_at_risk"))})


def late(story: Story) -> list[int]:
    """Orders of which something left after the first day."""
    return sorted({row["order"] for row in story.rows("events", kind="shipped") if row["time_ms"] > at(0, 18)})


def test_pallets_take_a_picker_four_minutes_each():
    """Twenty pallets and an hour of one picker: fifteen make it. As lines they would take a third of that."""
    story = looked_at([48] * 20, nodes=(a_node(shifts=ONE_HOUR),))

    assert list(range(15, 20)) == late(story) == told(story)


def test_cases_take_half_a_minute_each():
    """Six cases an order, three minutes, four orders at a time: twenty are picked in the hour, the last four too late
    to be packed."""
    story = looked_at([72] * 25, nodes=(a_node(shifts=ONE_HOUR),), handling_units=replace(PLAN, pallet_units=(0, 0)))

    assert list(range(16, 25)) == late(story) == told(story)


def test_pallets_wait_for_no_packer():
    """Nobody packs all day: pallets are in time, the parcels beside them are not."""
    story = looked_at([48, 5, 96], nodes=(a_node(shifts=NO_PACKER),))

    assert ["0 17:00", "0 17:00"] == story.times("manifested")[:2]
    assert [1] == told(story)


def test_places_for_pallets_are_not_places_for_parcels():
    """Three places and room for one parcel: a parcel, an order of two pallets, one of one, then two that find none,
    and a parcel that finds none either."""
    service = a_carrier(pallets=replace(PALLETS, places=3), capacity_parcels=1)
    story = looked_at([5, 96, 48, 48, 48, 5], services=(service,))

    assert [3, 4, 5] == late(story) == told(story)


def test_more_pallets_than_a_van_has_places_go_when_all_are_free():
    """Five pallets in a van of three: alone they go, behind another they wait."""
    service = a_carrier(pallets=replace(PALLETS, places=3))
    alone, behind = looked_at([240], services=(service,)), looked_at([48, 240], services=(service,))

    assert [] == late(alone) == told(alone)
    assert [1] == late(behind) == told(behind)


def test_without_places_a_shipment_of_pallets_is_one_parcel():
    story = looked_at([96, 48, 5], services=(a_carrier(pallets=PALLETS, capacity_parcels=2),))

    assert [2] == late(story) == told(story)


def test_pallets_that_wait_behind_a_full_area_are_seen():
    """Room for one pallet: the others were moved out, and wait for the van that takes one."""
    node = a_node(outbound=Outbound(parcels=10, pallet_parcels=10))
    story = looked_at([48, 48], nodes=(node,), services=(a_carrier(pallets=replace(PALLETS, places=1)),))

    assert [1] == late(story) == told(story)


def test_a_node_without_a_whole_pallet_is_no_advice():
    """The other node has a hundred loose units, or two whole pallets; the near one has nobody to move them."""
    nodes = (a_node("A", shifts=ONE_HOUR), a_node("B", 41.9, -87.6))

    def advice(units_there: int) -> set[str]:
        opening = stock([[20 * 48, 0], [units_there, 0]])
        story = looked_at([48] * 20, nodes=nodes, stock=opening)
        return {actor for *_, actor in story.events("actor", kind="shipment_at_risk")}

    assert {"advice:wait"} == advice(47)
    assert "advice:B" in advice(480)


@pytest.mark.parametrize(("units", "at_risk"), [(48, []), (5, [0])])
def test_held_orders_of_pallets_wait_for_no_packer_either(units: int, at_risk: list[int]):
    """Held until three by the payment desk; from then on one picks and nobody packs."""
    desk = DeskPlan("desk", shifts=(DeskShift(ALWAYS, 15 * 60, 15 * 60 + 10, 1),), handling_ms=Fixed(MINUTE_MS))
    card = Payment("card", review_share=1.0)
    story = looked_at(
        [units],
        nodes=(a_node(shifts=NO_PACKER, wave_interval_ms=HOUR_MS // 4),),
        channels=(a_channel(payments=(card,)),),
        desks=(desk,),
        drawn={"desk_luck": [0.999]},
    )

    assert at_risk == told(story)
