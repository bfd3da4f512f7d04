"""Whatever the world: units conserved, nothing negative, books in balance, every order in a legal state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.books.reconcile import reconcile
from sim.disruptions import NodeOutage, Promotion
from sim.disruptions.payment_outage import PaymentOutage
from sim.disruptions.region_closure import RegionClosure
from sim.distributions import Discrete, Fixed, Uniform
from sim.messages.plan import MessageRoute, Reconciliation
from sim.model import Model
from sim.network import CycleCounts, Payment, Reservation, Supplier, Sync
from sim.orders import ORDER_STATES
from sim.rules import Rule
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, PolicyChange, PolicyChoice, Rules, StockPlan, World
from tests.sim.telling import at
from tests.sim.witness import faults, frame, illegal_moves
from tests.worlds import a_busy_world, a_node, a_trace, stock

ON_HAND = ("available", "committed", "picked", "awaiting", "quarantined")


def changed(world: World, **network) -> World:
    return replace(world, network=replace(world.network, **network))


def scarce() -> World:
    """Next to nothing in stock, orders taken on blind views, given up after two days."""
    world = a_busy_world()
    shape = world.stock.opening_units.shape
    plan = StockPlan(np.full(shape, 2), np.full(shape, 3), np.full(shape, 9))
    web, market = world.network.channels
    market = replace(market, sync=Sync("batch", 6 * HOUR_MS, HOUR_MS, 0.2))
    web = replace(web, sync=Sync("events", latency_ms=10 * MINUTE_MS, loss_share=0.05))
    rules = Rules(backorder_patience_ms=2 * DAY_MS, data_fault_share=0.02)
    return replace(changed(world, channels=(web, market)), stock=plan, rules=rules)


def peak_and_outage() -> World:
    outages = (
        NodeOutage(0, at(0, 11), 20 * HOUR_MS),
        NodeOutage(1, at(0, 12), 4 * HOUR_MS, 3_000),
        NodeOutage(0, at(1, 1), 2 * HOUR_MS),
    )
    return a_busy_world(disruptions=(Promotion(at(0, 10), 6 * HOUR_MS, 4.0, price_cut_bp=2_000), *outages))


def swapped() -> World:
    changes = (
        PolicyChange(at(0, 12), "allocation", PolicyChoice("fewest_splits")),
        PolicyChange(at(1, 12), "allocation", PolicyChoice("most_stock")),
        PolicyChange(at(1, 6), "replenishment", PolicyChoice("base_stock")),
        PolicyChange(at(1, 0), "release", PolicyChoice("slack")),
        PolicyChange(at(1, 0), "carrier", PolicyChoice("fastest")),
    )
    return a_busy_world(policy_changes=changes)


def stores() -> World:
    """Two stores fed by one warehouse, a supplier that delivers late and short."""
    world = a_busy_world()
    east, mid, west = world.network.nodes
    nodes = (
        east,
        replace(mid, source=0, transfer_ms=Uniform(DAY_MS, 3.0 * DAY_MS)),
        replace(west, source=0, kind="store"),
    )
    supplier = Supplier(
        "late", Uniform(DAY_MS, 4.0 * DAY_MS), lot_units=12, fill_share=Discrete((0.0, 0.7, 1.0), (1, 2, 7))
    )
    horizon = Horizon(6 * DAY_MS, 0, 60 * DAY_MS)
    return replace(changed(world, nodes=nodes, suppliers=(supplier,)), horizon=horizon)


def complete() -> World:
    """Orders ship as a whole; channels of their own nodes; backorders welcome; batches of allocation."""
    world = scarce()
    web, market = world.network.channels
    east, mid, west = world.network.nodes
    channels = (
        replace(web, ship_complete=True, accepts_backorders=True),
        replace(market, refuses="order", share=0.5, buffer_units=1),
    )
    nodes = (east, replace(mid, serves_channels=frozenset({0})), replace(west, serves_channels=frozenset({1})))
    world = changed(world, channels=channels, nodes=nodes)
    return replace(world, rules=replace(world.rules, allocate_every_ms=2 * HOUR_MS))


def prepaid() -> World:
    """Everything is paid in advance, much of it comes back, some of it is cancelled."""
    world = a_busy_world()
    web, market = world.network.channels
    (segment,) = world.network.segments
    (category,) = world.network.categories
    return changed(
        world,
        channels=(
            replace(web, payments=(Payment("prepaid"),), accepts_backorders=True),
            replace(market, orders_per_day=0.0),
        ),
        segments=(replace(segment, cancel_share=0.2, return_factor=5.0),),
        categories=(replace(category, restock_share=0.5),),
    )


def tight() -> World:
    """Few people, small waves, small vans, heavy losses: everything waits for something."""
    world = a_busy_world()
    nodes = tuple(replace(n, shifts=(a_node().shifts[0],), wave_capacity=20) for n in world.network.nodes)
    services = tuple(replace(s, capacity_parcels=40, lost_share=0.1) for s in world.network.services)
    return replace(changed(world, nodes=nodes, services=services), rules=Rules(limits_ms={"packed": 6 * HOUR_MS}))


def replayed() -> World:
    """A file of orders with credits at every stage, corrections both ways, and fees."""
    rng = np.random.default_rng(3)
    orders = [
        (int(t), [(int(p), int(n), 1_000 + 37 * int(p)) for p, n in zip(rng.integers(0, 2, 2), rng.integers(1, 5, 2))])
        for t in np.sort(rng.integers(0, 2 * DAY_MS, 60))
    ]
    credits = []
    for line in range(0, 120, 3):
        t, lines = orders[line // 2]
        product, units, price = lines[line % 2]
        taken = int(rng.integers(1, units + 2))
        credits.append(
            (t + int(rng.integers(0, 6 * DAY_MS)), line, product, taken, taken * price - int(rng.integers(0, 50)))
        )
    credits.append((DAY_MS, -1, 0, 2, 1_999))
    adjustments = [(at(d, 7), d % 2, n) for d, n in enumerate((9, -3, -500, 12))]
    fees = [(at(1, 3), "postage", 899), (at(2, 3), "bank charges", -45)]
    trace = a_trace(orders, credits=sorted(credits), adjustments=adjustments, fees=fees)
    world = changed(a_busy_world(products=2), channels=(a_busy_world().network.channels[0],))
    return replace(world, trace=trace, stock=stock([[40, 220], [20, 40], [0, 5]], 10, 60))


def untrue() -> World:
    """Shelves that differ from their records and are counted; reservations that expire, carts that are abandoned."""
    world = scarce()
    nodes = tuple(
        replace(n, shrinkage_share=5.0, mispick_share=0.05, receiving_error_share=0.2, cycle_counts=counts)
        for n, counts in zip(
            world.network.nodes, (None, CycleCounts(), CycleCounts((DAY_MS, DAY_MS, None))), strict=True
        )
    )
    web, market, *others = world.network.channels
    web = replace(web, reservation=Reservation("capture", "node", 30 * MINUTE_MS))
    market = replace(
        market,
        checkout_ms=Fixed(7.0 * MINUTE_MS),
        abandoned_share=0.3,
        reservation=Reservation("cart", expires_ms=5 * MINUTE_MS),
    )
    return changed(world, nodes=nodes, channels=(web, market, *others))


def told() -> World:
    """What a marketplace sells, what nodes release and send, and where parcels are is told late; some of it never."""
    lossy = MessageRoute(
        "lossy", ("release",), frozenset(), frozenset({0}), loss_share=0.1, retries=2, retry_ms=HOUR_MS
    )
    routes = (
        replace(lossy, mode="batch", latency_ms=Fixed(MINUTE_MS)),
        MessageRoute("paced", ("release",), nodes=frozenset({1}), latency_ms=Uniform(0, HOUR_MS), per_minute=2),
        MessageRoute("floor", ("ship_confirmation", "receipt"), mode="batch", loss_share=0.05, retries=1),
        MessageRoute("feed", ("order_in",), frozenset({1}), mode="batch", interval_ms=HOUR_MS, loss_share=0.1),
        MessageRoute("tracking", ("tracking", "return_receipt"), latency_ms=Uniform(0, 2 * HOUR_MS), loss_share=0.02),
    )
    return replace(a_busy_world(), messages=routes, reconciliation=Reconciliation())


def carted() -> World:
    """Carts at one channel, orders on their way from the other; too little in stock, and rules for what is dear."""
    world = scarce()
    web, market = world.network.channels
    web = replace(web, checkout_ms=Uniform(MINUTE_MS, 20.0 * MINUTE_MS), abandoned_share=0.1, approval_over_cents=4_000)
    market = replace(market, approval_over_cents=5_000)
    feed = MessageRoute("feed", ("order_in",), frozenset({1}), mode="batch", interval_ms=HOUR_MS)
    rules = (Rule("dear", "value_cents > 3000 and units > 3", "hold", "approval"), Rule("few", "lines < 2", "expedite"))
    shape = world.stock.opening_units.shape
    stocked = StockPlan(np.full(shape, 12), np.full(shape, 3), np.full(shape, 30))
    world = replace(changed(world, channels=(web, market)), stock=stocked, messages=(feed,), workflow=rules)
    return replace(
        world, disruptions=(PaymentOutage(at(0, 12), HOUR_MS), RegionClosure(frozenset({1}), at(0, 15), HOUR_MS))
    )


def at_the_till() -> World:
    """Most customers take their time at the till, where some find gone what they chose; a gateway that is down."""
    world = a_busy_world(800.0)
    web, market = world.network.channels
    web = replace(web, sync=Sync("live"), checkout_ms=Uniform(0.0, 20.0 * MINUTE_MS), abandoned_share=0.1)
    shape = world.stock.opening_units.shape
    plan = StockPlan(np.full(shape, 9), np.full(shape, 6), np.full(shape, 14))
    routes = (MessageRoute("files", ("release",), nodes=frozenset({0}), mode="batch", loss_share=0.1, retries=2),)
    outage = PaymentOutage(at(0, 12), HOUR_MS)
    return replace(changed(world, channels=(web, market)), stock=plan, messages=routes, disruptions=(outage,))


def declined() -> World:
    """Many cards are declined at the till; most reservations end before the second attempt."""
    world = a_busy_world(800.0)
    web, market = world.network.channels
    card = replace(web.payments[0], declined_share=0.4, recovered_share=0.5, retry_ms=HOUR_MS)
    web = replace(
        web,
        checkout_ms=Uniform(0.0, 20.0 * MINUTE_MS),
        payments=(card, *web.payments[1:]),
        reservation=Reservation(expires_ms=25 * MINUTE_MS),
    )
    return changed(world, channels=(web, market))


WORLDS: dict[str, Callable[[], World]] = {
    f.__name__: f
    for f in (
        a_busy_world,
        scarce,
        peak_and_outage,
        swapped,
        stores,
        complete,
        prepaid,
        tight,
        replayed,
        untrue,
        told,
        carted,
        at_the_till,
        declined,
    )
}


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", WORLDS)
def test_the_books_agree_at_every_event_and_at_the_end(name: str, seed: int, tmp_path: Path):
    model = Model(WORLDS[name](), seed, check=True)
    manifest = model.run(tmp_path)

    assert [] == faults(tmp_path)
    assert [] == illegal_moves(tmp_path)
    assert [] == reconcile(tmp_path)
    assert sum(manifest["census"].values()) == manifest["counters"]["orders_offered"]
    assert_positions_agree(model)
    assert_audit_agrees(model, tmp_path)


def otherwise_reserved(model: Model, shape: tuple[int, ...]) -> np.ndarray:
    """What carts have reserved, less what held orders lost or keep at nodes."""
    site, register = model.site, model.site.register
    found = np.zeros(shape, dtype=int)

    def pool_of(order: int) -> int:
        return site.pool_of_channel[register.orders.channel[order]]

    if site.carts is not None:
        for order in site.carts._reserved:
            for line in register.orders.lines(order):
                if register.lines.state[line] == 0:
                    found[pool_of(order), register.lines.product[line]] += register.lines.units[line]
    if site.reservations is not None:
        gone = list(site.reservations._dropped.items())
        gone += [(order, basket) for order, places in site.reservations._placed.items() for basket in places.values()]
        for order, basket in gone:
            for _, product, units in basket:
                found[pool_of(order), product] -= units
    return found


def assert_positions_agree(model: Model) -> None:
    """What agents keep beside the books: available to sell, reservations, owed stock, goods in transit."""
    site, register = model.site, model.site.register
    inventory, lines = site.inventory, register.lines
    reserved = np.zeros((len(site.pools), len(model.world.network.products)), dtype=int)
    owed = 0
    for line, state in enumerate(lines.state):
        if state > 1 and lines.open_units[line]:
            channel = register.orders.channel[lines.order[line]]
            reserved[site.pool_of_channel[channel], lines.product[line]] += lines.open_units[line]
            owed += lines.open_units[line] if state == 3 else 0
    reserved += otherwise_reserved(model, reserved.shape)
    available = np.array(inventory.available)
    for pool, nodes in enumerate(site.pools):
        rival = [p for p, other in enumerate(site.pools) if other & nodes]
        expected = available[sorted(nodes)].sum(axis=0) - reserved[rival].sum(axis=0)
        assert expected.tolist() == list(inventory.ats[pool])
    assert reserved.tolist() == [list(row) for row in inventory.reserved]
    assert owed == sum(map(sum, site.supply.owed))
    assert all(
        v == 0 for units, cents in zip(inventory.units, inventory.value_cents) for u, v in zip(units, cents) if u == 0
    )


def assert_audit_agrees(model: Model, folder: Path) -> None:
    """What the recorder wrote, vectorised, is what the auditor computed, fact by fact."""
    auditor = model.log.auditor
    assert auditor is not None
    journal, ledger, events = (frame(folder, book) for book in ("journal", "ledger", "events"))
    posted = journal.groupby("account", observed=True)["amount_cents"].sum()
    assert {a: v for a, v in auditor.balances.items() if v} == posted[posted != 0].to_dict()
    on_hand = [list(row) for row in model.site.inventory.units]
    assert len(events) == auditor.facts
    entered, left = (ledger[f"{side}_bucket"].isin(ON_HAND) for side in ("to", "from"))
    for node, spec in enumerate(model.world.network.nodes):
        into = ledger[entered & (ledger["to_node"] == spec.name)].groupby("sku", observed=True)["units"].sum()
        out = ledger[left & (ledger["from_node"] == spec.name)].groupby("sku", observed=True)["units"].sum()
        net = into.sub(out, fill_value=0)
        assert {p.sku: n for p, n in zip(model.world.network.products, on_hand[node]) if n} == net[net != 0].to_dict()


def test_each_world_does_what_it_is_meant_to(tmp_path: Path):
    """The worlds above would prove little if nothing happened in them."""
    wanted = {
        "scarce": {"oversold", "backordered", "refused", "view_refreshed"},
        "peak_and_outage": {"deallocated", "voided", "disruption_ended", "backordered"},
        "swapped": {"policy_changed"},
        "stores": {"transfer_received", "short_delivered"},
        "complete": {"backordered", "hold_cleared", "refused"},
        "prepaid": {"deposit_returned", "scrapped", "restocked", "refunded"},
        "tight": {"missed_cutoff", "lost_refunded", "shipment_limit_breached"},
        "untrue": {
            "shelf_lost",
            "shelf_gained",
            "short_picked",
            "mispicked",
            "counted",
            "cart_abandoned",
            "reservation_expired",
            "reservation_missed",
            "node_reserved",
        },
        "replayed": {
            "credit_voided",
            "credit_returned",
            "credit_difference",
            "credit_unmatched",
            "adjusted_up",
            "adjusted_down",
            "adjustment_refused",
            "fee_posted",
        },
    }
    for name, kinds in wanted.items():
        folder = tmp_path / name
        folder.mkdir()
        Model(WORLDS[name](), 1).run(folder)

        assert set() == kinds - set(frame(folder, "events")["kind"].unique()), name


@pytest.mark.parametrize("name", ["peak_and_outage", "untrue"])
def test_checking_changes_nothing(name: str, tmp_path: Path):
    files = []
    for check in (False, True):
        folder = tmp_path / str(check)
        folder.mkdir()
        files.append(Model(WORLDS[name](), 5, check=check).run(folder)["files"])

    assert files[0] == files[1]


def test_every_order_ends_in_one_state(tmp_path: Path):
    manifest = Model(scarce(), 3).run(tmp_path)
    known = {*ORDER_STATES} | {
        f"open: {why}" for why in ("stock shortage", "capacity", "carrier", "return or settlement", "return window")
    }

    assert set() == set(manifest["census"]) - known
