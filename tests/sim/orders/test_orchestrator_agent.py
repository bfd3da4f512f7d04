"""Order management: from capture to close, holds, splits, outages, cancellations."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from sim.disruptions import NodeOutage
from sim.distributions import Distribution, Exponential, Fixed, Uniform
from sim.errors import DecisionError, InvariantError
from sim.model import Model
from sim.network import Payment, Segment
from sim.policies.allocation import Answer, OrderView, StockView
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import DeskPlan, DeskShift, Rules, World
from tests.sim.telling import at, tell, told, visit
from tests.worlds import a_channel, a_node, a_trace, a_world, stock

P1 = [(0, 1, 1_000)]
FLOW = ("captured", "held", "hold_cleared", "validated", "backordered", "allocated", "cancelled_units", "cancelled")


def test_an_order_from_capture_to_close():
    """Every row of it: what, when, which shipment and line, how many, for how much, promised when, by whom."""
    story = visit(
        a_world(channels=(a_channel(shipping_fee_cents=499),)), [(at(0, 9, 10), [(0, 2, 1_000), (1, 1, 2_500)])]
    )

    assert [
        ("0 09:10", "captured", None, 0, 2, 2_000, at(6, 0), "channel:web"),
        ("0 09:10", "captured", None, 1, 1, 2_500, at(6, 0), "channel:web"),
        ("0 09:10", "validated", None, None, 0, 0, at(1, 0), "orchestrator"),
        ("0 09:10", "allocated", 0, 0, 2, 0, None, "orchestrator"),
        ("0 09:10", "allocated", 0, 1, 1, 0, None, "orchestrator"),
        ("0 10:00", "released", 0, None, 0, 0, None, "warehouse:A"),
        ("0 10:02", "picked", 0, 0, 2, 0, None, "warehouse:A"),
        ("0 10:02", "picked", 0, 1, 1, 0, None, "warehouse:A"),
        # 25.00 an hour: 2 minutes of packing and a minute a line, each rounded, and 0.70 for the carton.
        ("0 10:04", "packed", 0, None, 0, 83 + 2 * 42 + 70, None, "warehouse:A"),
        ("0 17:00", "shipped", 0, 0, 2, 800, None, "carrier:ground"),
        ("0 17:00", "shipped", 0, 1, 1, 1_100, None, "carrier:ground"),
        ("0 17:00", "manifested", 0, None, 0, 900, at(2, 12), "carrier:ground"),
        # 7% on 20.00 and on 25.00, each by itself, and the delivery fee.
        ("0 17:00", "invoiced", 0, None, 0, 4_500 + 140 + 175 + 499, None, "finance"),
        ("0 17:00", "payment_captured", 0, None, 0, 5_314, None, "finance"),
        ("2 12:00", "delivered", 0, None, 0, 0, None, "carrier:ground"),
        ("3 00:00", "settled", 0, None, 0, 5_314, None, "finance"),
        ("32 12:00", "closed", None, None, 0, 0, None, "finance"),
    ] == story.events("shipment", "line", "quantity", "value_cents", "due_ms", "actor", order=0)
    assert {"closed": 1} == story.manifest["census"]


def test_what_the_order_moved_and_posted():
    story = visit(a_world(), [(at(0, 9, 10), [(0, 2, 1_000)])])
    moved = [(r["kind"], r["from_bucket"], r["to_bucket"], r["units"], r["value_cents"]) for r in story.rows("ledger")]

    assert [
        ("opening_stock", "opening", "available", 100, 40_000),
        ("opening_stock", "opening", "available", 100, 110_000),
        ("allocated", "available", "committed", 2, 0),
        ("picked", "committed", "picked", 2, 0),
        ("shipped", "picked", "customer", 2, 800),
    ] == moved
    assert [
        ("handling_labour", 83 + 42),
        ("packaging", 70),
        ("accrued_operations", -195),
        ("cost_of_goods", 800),
        ("inventory", -800),
        ("freight", 500),
        ("freight_payable", -500),
        ("receivables", 2_140),
        ("revenue", -2_000),
        ("tax_payable", -140),
        ("card_clearing", 2_140),
        ("receivables", -2_140),
        ("cash", 2_140),
        ("card_clearing", -2_140),
    ] == story.postings(order=0)


# Holds.


def declining(recovered: float) -> Payment:
    return Payment("card", declined_share=0.5, recovered_share=recovered, retry_ms=90 * MINUTE_MS)


@pytest.mark.parametrize(
    ("luck", "expected"),
    [
        (0.5, [("0 09:10", "captured", ""), ("0 09:10", "validated", ""), ("0 09:10", "allocated", "")]),
        (
            0.09,
            [
                ("0 09:10", "captured", ""),
                ("0 09:10", "held", "payment_declined"),
                ("0 10:40", "hold_cleared", "retry_succeeded"),
                ("0 10:40", "validated", ""),
                ("0 10:40", "allocated", ""),
            ],
        ),
        (
            0.1,
            [
                ("0 09:10", "captured", ""),
                ("0 09:10", "held", "payment_declined"),
                ("0 10:40", "cancelled_units", "payment_declined"),
                ("0 10:40", "cancelled", "payment_declined"),
            ],
        ),
    ],
    ids=["accepted", "recovered", "lost"],
)
def test_a_declined_payment_is_tried_again(luck: float, expected: list[Any]):
    """Half are declined at first; one in five of these succeeds 90 minutes later."""
    world = a_world(channels=(a_channel(payments=(declining(0.2),)),))
    story = visit(world, [(at(0, 9, 10), P1)], payment_luck=[luck])

    assert expected == story.events("reason", order=0, kind=FLOW)


def test_a_held_order_keeps_its_stock_reserved_and_gives_it_back():
    """One unit: the second customer is refused while the first is held, the third is served."""
    world = a_world(channels=(a_channel(payments=(declining(0.0),)),), stock=stock([[1, 0]]))
    orders = [(at(0, 9), P1), (at(0, 10), P1), (at(0, 11), P1)]
    story = visit(world, orders, payment_luck=[0.1, 0.9, 0.9])

    assert ["captured", "refused", "captured"] == [k for _, k in story.events(kind=("captured", "refused"))]
    assert {"cancelled": 1, "closed": 1, "refused": 1} == story.manifest["census"]


@pytest.mark.parametrize(
    ("luck", "expected"),
    [
        (
            0.02,
            [
                ("0 20:30", "held", "fraud_review"),
                ("1 08:06", "cancelled_units", "fraud"),
                ("1 08:06", "cancelled", "fraud"),
            ],
        ),
        (
            0.09,
            [
                ("0 20:30", "held", "fraud_review"),
                ("1 08:06", "hold_cleared", "reviewed"),
                ("1 08:06", "validated", ""),
            ],
        ),
        (
            0.14,
            [("0 20:30", "held", "data_fault"), ("1 08:06", "hold_cleared", "reviewed"), ("1 08:06", "validated", "")],
        ),
        (0.16, [("0 20:30", "validated", "")]),
    ],
    ids=["fraud", "honest", "data fault", "clean"],
)
def test_the_desk_clears_holds_in_its_shift(luck: float, expected: list[Any]):
    """A tenth of the orders is reviewed, a third of these is fraud; a twentieth has faulty data."""
    payment = Payment("card", review_share=0.1, fraud_share=0.3)
    world = a_world(channels=(a_channel(payments=(payment,)),), rules=Rules(data_fault_share=0.05))
    story = visit(world, [(at(0, 20, 30), P1)], desk_luck=[luck])

    assert expected == story.events("reason", order=0, kind=tuple(set(FLOW) - {"captured", "allocated"}))


def test_cases_queue_at_the_desk():
    """Two people, six minutes a case: five cases at 9:00 are done at 9:06, 9:06, 9:12, 9:12 and 9:18."""
    payment = Payment("card", review_share=1.0)
    world = a_world(channels=(a_channel(payments=(payment,)),), desks=(DeskPlan(shifts=(DeskShift(staff=2),)),))
    story = visit(world, [(at(0, 9), P1)] * 5, desk_luck=[0.5] * 5)

    assert ["0 09:06", "0 09:06", "0 09:12", "0 09:12", "0 09:18"] == story.times("hold_cleared")


def test_an_unstaffed_desk_grows_a_backlog():
    payment = Payment("card", review_share=1.0)
    world = a_world(channels=(a_channel(payments=(payment,)),), desks=(DeskPlan(shifts=(DeskShift(staff=0),)),))
    story = visit(world, [(at(0, 9), P1)] * 3, desk_luck=[0.5] * 3)

    assert {"open: fraud review": 3} == story.manifest["census"]


TEN_MINUTES = Fixed(10 * MINUTE_MS)


def impatient(patience: Distribution, staff: int = 1, handling_ms: Distribution = TEN_MINUTES) -> World:
    """Every order is reviewed, by one person and in ten minutes if nothing else is said."""
    return a_world(
        channels=(a_channel(payments=(Payment("card", review_share=1.0),)),),
        segments=(Segment("everyone", hold_patience_ms=patience),),
        desks=(DeskPlan(shifts=(DeskShift(staff=staff),), handling_ms=handling_ms),),
    )


def test_who_waits_too_long_at_the_desk_cancels():
    """Patience of 15 minutes: the first is looked at at once, the second after ten minutes, the third leaves at 9:15,
    and the fourth, who came at 9:10, is next at 9:20."""
    orders = [(at(0, 9), P1)] * 3 + [(at(0, 9, 10), P1)]
    story = visit(impatient(Fixed(15 * MINUTE_MS)), orders, desk_luck=[0.5] * 4)

    assert [("0 09:10", 0, ""), ("0 09:15", 2, "out_of_patience"), ("0 09:20", 1, ""), ("0 09:30", 3, "")] == [
        (time, order, reason if kind == "cancelled" else "")
        for time, kind, order, reason in story.events("order", "reason", kind=("hold_cleared", "cancelled"))
    ]
    assert {"customer"} == {row["actor"] for row in story.rows("events", kind=("cancelled", "cancelled_units"))}
    assert {"closed": 3, "cancelled": 1} == story.manifest["census"]


def test_who_is_being_looked_at_stays():
    story = visit(impatient(Fixed(MINUTE_MS)), [(at(0, 9), P1)], desk_luck=[0.5])

    assert ["0 09:10"] == story.times("hold_cleared")


def test_overnight_patience_ends_though_nobody_works():
    story = visit(impatient(Fixed(2 * HOUR_MS)), [(at(0, 20, 30), P1)], desk_luck=[0.5])

    assert ["0 22:30"] == story.times("cancelled")


def test_patience_is_the_customers_own():
    """With one person or two at the desk, whoever leaves in both runs leaves at the same moment."""
    orders = [(at(0, 9, minute), P1) for minute in range(40)]
    left = []
    for staff in (1, 2):
        story = visit(impatient(Exponential(20 * MINUTE_MS), staff=staff), orders, desk_luck=[0.5] * 40)
        left.append({row["order"]: row["time_ms"] for row in story.rows("events", kind="cancelled")})
    both = left[0].keys() & left[1].keys()

    assert {n: left[0][n] for n in both} == {n: left[1][n] for n in both}
    assert 1 < len(both) < len(left[0]) < 40


def test_handling_may_take_any_time():
    """Uniform between five and fifteen minutes: the cases differ."""
    world = impatient(Fixed(DAY_MS), handling_ms=Uniform(5 * MINUTE_MS, 15 * MINUTE_MS))
    story = visit(world, [(at(0, 9), P1)] * 6, desk_luck=[0.5] * 6)
    done = [at(0, 9), *(row["time_ms"] for row in story.rows("events", kind="hold_cleared"))]
    took = [after - before for before, after in pairwise(done)]

    assert 6 == len(set(took))
    assert all(5 * MINUTE_MS <= ms <= 15 * MINUTE_MS for ms in took)


# Allocation.


def two_nodes(**changes):
    """A is near the customers, B is far; each holds what `stock` says."""
    nodes = (a_node("A"), a_node("B", latitude=41.0, longitude=-80.0))
    return a_world(**{"nodes": nodes, "stock": stock([[100, 0], [100, 100]])} | changes)


def test_the_nearest_that_has_everything():
    story = visit(two_nodes(), [(at(0, 9), P1), (at(0, 9), [(0, 1, 1_000), (1, 1, 2_500)])])

    assert [(0, "A", "B"), (1, "B", None)] == [(r["order"], r["node"], r["runner_up"]) for r in story.rows("decisions")]


def test_a_split_order_is_two_shipments_and_closes_after_the_later():
    world = two_nodes(
        stock=stock([[2, 0], [2, 0]]), nodes=(a_node("A"), a_node("B", latitude=41.0, wave_interval_ms=12 * HOUR_MS))
    )
    story = visit(world, [(at(0, 9), [(0, 3, 1_000)])])

    assert [
        ("0 09:00", "allocated", 0, "A", 2),
        ("0 09:00", "allocated", 1, "B", 1),
        ("0 09:00", "released", 0, "A", 0),
        ("0 12:00", "released", 1, "B", 0),
        ("0 17:00", "shipped", 0, "A", 2),
        ("0 17:00", "shipped", 1, "B", 1),
        ("2 12:00", "delivered", 0, "A", 0),
        ("2 12:00", "delivered", 1, "B", 0),
        ("32 12:00", "closed", None, None, 0),
    ] == story.events("shipment", "node", "quantity", kind=("allocated", "released", "shipped", "delivered", "closed"))


def test_the_return_window_counts_from_the_last_delivery():
    """The first unit arrives on day 2, the second on day 11; five days to return each."""
    rules = Rules(return_window_ms=5 * DAY_MS)
    trace = a_trace([(at(0, 9, 10), [(0, 2, 1_000)])], adjustments=[(at(9, 9), 0, 5)])
    story = tell(a_world(stock=stock([[1, 0]]), rules=rules, trace=trace))

    assert (["2 12:00", "11 12:00"], ["16 12:00"]) == (story.times("delivered"), story.times("closed"))


def test_ship_complete_waits_until_it_has_everything():
    """P2 is missing until day 1; P1 could have left on day 0, and stays."""
    complete = a_channel(accepts_backorders=True, ship_complete=True)
    trace = a_trace([(at(0, 9), [(0, 1, 1_000), (1, 1, 2_500)])], adjustments=[(at(1, 9, 30), 1, 5)])
    story = tell(a_world(channels=(complete,), stock=stock([[1, 0]]), trace=trace))

    assert [
        ("0 09:00", "captured", 0),
        ("0 09:00", "captured", 1),
        ("0 09:00", "validated", None),
        ("0 09:00", "backordered", 0),
        ("0 09:00", "backordered", 1),
        ("1 09:30", "allocated", 0),
        ("1 09:30", "allocated", 1),
    ] == story.events("line", order=0, kind=FLOW)
    assert ["1 17:00", "1 17:00"] == story.times("shipped")


def test_orders_can_be_allocated_in_batches():
    """Every two hours, those of the very moment included."""
    orders = [(at(0, 8, 10), P1), (at(0, 9, 50), P1), (at(0, 10), P1), (at(0, 10, 1), P1)]
    story = visit(a_world(rules=Rules(allocate_every_ms=2 * HOUR_MS)), orders)

    assert ["0 08:10", "0 09:50", "0 10:00", "0 10:01"] == story.times("validated")
    assert ["0 10:00", "0 10:00", "0 10:00", "0 12:00"] == story.times("allocated")


class Misguided:
    """An allocation policy that answers what it was told to."""

    runner_up: int | None = None
    gap_cents = float("nan")

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def decide(self, order: OrderView, view: StockView) -> Answer:
        return self.answer


@pytest.mark.parametrize(
    "answer",
    [1, [(0, 1, 1)], [(0, 0, 101)], [(0, 0, 0)], [(0, 0, -1)], [(0, 0, 2)], [(1, 0, 1)]],
    ids=[
        "closed node",
        "closed node in a list",
        "more than there is",
        "no units",
        "negative units",
        "too many",
        "a strange line",
    ],
)
def test_an_answer_that_cannot_be_carried_out_stops_the_run(answer: Answer):
    orders = [(at(0, 9), P1), (at(0, 9), P1)]
    trace = a_trace(orders)
    model = Model(two_nodes(disruptions=(NodeOutage(1, 0, DAY_MS),), trace=trace))
    model.site.policies.allocation = Misguided(answer)  # type: ignore[assignment]

    with pytest.raises((DecisionError, InvariantError)):
        told(model)


# Outages.


def test_what_a_closed_node_has_not_begun_goes_elsewhere():
    story = visit(two_nodes(disruptions=(NodeOutage(0, at(0, 9, 30), HOUR_MS),)), [(at(0, 9, 10), P1)])

    assert [
        ("0 09:10", "allocated", 0, "A", ""),
        ("0 09:30", "deallocated", 0, "A", "node_outage"),
        ("0 09:30", "voided", 0, "A", "node_outage"),
        ("0 09:30", "allocated", 1, "B", ""),
        ("0 10:00", "released", 1, "B", ""),
    ] == story.events("shipment", "node", "reason", kind=("allocated", "deallocated", "voided", "released"))


def test_it_waits_for_the_node_if_the_rules_say_so():
    rules = Rules(reallocate_on_outage=False)
    world = two_nodes(disruptions=(NodeOutage(0, at(0, 9, 30), at(0, 2)),), rules=rules)
    story = visit(world, [(at(0, 9, 10), P1)])

    assert [("0 09:10", "allocated", "A"), ("0 12:00", "released", "A")] == story.events(
        "node", kind=("allocated", "released", "voided")
    )


def test_with_no_other_stock_it_is_backordered_until_the_node_opens():
    world = a_world(disruptions=(NodeOutage(0, at(0, 9, 30), at(0, 2)),))
    story = visit(world, [(at(0, 9, 10), P1)])

    assert [
        ("0 09:10", "allocated", 1),
        ("0 09:30", "deallocated", 1),
        ("0 09:30", "backordered", 1),
        ("0 11:30", "allocated", 1),
        ("0 12:00", "released", 0),
    ] == story.events("quantity", kind=("allocated", "deallocated", "backordered", "released"))


# Cancellation.


def cancelling(delay_ms: int, **changes):
    return visit(a_world(**changes), [(at(0, 9, 10), [(0, 2, 1_000)])], cancel_ms=[delay_ms])


def test_a_customer_cancels_before_release():
    story = cancelling(20 * MINUTE_MS)

    assert [
        ("0 09:10", "captured", 2, "channel:web", ""),
        ("0 09:10", "validated", 0, "orchestrator", ""),
        ("0 09:10", "allocated", 2, "orchestrator", ""),
        ("0 09:30", "deallocated", 2, "orchestrator", "customer_cancelled"),
        ("0 09:30", "voided", 0, "orchestrator", "customer_cancelled"),
        ("0 09:30", "cancelled_units", 2, "customer", "customer_cancelled"),
        ("0 09:30", "cancelled", 0, "customer", "customer_cancelled"),
    ] == story.events("quantity", "actor", "reason", order=0)
    assert [] == story.rows("journal", order=0)


def test_after_release_it_is_too_late():
    """At the instant of the wave the customer is still in time: they speak before the wave is decided."""
    late, just = cancelling(51 * MINUTE_MS), cancelling(50 * MINUTE_MS)

    assert ({"closed": 1}, {"cancelled": 1}) == (late.manifest["census"], just.manifest["census"])
    assert [] == late.events(kind="cancelled_units")


def test_a_customer_cancels_while_held():
    payment = Payment("card", declined_share=0.5, recovered_share=1.0)
    world = a_world(channels=(a_channel(payments=(payment,)),))
    story = visit(world, [(at(0, 9), P1)], payment_luck=[0.1], cancel_ms=[30 * MINUTE_MS])

    assert [
        ("0 09:00", "captured", ""),
        ("0 09:00", "held", "payment_declined"),
        ("0 09:30", "cancelled_units", "customer_cancelled"),
        ("0 09:30", "cancelled", "customer_cancelled"),
    ] == story.events("reason", order=0)


def test_cancelled_units_can_be_sold_again():
    world = a_world(stock=stock([[1, 0]]))
    orders = [(at(0, 9, 10), P1), (at(0, 9, 20), P1), (at(0, 9, 40), P1)]
    story = visit(world, orders, cancel_ms=[20 * MINUTE_MS, -1, -1])

    assert ["captured", "refused", "captured"] == [k for _, k in story.events(kind=("captured", "refused"))]


# Backorders.

WELCOME = a_channel(accepts_backorders=True)


def test_a_backorder_is_served_when_stock_arrives():
    trace = a_trace([(at(0, 9, 10), [(0, 3, 1_000)])], adjustments=[(at(1, 8, 30), 0, 1), (at(2, 8, 30), 0, 9)])
    story = tell(a_world(stock=stock([[1, 0]]), trace=trace))

    assert [
        ("0 09:10", "captured", 3, None),
        ("0 09:10", "validated", 0, None),
        ("0 09:10", "allocated", 1, 0),
        ("0 09:10", "backordered", 2, None),
        ("1 08:30", "allocated", 1, 1),
        ("2 08:30", "allocated", 1, 2),
    ] == story.events("quantity", "shipment", order=0, kind=FLOW)
    assert ["0 17:00", "1 17:00", "2 17:00"] == story.times("shipped")
    assert {"closed": 1} == story.manifest["census"]


def test_the_oldest_backorder_is_served_first():
    trace = a_trace([(at(0, 9, m), P1) for m in (1, 2, 3)], adjustments=[(at(1, 8), 0, 2)])
    story = tell(a_world(stock=stock([[0, 0]]), trace=trace))

    assert [0, 1] == [r["order"] for r in story.rows("events", kind="allocated")]
    assert {"closed": 2, "open: stock shortage": 1} == story.manifest["census"]


def test_units_that_come_free_go_to_those_who_wait():
    """The only unit is freed at 9:30; at the next full hour the backorders are tried again."""
    world = a_world(channels=(WELCOME,), stock=stock([[1, 0]]))
    story = visit(world, [(at(0, 9, 10), P1), (at(0, 9, 20), P1)], cancel_ms=[20 * MINUTE_MS, -1])

    assert [
        ("0 09:10", "allocated", 0),
        ("0 09:20", "backordered", 1),
        ("0 09:30", "deallocated", 0),
        ("0 10:00", "allocated", 1),
    ] == story.events("order", kind=("allocated", "deallocated", "backordered"))


def test_the_company_gives_up_after_its_patience():
    """At the first full hour after a day; what was sent stays sent."""
    world = a_world(channels=(WELCOME,), stock=stock([[1, 0]]), rules=Rules(backorder_patience_ms=DAY_MS))
    story = visit(world, [(at(0, 9, 10), [(0, 3, 1_000)]), (at(0, 9, 20), P1)])

    assert [
        ("0 09:10", "backordered", 0, 2),
        ("0 09:20", "backordered", 1, 1),
        ("1 10:00", "cancelled_units", 0, 2),
        ("1 10:00", "cancelled_units", 1, 1),
        ("1 10:00", "cancelled", 1, 0),
    ] == story.events("order", "quantity", kind=("backordered", "cancelled_units", "cancelled"))
    assert {"cancelled": 1, "closed": 1} == story.manifest["census"]


def test_patience_ends_on_time_whatever_else_is_waited_for():
    """An order delivered on day 2 closes on day 32; the backorder of day 3 is given up on day 4."""
    world = a_world(channels=(WELCOME,), stock=stock([[1, 0]]), rules=Rules(backorder_patience_ms=DAY_MS))
    story = visit(world, [(at(0, 9, 10), P1), (at(3, 9, 20), P1)])

    assert (["4 10:00"], ["32 12:00"]) == (story.times("cancelled"), story.times("closed"))


def test_what_a_node_owes_is_what_is_backordered():
    """Four of ten units had a node that closed: it owes all ten until it opens."""
    world = a_world(channels=(WELCOME,), stock=stock([[4, 0]]), disruptions=(NodeOutage(0, at(0, 9, 30), DAY_MS),))
    seen = []
    model = Model(replace(world, trace=a_trace([(at(0, 9, 10), [(0, 10, 1_000)])])), check=True)
    for moment in (at(0, 9, 20), at(0, 10), at(2, 0)):
        model.clock.at(moment, 8, lambda _: seen.append(model.site.supply.owed[0][0]))
    told(model)

    assert [6, 10, 6] == seen
