"""Small worlds at random: whatever they are made of, the invariants hold, and the audit finds nothing."""

from __future__ import annotations

import math
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.settings import known_policies
from sim.books.reconcile import reconcile
from sim.clock import SWEEP
from sim.disruptions import NodeOutage, Promotion
from sim.disruptions.recall import RecallOfGoods
from sim.distributions import Discrete, Exponential, Fixed, Uniform
from sim.model import Model
from sim.network import (
    Category,
    Channel,
    CycleCounts,
    Dock,
    Hub,
    Node,
    Payment,
    Product,
    Promise,
    Region,
    Reservation,
    Segment,
    Shift,
    Supplier,
    Sync,
)
from sim.plans.floor import Refurbishing
from sim.plans.labour import Congestion, Overtime
from sim.plans.return_rules import REFUND_TRIGGERS, Disposition, ReturnRules
from sim.rules import ACTIONS, Rule
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, PolicyChange, PolicyChoice, Rules, StockPlan, World
from tests.sim.test_invariants import assert_audit_agrees, assert_positions_agree
from tests.sim.witness import faults, illegal_moves
from tests.worlds import ALWAYS, a_carrier, a_channel, a_node, a_trace, a_world

PLACES = (("A", 40.0, -75.0), ("B", 41.9, -87.6), ("C", 34.1, -118.2))
SHARES = st.sampled_from([0.0, 0.1, 0.5])
ZONES = st.sampled_from([None, None, None, "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland"])


def durations(*hours: float) -> st.SearchStrategy[int]:
    return st.sampled_from([round(h * HOUR_MS) for h in hours])


@st.composite
def nodes(draw: Any, count: int, channels: int) -> tuple[Node, ...]:
    made = []
    for index, (name, latitude, longitude) in enumerate(PLACES[:count]):
        people = draw(st.integers(1, 3))
        start, end = draw(st.sampled_from([(0, 1_440), (480, 1_200), (600, 780)]))
        serves = draw(st.sampled_from([None, None, frozenset(range(channels)), frozenset({index % channels})]))
        base = a_node(name, latitude, longitude)
        pack = replace(
            base.stations[1], work_ms=draw(st.sampled_from([Fixed(2.0 * MINUTE_MS), Exponential(3.0 * MINUTE_MS)]))
        )
        made.append(
            replace(
                base,
                shifts=(Shift(ALWAYS, start, end, (people, people, 1, 1)),),
                stations=(replace(base.stations[0], batch_size=draw(st.integers(1, 5))), pack, *base.stations[2:]),
                timezone=draw(ZONES),
                wave_interval_ms=draw(durations(0.25, 1, 6)),
                wave_capacity=draw(st.sampled_from([None, None, 3])),
                overtime=draw(st.sampled_from([None, Overtime(1), Overtime(3, 2 * HOUR_MS, HOUR_MS // 2)])),
                congestion=draw(st.sampled_from([None, Congestion(2, 3.0)])),
                serves_channels=serves,
                source=draw(st.sampled_from([None, None, 0])) if index else None,
                transfer_ms=Fixed(draw(durations(5, 30))),
                shrinkage_share=draw(st.sampled_from([0.0, 0.0, 5.0])),
                mispick_share=draw(st.sampled_from([0.0, 0.0, 0.2])),
                receiving_error_share=draw(st.sampled_from([0.0, 0.0, 0.5])),
                dock=draw(st.sampled_from([None, None, Dock(1, 3 * HOUR_MS, 360, 900)])),
                refurbish=draw(st.sampled_from([None, Refurbishing()])),
                cross_dock_ms=draw(st.sampled_from([None, None, 30 * MINUTE_MS])),
                cycle_counts=draw(st.sampled_from([None, None, CycleCounts((DAY_MS, None, 2 * DAY_MS))])),
            )
        )
    everyone = made[0]
    return (replace(everyone, serves_channels=None), *made[1:])


@st.composite
def channels(draw: Any, index: int) -> Channel:
    kind = draw(st.sampled_from(["card", "prepaid", "invoice", "marketplace"]))
    payment = Payment(kind, 1.0, draw(SHARES), draw(SHARES), 2 * HOUR_MS, draw(SHARES), draw(SHARES), 290, 30)
    payment = replace(
        payment,
        caught_share=draw(SHARES),
        false_reject_share=draw(SHARES),
        unnoticed_fraud_share=draw(SHARES),
        chargeback_delay_ms=draw(st.sampled_from([None, Fixed(3 * DAY_MS)])),
        authorisation_ms=draw(st.sampled_from([None, 5 * HOUR_MS])),
        renewal_declined_share=draw(SHARES),
    )
    sync = Sync(
        draw(st.sampled_from(["live", "events", "batch"])),
        draw(durations(0.25, 3)),
        draw(durations(0, 0.1, 2)),
        draw(st.sampled_from([0.0, 0.0, 0.3])),
    )
    return a_channel(
        f"channel {index}",
        kind="marketplace" if kind == "marketplace" else "storefront",
        timezone=draw(ZONES),
        orders_per_day=draw(st.sampled_from([5.0, 30.0, 80.0])),
        line_count=Discrete((1, 2, 4), (3, 2, 1)),
        quantity=Discrete((1, 2, 5), (5, 2, 1)),
        payments=(payment, Payment("card", 0.3)),
        shipping_fee_cents=draw(st.sampled_from([0, 499])),
        sync=sync,
        share=draw(st.sampled_from([1.0, 1.0, 0.5])),
        buffer_units=draw(st.sampled_from([0, 0, 2])),
        accepts_backorders=draw(st.booleans()),
        refuses=draw(st.sampled_from(["line", "order"])),
        ship_complete=draw(st.booleans()),
        commission_bp=draw(st.sampled_from([0, 1_500])),
        settlement_ms=draw(durations(0, 48)),
        settlement_interval_ms=draw(durations(1, 24)),
        accounts=draw(st.sampled_from([1, 5])),
        credit_limit_cents=draw(st.sampled_from([None, None, 9_000])),
        credit_tolerance_share=draw(SHARES),
        approval_over_cents=draw(st.sampled_from([None, None, 2_000])),
        approval_rejected_share=draw(SHARES),
        absent_share=draw(SHARES),
        residential=draw(st.booleans()),
        reservation=Reservation(
            draw(st.sampled_from(["capture", "capture", "payment", "cart"])),
            draw(st.sampled_from(["stock", "stock", "node"])),
            draw(st.sampled_from([None, None, 90 * MINUTE_MS])),
        ),
        checkout_ms=draw(st.sampled_from([None, Uniform(0.0, 1.0 * HOUR_MS)])),
        abandoned_share=draw(SHARES),
        protected_units=draw(st.sampled_from([0, 0, 3])),
        promise=Promise(840, 5, ALWAYS, draw(st.sampled_from([None, 5 * DAY_MS]))),
    )


@st.composite
def disruptions(draw: Any, node_count: int) -> tuple[Any, ...]:
    made: list[Any] = []
    for _ in range(draw(st.integers(0, 3))):
        node = draw(st.integers(0, node_count - 1))
        made.append(
            NodeOutage(
                node, draw(durations(0, 6, 10.1, 30)), draw(durations(1, 9, 40)), draw(st.sampled_from([0, 3_000]))
            )
        )
    if draw(st.booleans()):
        made.append(RecallOfGoods(draw(durations(20, 300, 850)), DAY_MS, frozenset({0}), sent_back_share_bp=7_000))
    if draw(st.booleans()):
        made.append(
            Promotion(
                draw(durations(8, 20)), draw(durations(1, 6)), 3.0, price_cut_bp=draw(st.sampled_from([0, 1_500]))
            )
        )
    return tuple(made)


@st.composite
def workflows(draw: Any, node_count: int) -> tuple[Rule, ...]:
    conditions = ["units > 3", "not one_node", "in_stock", "value_cents < 1500", "channel == 'channel 0'"]
    made = [
        Rule(f"rule {n}", draw(st.sampled_from(conditions)), draw(st.sampled_from(ACTIONS)), "approval", 0)
        for n in range(draw(st.sampled_from([0, 0, 1, 3])))
    ]
    return tuple(replace(rule, node=draw(st.integers(0, node_count - 1))) for rule in made)


@st.composite
def rules(draw: Any) -> Rules:
    return Rules(
        allocate_every_ms=draw(durations(0, 0, 3)),
        backorder_retry_ms=draw(durations(1, 5)),
        backorder_patience_ms=draw(st.sampled_from([None, 6 * HOUR_MS, 2 * DAY_MS])),
        reallocate_on_outage=draw(st.booleans()),
        protect_reservations=draw(st.booleans()),
        reroute_refused=draw(st.booleans()),
        return_window_ms=draw(durations(1, 24 * 14)),
        data_fault_share=draw(SHARES),
    )


@st.composite
def return_rules(draw: Any, node_count: int) -> ReturnRules:
    return ReturnRules(
        refund_on=draw(st.sampled_from(REFUND_TRIGGERS)),
        accepts_late_requests=draw(st.booleans()),
        label_after_ms=draw(durations(0, 5)),
        label_cents=draw(st.sampled_from([0, 550])),
        lost_share=draw(SHARES),
        empty_box_share=draw(SHARES),
        used_share=draw(SHARES),
        used_deduction_bp=draw(st.sampled_from([0, 3_333])),
        dispute_share=draw(SHARES),
        dispute_upheld_share=draw(SHARES),
        keep_below_cents=draw(st.sampled_from([0, 0, 1_200])),
        node=draw(st.sampled_from([None, None, node_count - 1])),
    )


@st.composite
def dispositions(draw: Any) -> Disposition:
    return Disposition(
        reasons=draw(st.sampled_from([None, (1.0, 1.0, 2.0, 1.0, 3.0)])),
        refurbish_share=draw(st.sampled_from([0.0, 0.2])),
        refurbish_ms=Uniform(0.0, 20.0 * HOUR_MS),
        refurbish_cents=draw(st.sampled_from([0, 325])),
        vendor_share=draw(st.sampled_from([0.0, 0.2])),
        vendor_credit_bp=draw(st.sampled_from([10_000, 6_667])),
    )


@st.composite
def policy_choices(draw: Any) -> dict[str, PolicyChoice]:
    """A rule for each decision, but for at most one that a solver may take: those are slow."""
    known = known_policies(solvers=True)
    rules = {d: [n for n, cls in names.items() if cls.__module__.startswith("sim.")] for d, names in known.items()}
    chosen = {decision: draw(st.sampled_from(sorted(names))) for decision, names in rules.items()}
    if decision := draw(st.sampled_from([None, *sorted(known)])):
        chosen[decision] = draw(st.sampled_from(sorted(known[decision])))
    return {decision: PolicyChoice(name) for decision, name in chosen.items()}


@st.composite
def worlds(draw: Any) -> World:
    node_count, channel_count, product_count = draw(st.integers(1, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 5))
    shape = (node_count, product_count)
    opening = np.array(draw(st.lists(st.integers(0, 25), min_size=product_count, max_size=product_count)))
    low = draw(st.integers(0, 8))
    segment = Segment(
        "someone",
        return_delay_ms=Uniform(0.0, 3.0 * DAY_MS),
        return_transit_ms=Fixed(draw(durations(0, 20))),
        cancel_share=draw(SHARES),
        cancel_delay_ms=Uniform(0.0, 8.0 * HOUR_MS),
    )
    carrier = a_carrier(
        lost_share=draw(SHARES),
        damaged_share=draw(SHARES),
        delivery_attempts=draw(st.integers(1, 3)),
        max_weight_kg=draw(st.sampled_from([math.inf, math.inf, 4.0])),
        claim_limit_cents=draw(st.sampled_from([0, 500])),
        claim_refused_share=draw(SHARES),
        capacity_parcels=draw(st.sampled_from([None, None, 4])),
        hub=draw(st.sampled_from([None, None, Hub(3), Hub(40, minute=60, tells=True)])),
        transit_days=(Discrete((1, 2, 6), (2, 2, 1)),) * 7,
        delivery_minutes=draw(st.sampled_from([(720,), (600, 900, 1_200)])),
    )
    supplier = Supplier(
        "maker",
        Uniform(0.5 * DAY_MS, 2.0 * DAY_MS),
        lot_units=draw(st.integers(1, 6)),
        min_order_units=draw(st.sampled_from([1, 10])),
        fill_share=Discrete((0.0, 0.6, 1.0), (1, 1, 4)),
        payment_terms_ms=draw(durations(0, 100)),
        quality_hold_ms=draw(st.sampled_from([None, None, 20 * HOUR_MS])),
        sampled_share=draw(st.sampled_from([0.5, 1.0])),
        rejected_share=draw(SHARES),
    )
    return a_world(
        products=tuple(Product(f"P{i}", 999 + 501 * i, 333 + 100 * i, 0.3 + i) for i in range(product_count)),
        regions=tuple(Region(f"by {n}", lat, lon, 1.0, draw(ZONES)) for n, lat, lon in PLACES[:node_count]),
        nodes=draw(nodes(node_count, channel_count)),
        services=(carrier, a_carrier("express", transit_days=(Fixed(1),) * 7, quoted_days=(1,) * 7, max_weight_kg=7.0)),
        suppliers=(supplier,),
        channels=tuple(draw(channels(i)) for i in range(channel_count)),
        segments=(segment,),
        categories=(Category("all", draw(SHARES), draw(st.sampled_from([0.0, 0.5, 1.0])), draw(dispositions())),),
        stock=StockPlan(
            np.broadcast_to(opening, shape).copy(), np.full(shape, low), np.full(shape, low + draw(st.integers(0, 20)))
        ),
        returns=draw(return_rules(node_count)),
        horizon=Horizon(2 * DAY_MS, 0, draw(st.sampled_from([3, 40])) * DAY_MS),
        rules=draw(rules()),
        workflow=draw(workflows(node_count)),
        policies=draw(policy_choices()),
        disruptions=draw(disruptions(node_count)),
        policy_changes=tuple(
            PolicyChange(DAY_MS, "allocation", PolicyChoice(name))
            for name in draw(st.sets(st.sampled_from(sorted(known_policies(solvers=True)["allocation"])), max_size=1))
        ),
    )


BOUNDED = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def assert_sound(world: World, seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = Model(world, seed, check=True)
        for hour in range(5, 72, 11):
            model.clock.at(hour * HOUR_MS, SWEEP, lambda _: assert_positions_agree(model), rank=1 << 30)
        manifest = model.run(folder)
        assert [] == faults(folder)
        assert [] == illegal_moves(folder)
        assert [] == reconcile(folder)
        assert sum(manifest["census"].values()) == manifest["counters"]["orders_offered"]
        assert_positions_agree(model)
        assert_audit_agrees(model, folder)


@BOUNDED
@given(worlds(), st.integers(0, 5))
def test_the_invariants_hold_in_any_small_world(world: World, seed: int):
    assert_sound(world, seed)


@st.composite
def traces(draw: Any) -> Any:
    """Orders of two products, credits at any time against any line, corrections, fees."""
    moments = sorted(draw(st.lists(st.integers(0, 47), min_size=1, max_size=8)))
    line = st.tuples(st.integers(0, 1), st.integers(1, 6), st.sampled_from([1, 50, 999]))
    orders = [(h * HOUR_MS, draw(st.lists(line, min_size=1, max_size=3))) for h in moments]
    lines = [one for _, own in orders for one in own]
    credits = [
        (draw(st.integers(0, 200)) * HOUR_MS, n, lines[n][0], units, draw(st.integers(0, 1_000)))
        for n, units in draw(st.lists(st.tuples(st.integers(0, len(lines) - 1), st.integers(1, 7)), max_size=8))
    ]
    adjustments = [
        (h * HOUR_MS, p, n)
        for h, p, n in draw(
            st.lists(st.tuples(st.integers(0, 90), st.integers(0, 1), st.integers(-9, 9).filter(bool)), max_size=4)
        )
    ]
    return a_trace(orders, credits=sorted(credits), adjustments=sorted(adjustments))


@settings(BOUNDED, max_examples=60)
@given(
    traces(),
    st.tuples(st.integers(0, 9), st.integers(0, 9)),
    st.sampled_from([0.0, 0.4]),
    st.sampled_from(["card", "prepaid"]),
    st.booleans(),
)
def test_the_invariants_hold_for_any_replayed_file(
    trace: Any, units: tuple[int, int], lost: float, kind: str, split: bool
):
    second = a_node("B", latitude=41.0, wave_interval_ms=7 * HOUR_MS)
    places = (a_node("A"), second) if split else (a_node("A"),)
    shape = (len(places), 2)
    world = a_world(
        nodes=places,
        trace=trace,
        services=(a_carrier(lost_share=lost),),
        channels=(a_channel(payments=(Payment(kind),), shipping_fee_cents=499),),
        categories=(Category("all", restock_share=0.5),),
        stock=StockPlan(np.broadcast_to(np.array(units), shape).copy(), np.full(shape, 1), np.full(shape, 6)),
        rules=Rules(return_window_ms=4 * DAY_MS, backorder_patience_ms=None if split else 3 * DAY_MS),
    )
    assert_sound(world, 1)
