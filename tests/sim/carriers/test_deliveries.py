"""Sending in full: what volume, homes and pallets cost, attempts in vain, vans that are full, parcels nobody takes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from sim.books.reasons import REASON_NUMBER
from sim.clock import SWEEP
from sim.model import Model
from sim.network import Geography, Pallets, Product
from sim.orders import RETURNED_TO_SENDER
from sim.plans.master_data import AddressFaults, MasterDataPlan
from sim.stall import stall_reason
from sim.tariff import Tariff
from sim.units import DAY_MS, MINUTE_MS
from sim.world import DeskPlan, Horizon, Rules
from tests.sim.telling import Story, at, tell, told, visit, visited
from tests.worlds import a_busy_world, a_carrier, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]


def freight(story: Story) -> list[int]:
    return [r["value_cents"] for r in story.rows("events", kind="manifested")]


@pytest.mark.parametrize(("litres", "divisor", "expected"), [(50.0, None, 550), (50.0, 139, 950), (2.0, 139, 550)])
def test_volume_is_charged_where_it_is_more_than_weight(litres: float, divisor: float | None, expected: int):
    """Half a kilogram in 50 litres counts as 10 kg at 139 cubic inches a pound: the second weight class."""
    service = a_carrier(dimensional_divisor=divisor, residential_cents=50)
    products = (Product("P1", 1_000, 400, 0.5, volume_l=litres), Product("P2", 2_500, 1_100, 1.5))

    assert [expected] == freight(visit(a_world(services=(service,), products=products), [(at(0, 9), P1)]))


def test_only_homes_are_charged_as_homes():
    """A consumer's parcel and a company's, on the same day."""
    channels = (a_channel("web"), a_channel("b2b", kind="b2b", residential=False))
    service = a_carrier(residential_cents=250, fuel_bp=2_000)
    story = visit(a_world(channels=channels, services=(service,)), [(at(0, 9), P1), (at(0, 9), P1)], channel=[0, 1])

    assert [850, 600] == freight(story)


def test_what_is_too_heavy_for_parcels_goes_on_pallets():
    """90.00 a pallet of 100 kg, above 60 kg, without a residential surcharge."""
    pallets = Pallets(60.0, 100.0, (9_000,) * 7)
    service = a_carrier(pallets=pallets, fuel_bp=1_000, residential_cents=300)

    assert [850, 9_900, 9_900, 19_800] == [service.price_cents(0, kg) for kg in (1.0, 60.1, 100.0, 100.1)]
    network = a_world(services=(service,)).network
    tariff = Tariff(network, Geography(network))
    for kg in (29.9, 59.9, 60.1, 99.9, 100.1, 250.0):
        assert [(service.price_cents(0, kg), 0)] == tariff.offers(0, 0, kg)


def test_a_limit_that_stands_for_none_costs_no_memory():
    """Prices by the kilogram up to a billion would not fit: from 10 tonnes on, each is asked for."""
    service = a_carrier(max_weight_kg=1e9)
    network = a_world(services=(service,)).network
    tariff = Tariff(network, Geography(network))

    assert [1.0, *map(float, range(30, 10_000))] == tariff.breaks
    for kg in (9_999.5, 10_000.0, 10_000.5, 25_000.5, 1e9):
        assert [(service.price_cents(0, kg), 0)] == tariff.offers(0, 0, kg)
    assert [] == tariff.offers(0, 0, 1.1e9)


def test_the_way_back_costs_its_share_of_the_way_there():
    """Nobody is in, once: 5.00 for the way there, and 60% of it for the way back."""
    service = a_carrier(delivery_attempts=1, way_back_share=0.6)
    story = visit(a_world(channels=(a_channel(absent_share=1.0),), services=(service,)), [(at(0, 9), P1)])

    assert [("2 12:00", "returned_to_sender", None), ("2 12:00", "way_back_charged", 300)] == [
        (t, kind, cents or None)
        for t, kind, cents in story.events("value_cents", kind=("returned_to_sender", "way_back_charged"))
    ]
    assert [("freight", 300), ("freight_payable", -300)] == story.postings(kind="way_back_charged")


def absent(share: float, attempts: int = 3, **changes) -> Story:
    """One order of one unit, to be delivered on day 2 at noon."""
    service = a_carrier(delivery_attempts=attempts)
    world = a_world(channels=(a_channel(absent_share=share),), services=(service,), **changes)
    return visit(world, [(at(0, 9), P1)])


def test_after_the_last_attempt_it_goes_back_and_is_refunded():
    """Three days in vain, five days on the road, handed over at eight, inspected, and sold again; the order closes a
    window after it was given up."""
    story = absent(1.0)

    assert [
        ("2 12:00", "delivery_failed", "nobody_home"),
        ("3 12:00", "delivery_failed", "nobody_home"),
        ("4 12:00", "delivery_failed", "nobody_home"),
        ("4 12:00", "returned_to_sender", "undeliverable"),
        ("10 08:00", "return_received", ""),
        ("10 08:05", "restocked", ""),
        ("10 08:05", "refunded", ""),
        ("34 12:00", "closed", ""),
    ] == story.events(
        "reason",
        kind=(
            "delivery_failed",
            "delivered",
            "returned_to_sender",
            "return_received",
            "restocked",
            "refunded",
            "closed",
        ),
    )
    assert (1_000, 100) == (story.balance("sales_returns"), story.model.site.inventory.available[0][0])
    assert [RETURNED_TO_SENDER] == list(story.model.site.register.shipments.state[:1])


def test_the_same_customers_are_out_whatever_the_carrier_does():
    """More attempts bring more of the same parcels; nothing else of the demand changes."""
    world = a_busy_world(300.0)
    channels = tuple(replace(c, absent_share=0.3) for c in world.network.channels)

    def run(attempts: int) -> Story:
        services = tuple(replace(s, delivery_attempts=attempts, lost_share=0.0) for s in world.network.services)
        return tell(replace(world, network=replace(world.network, channels=channels, services=services)))

    once, thrice = run(1), run(3)

    def back(story: Story) -> set[int]:
        return {r["order"] for r in story.rows("events", kind="returned_to_sender")}

    assert back(thrice) < back(once)
    assert once.manifest["demand_hash"] == thrice.manifest["demand_hash"]
    tried = len(once.times("delivered")) + len(once.times("returned_to_sender"))
    assert 0.2 < len(once.times("returned_to_sender")) / tried < 0.4
    assert 0.01 < len(thrice.times("returned_to_sender")) / tried < 0.06


def test_doors_are_told_apart_together_as_one_by_one(tmp_path: Path):
    """Nobody at home, nobody who still wants it, and no such address: each parcel by its own numbers."""
    plan = MasterDataPlan(addresses=AddressFaults(0.05, "nobody"))
    world = a_busy_world(400.0, master_data=plan, horizon=Horizon(2 * DAY_MS, 0, 20 * DAY_MS))
    web, market = world.network.channels
    hasty = replace(web, absent_share=0.3, promise=replace(web.promise, transit_days=1))
    channels = (hasty, replace(market, absent_share=0.1))
    segments = tuple(replace(s, refuse_late_share=0.5) for s in world.network.segments)
    model = Model(replace(world, network=replace(world.network, channels=channels, segments=segments)), 6)
    site, seen = model.site, Counter[int]()
    orders, sequence = site.register.orders, site.register.shipments.sequence

    def alone(shipment: int, attempt: int) -> int:
        order = site.register.shipments.order[shipment]
        channel, at_ms = orders.channel[order], orders.at_ms[order]
        spec = channels[channel]
        if site.wrong_addresses is not None and site.wrong_addresses.leads_nowhere(order):
            return REASON_NUMBER["wrong_address"]
        is_late = model.clock.now_ms > orders.deliver_by_ms[order]
        if is_late and site.streams.counter("refusals", spec.name).at(at_ms) < 0.5:
            return REASON_NUMBER["refused_at_door"]
        number = ((at_ms << 4) + sequence[shipment]) * 8 + attempt % 8
        home = site.streams.counter("absence", spec.name).at(number) >= spec.absent_share
        return 0 if home else REASON_NUMBER["nobody_home"]

    for carrier in site.carriers:

        def watched(shipments, attempts, together=carrier._doorstep._why_not_taken):
            why = together(shipments, attempts)
            assert why.tolist() == [alone(*each) for each in zip(shipments.tolist(), attempts.tolist(), strict=True)]
            seen.update(why.tolist())
            return why

        carrier._doorstep._why_not_taken = watched  # type: ignore[method-assign]  # a witness at the door
    model.run(tmp_path)

    assert len(seen) == 4
    assert min(seen.values()) > 10


@pytest.mark.parametrize(
    ("reroute", "expected"), [(False, ["ground", "ground", "ground"]), (True, ["ground", "air", "air"])]
)
def test_what_a_full_van_refuses_goes_with_another_carrier(reroute: bool, expected: list[str]):
    """One parcel a call at 17:00; the other carrier is dearer, calls at 18:00 and takes all."""
    evening = tuple((d, 18 * 60) for d in range(7))
    services = (a_carrier(capacity_parcels=1), a_carrier("air", residential_cents=900, collections=evening))
    world = a_world(
        services=services, rules=Rules(reroute_refused=reroute), nodes=(a_node(wave_interval_ms=MINUTE_MS),)
    )
    story = visit(world, [(at(0, 9, m), P1) for m in range(3)])

    assert expected == [r["actor"].removeprefix("carrier:") for r in story.rows("events", kind="manifested")]
    assert (["0 17:00"] * 2 if reroute else []) == story.times("rerouted", reason="carrier_full")


def test_a_parcel_that_nobody_takes_is_a_case_for_a_desk():
    """Ten units of 1.5 kg are too heavy for the only service. The order waits for the transport planner, who gives it
    up; an order beside it leaves as usual."""
    desks = (
        DeskPlan(handles=("fraud", "payment")),
        DeskPlan("transport", "transport_planner", handles=("carrier",)),
    )
    model = visited(
        a_world(services=(a_carrier(max_weight_kg=10.0),), desks=desks),
        [(at(0, 9), [(1, 10, 2_500)]), (at(0, 9), P1)],
    )
    seen: list[str] = []
    for minute in (5, 15):
        model.clock.at(at(0, 9, minute), SWEEP, lambda _: seen.append(stall_reason(model.site.register, 0)))
    story = told(model)

    assert ["no carrier", ""] == seen
    assert [
        ("voided", "orchestrator", "no_carrier"),
        ("held", "orchestrator", "no_carrier"),
        ("cancelled", "desk:transport", "no_carrier"),
    ] == [(k, a, r) for _, k, a, r in story.events("actor", "reason", order=0, kind=("voided", "held", "cancelled"))]
    assert (100, ["0 17:00"]) == (story.model.site.inventory.available[0][1], story.times("shipped", order=1))


def test_two_parcels_of_one_order_that_nobody_takes_are_one_case():
    """Six units at each of two nodes, four of them waiting for stock besides: held once, and cancelled as a whole."""
    desks = (DeskPlan("transport", "transport_planner", handles=("carrier",)),)
    nodes = (a_node("A"), a_node("B", latitude=41.0))
    world = a_world(
        services=(a_carrier(max_weight_kg=5.0),),
        desks=desks,
        nodes=nodes,
        channels=(a_channel(accepts_backorders=True),),
        stock=stock([[0, 6], [0, 6]]),
    )
    story = visit(world, [(at(0, 9), [(1, 16, 2_500)])])

    assert (2, 1, {"cancelled": 1}) == (len(story.times("voided")), len(story.times("held")), story.manifest["census"])
    assert [6, 6] == [story.model.site.inventory.available[node][1] for node in (0, 1)]
    assert 0 == sum(map(sum, story.model.site.supply.owed))
