"""A carrier service: collections, capacity, weekends, transit, loss."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.disruptions import NodeOutage
from sim.distributions import Discrete, Fixed
from sim.network import CarrierService, Station
from sim.units import HOUR_MS, MINUTE_MS
from sim.world import PolicyChoice
from tests.sim.telling import Story, at, visit
from tests.worlds import POLICIES, a_carrier, a_channel, a_node, a_world

P1 = [(0, 1, 1_000)]
WEEK = frozenset(range(5))


def sent(orders: list[int], *services: CarrierService, nodes=None, **changes) -> Story:
    """One-line orders at these moments; what is packed two minutes after the wave of every minute is staged."""
    quick = a_node(wave_interval_ms=MINUTE_MS)
    drawn = {k: changes.pop(k) for k in ("transit_luck",) if k in changes}
    world = a_world(**{"nodes": nodes or (quick,), "services": services or (a_carrier(),)} | changes)
    return visit(world, [(t, P1) for t in orders], **drawn)


def packing_until(moment: int, ms: int) -> Story:
    """An order that is packed ``ms`` after ``moment``."""
    node = a_node(wave_interval_ms=MINUTE_MS)
    pack = Station(Fixed(2 * MINUTE_MS + ms))
    node = replace(node, stations=(node.stations[0], pack, *node.stations[2:]))
    return sent([moment - 3 * MINUTE_MS], nodes=(node,))


def test_what_is_packed_at_the_instant_of_the_collection_is_on_board():
    story = packing_until(at(0, 17), 0)

    assert (["0 17:00"], ["0 17:00"]) == (story.times("packed"), story.times("shipped"))


def test_a_millisecond_later_it_waits_a_day():
    story = packing_until(at(0, 17), 1)

    assert (["0 17:00 +1ms"], ["1 17:00"]) == (story.times("packed"), story.times("shipped"))


def test_a_parcel_takes_its_working_days():
    """Collected on Thursday and on Friday; two working days; nothing is delivered at the weekend."""
    service = a_carrier(delivery_weekdays=WEEK)
    story = sent([at(3, 9), at(4, 9)], service)

    assert (["3 17:00", "4 17:00"], ["7 12:00", "8 12:00"]) == (story.times("shipped"), story.times("delivered"))


def test_no_collection_on_a_sunday():
    service = a_carrier(collections=tuple((d, 17 * 60) for d in range(6)))
    story = sent([at(5, 18), at(6, 9)], service)

    assert ["7 17:00", "7 17:00"] == story.times("shipped")


def test_several_collections_a_day():
    service = a_carrier(collections=tuple((d, h * 60) for d in range(7) for h in (18, 12)))
    story = sent([at(0, 9), at(0, 12), at(0, 19)], service)

    assert ["0 12:00", "0 18:00", "1 12:00"] == story.times("shipped")


def test_a_full_van_leaves_the_rest_for_the_next():
    story = sent([at(0, 9, m) for m in range(5)], a_carrier(capacity_parcels=2))

    assert [
        ("0 17:00", "missed_cutoff", 2, "carrier_full"),
        ("0 17:00", "missed_cutoff", 3, "carrier_full"),
        ("0 17:00", "missed_cutoff", 4, "carrier_full"),
        ("0 17:00", "manifested", 0, ""),
        ("0 17:00", "manifested", 1, ""),
        ("1 17:00", "missed_cutoff", 4, "carrier_full"),
        ("1 17:00", "manifested", 2, ""),
        ("1 17:00", "manifested", 3, ""),
        ("2 17:00", "manifested", 4, ""),
    ] == story.events("order", "reason", kind=("missed_cutoff", "manifested"))


def test_capacity_is_by_node():
    nodes = tuple(a_node(n, wave_interval_ms=MINUTE_MS, serves_channels=frozenset({i})) for i, n in enumerate("AB"))
    channels = (a_channel("a"), a_channel("b"))
    world = a_world(nodes=nodes, channels=channels, services=(a_carrier(capacity_parcels=1),))
    story = visit(world, [(at(0, 9), P1)] * 4, channel=[0, 1, 0, 1])

    assert [("0 17:00", 0), ("0 17:00", 1), ("1 17:00", 2), ("1 17:00", 3)] == [
        (t, order) for t, _, order in story.events("order", kind="shipped")
    ]


def test_nothing_is_collected_at_a_closed_node():
    story = sent([at(0, 9)], disruptions=(NodeOutage(0, at(0, 16), 2 * HOUR_MS),))

    assert [("0 17:00", "missed_cutoff", "node_closed"), ("1 17:00", "shipped", "")] == story.events(
        "reason", kind=("missed_cutoff", "shipped")
    )


def test_a_parcel_that_is_lost_is_refunded_seven_days_after_its_quoted_date():
    """It was quoted for day 2 at noon. The money goes back; the goods are gone."""
    story = sent([at(0, 9), at(0, 9)], a_carrier(lost_share=0.5), transit_luck=[0.49, 0.5])

    assert [
        ("2 12:00", "delivered", 0, ""),
        ("9 12:00", "lost", 1, "lost_in_transit"),
        ("9 12:00", "lost_refunded", 1, ""),
        ("32 12:00", "closed", 0, ""),
        ("39 12:00", "closed", 1, ""),
    ] == story.events("order", "reason", kind=("delivered", "lost", "lost_refunded", "closed"))
    assert [("sales_returns", 1_000), ("tax_payable", 70), ("cash", -1_070)] == story.postings(kind="lost_refunded")
    assert (0, -400) == (
        story.balance("card_clearing"),
        story.rows("journal", order=1, account="inventory")[0]["amount_cents"],
    )


def test_the_customers_luck_decides_how_long_it_takes():
    """One day for seven in ten, three days for the rest; the lost tenth is cut off the unlucky end."""
    service = a_carrier(transit_days=(Discrete((1, 3), (0.7, 0.3)),) * 7, lost_share=0.1)
    story = sent([at(0, 9)] * 4, service, transit_luck=[0.0, 0.62, 0.64, 0.899])

    assert ["1 12:00", "1 12:00", "3 12:00", "3 12:00"] == story.times("delivered")


def test_delivery_rounds_take_turns():
    """The rounds of a day go by the number of the order."""
    service = a_carrier(delivery_minutes=(600, 900, 1_200))
    story = sent([at(0, 9)] * 4, service)

    assert [("2 10:00", 0), ("2 10:00", 3), ("2 15:00", 1), ("2 20:00", 2)] == [
        (t, order) for t, _, order in story.events("order", kind="delivered")
    ]


def test_what_it_quotes_is_the_last_round_of_the_quoted_day():
    service = a_carrier(delivery_minutes=(600, 1_200), quoted_days=(3,) * 7)
    (row,) = sent([at(0, 9)], service).rows("events", kind="manifested")

    assert at(3, 20) == row["due_ms"]


def test_a_second_shipment_has_a_luck_of_its_own():
    """The same whatever carrier brings it, and whatever else is sent."""
    slow = (Discrete((1, 2, 3, 4, 5, 6, 7), (1,) * 7),) * 7
    nodes = (a_node("A", wave_interval_ms=MINUTE_MS), a_node("B", latitude=41.0, wave_interval_ms=MINUTE_MS))

    def days(name: str, before: int) -> list[str]:
        services = (a_carrier(name, transit_days=slow),)
        world = a_world(nodes=nodes, services=services, channels=(a_channel(), a_channel("other")))
        orders = [(at(0, 8), [(0, 150, 1_000)]), *[(at(0, 9), [(1, 1, 10)])] * before]
        return visit(world, orders, channel=[0, *[1] * before]).times("delivered", order=0)

    assert days("ground", 0) == days("ground", 3) == days("air", 3)


def choosing(policy: str, order_at: int, **parameters: str) -> str:
    """Which of a cheap slow service, a dear fast one and a middling one takes a parcel promised for day 6, 0:00."""
    services = (
        a_carrier("slow", quoted_days=(9,) * 7),
        a_carrier("fast", quoted_days=(1,) * 7, residential_cents=900),
        a_carrier("fair", quoted_days=(3,) * 7, residential_cents=300),
    )
    policies = POLICIES | {"carrier": PolicyChoice(policy, parameters)}
    story = sent([order_at], *services, policies=policies)
    (row,) = story.rows("events", kind="manifested")
    return str(row["actor"]).removeprefix("carrier:")


@pytest.mark.parametrize(
    ("policy", "parameters", "expected"),
    [("cheapest", {}, "fair"), ("fastest", {}, "fast"), ("fixed", {"service": "slow"}, "slow"), ("fixed", {}, "slow")],
)
def test_a_carrier_policy_chooses(policy: str, parameters: dict[str, str], expected: str):
    assert expected == choosing(policy, at(0, 9), **parameters)


def test_where_none_is_in_time_the_cheapest_policy_takes_the_fastest():
    promise = replace(a_channel().promise, transit_days=0)
    policies = POLICIES | {"carrier": PolicyChoice("cheapest")}
    services = (a_carrier("slow", quoted_days=(9,) * 7), a_carrier("fast", quoted_days=(4,) * 7, residential_cents=900))
    story = sent([at(0, 9)], *services, channels=(a_channel(promise=promise),), policies=policies)

    assert ["carrier:fast"] == [r["actor"] for r in story.rows("events", kind="manifested")]


@pytest.mark.filterwarnings("error")
def test_a_service_may_lose_every_parcel():
    story = sent([at(0, 9), at(0, 9)], a_carrier(lost_share=1.0), transit_luck=[0.0, 0.5])

    assert [] == story.times("delivered")
    assert 2 == len(story.times("lost"))
