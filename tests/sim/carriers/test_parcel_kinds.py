"""Parcels that are alike get one answer of the carrier policy: the same as each would have got by itself."""

from __future__ import annotations

import tempfile
from array import array
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.model import Model
from sim.network import CarrierService, Geography, PeakSurcharge
from sim.rules import Rule
from sim.tariff import Tariff
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, World
from tests.worlds import a_busy_world, a_carrier, a_channel, a_world

Offer = tuple[int, int]

BULKY = a_carrier(
    "bulky", dimensional_divisor=139, weight_breaks_kg=(1.0, 5.0, 30.0), rates_cents=((400, 700, 900),) * 7
)
AIRY = a_carrier("airy", dimensional_divisor=220, residential_cents=120)
FLAT = a_carrier("flat", rates_cents=((800, 1_100),) * 7, max_weight_kg=20.0)
SERVICES = (BULKY, AIRY, FLAT)


@settings(max_examples=200, deadline=None)
@given(st.floats(0.001, 45.0), st.floats(0.0, 250.0), st.integers(0, 6))
def test_a_bulky_parcel_costs_what_the_rate_card_says(weight: float, litres: float, zone: int):
    """Two divisors, and a service that takes no heavy ones and does not ask for volume."""
    network = a_world(services=SERVICES).network
    tariff = Tariff(network, Geography(network))
    expected = sorted((s.price_cents(zone, weight, litres), i) for i, s in enumerate(SERVICES) if s.takes(weight))

    assert expected == tariff.offers(0, zone, weight, litres)
    assert expected == tariff.offers(0, zone, weight, litres), "nor does it matter who asked first"


@given(st.floats(0.01, 100.0), st.sampled_from([100.0, 139.0, 166.0, 250.5]))
def test_a_volume_is_charged_as_a_weight_up_to_the_last_float(weight_kg: float, divisor: float):
    """By the price itself: a service whose only break is that weight charges a kilogram more from the next float on."""
    rates, kg = ((500,),) * 7, (weight_kg,)
    service = a_carrier(dimensional_divisor=divisor, weight_breaks_kg=kg, rates_cents=rates)
    litres = service.litres_up_to(weight_kg)

    assert service.price_cents(0, 0.001, litres) == 500
    assert service.price_cents(0, 0.001, litres * (1 + 1e-12)) > 500


def slow_answer(model: Model, node: int, shipment: int) -> Offer | None:
    """Price every service for this very parcel, and ask the policy."""
    site, register = model.site, model.site.register
    order = register.shipments.order[shipment]
    region, zone = register.orders.region[order], site.tariff.zones[node][register.orders.region[order]]
    weight = register.shipments.weight_kg[shipment]
    products, services = site.world.network.products, site.world.network.services
    litres = sum(units * products[p].volume_l for p, units in register.contents((shipment,)))
    to_home = site.world.network.channels[register.orders.channel[order]].residential
    offers = sorted(
        (s.price_cents(zone, weight, litres, to_home=to_home) + s.surcharge_cents(region, model.clock.now_ms), i)
        for i, s in enumerate(services)
        if s.takes(weight)
    )
    hurried = site.workflow is not None and order in site.workflow.expedited
    due_ms = 0 if hurried else register.orders.deliver_by_ms[order]
    tables = [carrier.timetables[node] for carrier in site.carriers]
    quoted = [table.told_ms(table.next_collection(model.clock.now_ms)) for table in tables]
    return site.policies.carrier.decide(offers, due_ms, zone, quoted)


def checked(world: World) -> int:
    """Run a world and compare each answer; how many there were."""
    model, seen = Model(world, 3), 0
    dock = model.site.dock
    dispatch = dock.dispatch

    def watched(node: int, shipments: array[int]) -> None:
        nonlocal seen
        dispatch(node, shipments)
        columns = model.site.register.shipments
        for shipment in shipments:
            assert slow_answer(model, node, shipment) == (columns.freight_cents[shipment], columns.service[shipment])
            seen += 1

    dock.dispatch = watched  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        model.run(Path(folder))
    return seen


def bulky_world(*services: CarrierService, **changes) -> World:
    """Goods of a litre to half a cubic metre, of consumers and companies."""
    world = a_busy_world(300.0, horizon=Horizon(2 * DAY_MS, 0, 9 * DAY_MS), **changes)
    goods = tuple(replace(p, volume_l=(1.0, 4.5, 17.25, 500.0)[n % 4]) for n, p in enumerate(world.network.products))
    channels = (*world.network.channels, a_channel("b2b", kind="b2b", residential=False, orders_per_day=60.0))
    regions = (*world.network.regions, replace(world.network.regions[-1], name="behind the hills"))
    network = replace(world.network, products=goods, channels=channels, services=services, regions=regions)
    return replace(world, network=network)


@pytest.mark.parametrize("hurry", [(), (Rule("hurry", "value_cents > 4000", "expedite"),)])
def test_each_parcel_gets_the_answer_that_it_would_get_alone(hurry: tuple[Rule, ...]):
    """Volume, a region behind the hills, two dear afternoons, homes and companies; some are in a hurry."""
    season = (PeakSurcharge(12 * HOUR_MS, 18 * HOUR_MS, 450), PeakSurcharge(36 * HOUR_MS, 42 * HOUR_MS, 450))
    far = replace(AIRY, remote_cents=500, remote_regions=frozenset({3}))
    swift = a_carrier("swift", rates_cents=((1_500, 2_000),) * 7, transit_days=AIRY.transit_days, quoted_days=(1,) * 7)

    assert checked(bulky_world(replace(BULKY, peaks=season), far, FLAT, swift, workflow=hurry)) > 500
