"""Small worlds for tests, built in Python: one call gives a world that runs in a blink."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from sim.calendar import Calendar
from sim.distributions import Discrete, Fixed
from sim.network import (
    CarrierService,
    Category,
    Channel,
    Entity,
    Network,
    Node,
    Payment,
    Product,
    Promise,
    Region,
    Segment,
    Shift,
    Station,
    Supplier,
)
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from sim.world import Horizon, PolicyChoice, Rules, StockPlan, Trace, World

ALWAYS = frozenset(range(7))
POLICIES = {
    "allocation": PolicyChoice("closest"),
    "release": PolicyChoice("fifo"),
    "carrier": PolicyChoice("cheapest"),
    "replenishment": PolicyChoice("s_S"),
}


def a_node(name: str = "A", latitude: float = 40.0, longitude: float = -75.0, **changes: Any) -> Node:
    """A node open around the clock: 2 pickers, 2 packers; a line takes a minute to pick, a parcel two to pack."""
    node = Node(
        name=name,
        latitude=latitude,
        longitude=longitude,
        shifts=(Shift(ALWAYS, 0, 1440, (2, 2, 1, 1)),),
        stations=(
            Station(Fixed(MINUTE_MS), batch_size=4),
            Station(Fixed(2 * MINUTE_MS), batch_size=1),
            Station(Fixed(10 * MINUTE_MS), batch_size=1),
            Station(Fixed(5 * MINUTE_MS), batch_size=1),
        ),
    )
    return replace(node, **changes)


def a_carrier(name: str = "ground", **changes: Any) -> CarrierService:
    """Collects daily at 17:00, delivers after two working days at noon, costs 5.00 anywhere."""
    service = CarrierService(
        name=name,
        carrier="parcel company",
        weight_breaks_kg=(1.0, 30.0),
        rates_cents=tuple((500 + 50 * z, 900 + 100 * z) for z in range(7)),
        extra_kg_cents=(50,) * 7,
        transit_days=(Fixed(2),) * 7,
        quoted_days=(2,) * 7,
        collections=tuple((d, 17 * 60) for d in range(7)),
        delivery_weekdays=ALWAYS,
        delivery_minutes=(12 * 60,),
    )
    return replace(service, **changes)


def a_channel(name: str = "web", **changes: Any) -> Channel:
    """A storefront with live stock, card payment and a promise of five days."""
    channel = Channel(name=name, orders_per_day=0.0, promise=Promise(14 * 60, 5, ALWAYS))
    return replace(channel, **changes)


def a_world(**changes: Any) -> World:
    """One node, one region, one carrier, one supplier, two products, one channel, two days.

    ``changes`` replace fields of the world, or of its network where the name is the network's.
    """
    network = Network(
        products=(
            Product("P1", price_cents=1_000, cost_cents=400, weight_kg=0.5),
            Product("P2", price_cents=2_500, cost_cents=1_100, weight_kg=1.5),
        ),
        regions=(Region("here", 40.0, -75.1, 100.0),),
        nodes=(a_node(),),
        services=(a_carrier(),),
        suppliers=(Supplier("maker", Fixed(2 * DAY_MS)),),
        channels=(a_channel(),),
        segments=(Segment("everyone"),),
        entities=(Entity("company", tax_bp=700),),
        categories=(Category("all"),),
    )
    names = set(Network.__dataclass_fields__)
    network = replace(network, **{k: v for k, v in changes.items() if k in names})
    shape = (len(network.nodes), len(network.products))
    world = World(
        name="small",
        network=network,
        calendar=Calendar(datetime(2026, 11, 23, tzinfo=ZoneInfo("America/New_York"))),
        horizon=Horizon(end_ms=2 * DAY_MS, warm_up_ms=0, drain_until_ms=60 * DAY_MS),
        stock=StockPlan(np.full(shape, 100), np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)),
        policies=POLICIES,
        rules=Rules(),
    )
    return replace(world, **{k: v for k, v in changes.items() if k not in names})


def a_busy_world(orders_per_day: float = 400.0, products: int = 40, nodes: int = 3, **changes: Any) -> World:
    """Three nodes, three regions, two channels (one on a batch sync), returns, declines, reviews, replenishment."""
    catalogue = tuple(
        Product(f"S{i:03}", 500 + 37 * i, 200 + 11 * i, 0.2 + 0.05 * i, demand_weight=1 / (1 + i))
        for i in range(products)
    )
    places = [("EAST", 40.7, -74.0), ("MID", 41.9, -87.6), ("WEST", 34.1, -118.2), ("SOUTH", 29.8, -95.4)][:nodes]
    lines = Discrete((1, 2, 3, 4), (0.55, 0.25, 0.12, 0.08))
    card = Payment("card", 0.8, 0.1, 0.4, HOUR_MS, 0.03, 0.2, 290, 30)
    segment = Segment(
        "everyone",
        return_delay_ms=Fixed(5 * DAY_MS),
        return_transit_ms=Fixed(3 * DAY_MS),
        cancel_share=0.02,
        cancel_delay_ms=Fixed(30 * MINUTE_MS),
    )
    web = a_channel(
        "web",
        orders_per_day=orders_per_day,
        line_count=lines,
        payments=(card, Payment("prepaid", 0.2)),
        shipping_fee_cents=499,
    )
    market = a_channel(
        "market",
        kind="marketplace",
        orders_per_day=orders_per_day / 2,
        line_count=lines,
        payments=(Payment("marketplace"),),
        commission_bp=1_500,
        settlement_ms=14 * DAY_MS,
    )
    market = replace(
        market, sync=replace(market.sync, mode="batch", interval_ms=15 * MINUTE_MS, latency_ms=30 * SECOND_MS)
    )
    world = a_world(
        products=catalogue,
        regions=tuple(Region(n.lower(), lat, lon, 100.0) for n, lat, lon in places),
        nodes=tuple(a_node(n, lat, lon, wave_interval_ms=30 * MINUTE_MS) for n, lat, lon in places),
        channels=(web, market),
        segments=(segment,),
        categories=(Category("all", return_share=0.1, restock_share=0.7),),
        services=(
            a_carrier(lost_share=0.005),
            a_carrier("express", transit_days=(Fixed(1),) * 7, quoted_days=(1,) * 7),
        ),
    )
    shape = (nodes, products)
    stock = StockPlan(np.full(shape, 30), np.full(shape, 15), np.full(shape, 45))
    return replace(replace(world, stock=stock, rules=Rules(data_fault_share=0.01)), **changes)


Line = tuple[int, int, int]
"""(product, units, net price in cents)."""


def a_trace(
    orders: Sequence[tuple[int, Sequence[Line]]],
    *,
    channel: Sequence[int] = (),
    region: Sequence[int] = (),
    credits: Sequence[tuple[int, int, int, int, int]] = (),
    adjustments: Sequence[tuple[int, int, int]] = (),
    fees: Sequence[tuple[int, str, int]] = (),
) -> Trace:
    """A trace of ``orders``: (time, lines), by time; lines are numbered through.

    ``credits`` are (time, line or -1, product, units, cents), ``adjustments`` (time, product, units), ``fees``
    (time, account, cents); ``channel`` and ``region`` go by order and are all 0 where they are not given.
    """

    def column(values: Sequence[Any], dtype: type = np.int64) -> Any:
        return np.array(list(values), dtype=dtype)

    lines = [(number, *line) for number, (_, own) in enumerate(orders) for line in own]
    n = len(orders)
    return Trace(
        order_ref=tuple(str(i) for i in range(n)),
        order_ms=column([t for t, _ in orders]),
        order_channel=column(channel or [0] * n, np.int32),
        order_region=column(region or [0] * n, np.int32),
        order_customer=("",) * n,
        line_order=column([line[0] for line in lines], np.int32),
        line_product=column([line[1] for line in lines], np.int32),
        line_units=column([line[2] for line in lines], np.int32),
        line_price_cents=column([line[3] for line in lines]),
        credit_ms=column([c[0] for c in credits]),
        credit_line=column([c[1] for c in credits], np.int32),
        credit_product=column([c[2] for c in credits], np.int32),
        credit_units=column([c[3] for c in credits], np.int32),
        credit_cents=column([c[4] for c in credits]),
        adjustment_ms=column([a[0] for a in adjustments]),
        adjustment_product=column([a[1] for a in adjustments], np.int32),
        adjustment_units=column([a[2] for a in adjustments], np.int32),
        fee_ms=column([f[0] for f in fees]),
        fee_account=tuple(f[1] for f in fees),
        fee_cents=column([f[2] for f in fees]),
    )


def stock(opening: Any, reorder_point: Any = 0, order_up_to: Any = 0) -> StockPlan:
    """A stock plan of (nodes, products) tables; one number means the same everywhere."""
    opening = np.array(opening, dtype=np.int64)
    low, high = (
        np.broadcast_to(np.array(x, dtype=np.int64), opening.shape).copy() for x in (reorder_point, order_up_to)
    )
    return StockPlan(opening, low, high)
