"""Messages that come twice to a receiver that forgets: each kind has its own double effect, and an end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.distributions import Fixed
from sim.messages.plan import MESSAGES, MessageRoute, Reconciliation, act_twice
from sim.network import CycleCounts, Payment, Segment
from sim.plans.accounting import AccountingPlan
from sim.units import DAY_MS, MINUTE_MS
from sim.world import DeskShift, Horizon, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import ALWAYS, a_busy_world, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
CARD, TEN = Payment("card", fee_bp=300), Fixed(10 * MINUTE_MS)


def twice(kind: str, *, forgets: bool = True, **changes: Any) -> MessageRoute:
    return MessageRoute("line", (kind,), duplicate_share=1.0, idempotent=not forgets, **changes)


def one(kind: str, *, forgets: bool = True, **changes: Any) -> Story:
    return visit(a_world(messages=(twice(kind, forgets=forgets),), **changes), [(at(0, 9), P1)])


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_receiver_that_knows_it_again_does_nothing(kind: str):
    """Each kind once, and each kind twice where the receiver remembers: the same entries."""
    world = a_world(messages=(MessageRoute("line", (kind,)),))
    once, again = visit(world, [(at(0, 9), P1)]), one(kind, forgets=False)

    def posted(story: Story) -> list[tuple[int, str, str, int]]:
        return [(r["time_ms"], r["kind"], r["account"], r["amount_cents"]) for r in story.books["journal"]]

    assert posted(once) == posted(again)


def test_only_what_can_come_twice_costs_anything():
    route = twice("receipt")
    assert act_twice((route,), "receipt")
    assert not act_twice((route,), "posting", "tracking")
    assert not act_twice((twice("receipt", forgets=False),), "receipt")
    assert one("receipt").model.site.shelf is not None
    assert one("receipt", forgets=False).model.site.shelf is None


# The floor.


def test_a_release_that_comes_twice_is_picked_and_sent_twice():
    """Nothing is charged for the second parcel; its customer sends it back, and it is put on the shelf again."""
    story = one("release")

    assert [
        ("0 09:00", "captured", 0, ""),
        ("0 09:00", "captured", 1, "release"),
        ("0 17:00", "manifested", 0, ""),
        ("0 17:00", "manifested", 1, ""),
        ("2 12:00", "delivered", 0, ""),
        ("2 12:00", "delivered", 1, ""),
        ("7 08:05", "restocked", 1, ""),
    ] == story.events("order", "reason", kind=("captured", "manifested", "delivered", "restocked"))
    assert [(1_070, 0)] == [(r["value_cents"], r["order"]) for r in story.rows("events", kind="payment_captured")]
    assert [0] == [r["value_cents"] for r in story.rows("events", kind="refunded")]
    assert -2 * 500 == story.balance("freight_payable")
    assert {"closed": 2} == story.manifest["census"]


def test_nobody_picks_twice_what_is_there_once():
    assert [("0 09:00", "captured", 0)] == one("release", stock=stock([[1, 0]])).events("order", kind="captured")


def test_a_second_pick_list_takes_what_others_wanted():
    """Two units, two customers: the first is sent both."""
    world = a_world(messages=(twice("release"),), stock=stock([[2, 0]]), channels=(a_channel(accepts_backorders=True),))
    story = visit(world, [(at(0, 9), P1), (at(0, 10), P1)])

    assert [("0 10:00", "backordered", 1)] == story.events("order", kind="backordered")


def test_a_receipt_that_comes_twice_is_stock_that_nobody_finds():
    """Five arrive and are ten on record: a picker looks for six, and a count puts the record right."""
    counts = CycleCounts((None, None, None), staff=1, work_ms=10 * MINUTE_MS, after_short_pick=True)
    world = a_world(
        messages=(twice("receipt"),),
        nodes=(a_node(cycle_counts=counts),),
        stock=stock([[0, 100]], 1, 5),
        horizon=Horizon(3 * DAY_MS, 0, 60 * DAY_MS),
    )
    story = visit(world, [(at(2, 7), [(0, 6, 1_000)])])

    assert [
        ("2 06:10", "put_away", 5, ""),
        ("2 06:10", "record_raised", 5, "receipt"),
        ("2 07:01", "short_picked", 1, "short_pick"),
        ("2 07:11", "record_lowered", 5, "counted"),
    ] == story.events("quantity", "reason", kind=("put_away", "record_raised", "short_picked", "record_lowered"))[:4]
    assert [2_000, 2_000] == [
        story.rows("events", kind=k)[0]["value_cents"] for k in ("record_raised", "record_lowered")
    ]


# Money.

EAGER = (Segment("everyone", statement_delay_ms=Fixed(3 * DAY_MS)),)


def test_a_confirmation_that_comes_twice_charges_twice_until_the_customer_calls():
    """Seen after three days at 17:00; service answers, the desk credits it; the provider keeps its fee of 3%."""
    story = one("ship_confirmation", segments=EAGER, channels=(a_channel(payments=(CARD,)),))

    assert [
        ("0 17:00", "invoiced", ""),
        ("0 17:00", "payment_captured", ""),
        ("0 17:00", "invoiced_again", "ship_confirmation"),
        ("0 17:00", "captured_again", "ship_confirmation"),
        ("3 17:00", "ticket_opened", "charged_twice"),
        ("3 17:06", "ticket_closed", ""),
        ("3 17:06", "divergence_found", "ship_confirmation"),
        ("3 17:12", "capture_reversed", "ship_confirmation"),
        ("3 17:12", "invoice_reversed", "ship_confirmation"),
    ] == story.events(
        "reason",
        kind=(
            *("invoiced", "payment_captured", "invoiced_again", "captured_again", "ticket_opened", "ticket_closed"),
            *("divergence_found", "capture_reversed", "invoice_reversed"),
        ),
    )
    assert -1_000 == story.balance("revenue")
    assert 2 * 32 == story.balance("payment_fees")
    assert 0 == story.balance("card_clearing") == story.balance("receivables")


def test_what_nobody_sees_is_found_when_statuses_are_compared():
    """A marketplace pays once, whatever the house has invoiced: the comparison of 2:00 finds it, the desk comes at
    eight."""
    market = (a_channel(kind="marketplace", payments=(Payment("marketplace"),)),)
    alone = one("ship_confirmation", channels=market)
    compared = one("ship_confirmation", channels=market, reconciliation=Reconciliation())

    assert [] == alone.times("invoice_reversed")
    assert ["1 08:06"] == compared.times("invoice_reversed")


def test_a_payout_that_comes_twice_is_in_the_books_and_not_in_the_bank():
    """1,070 at midnight, and once more until the comparison."""
    plain = one("posting", forgets=False)
    story, mended = one("posting"), one("posting", reconciliation=Reconciliation())

    assert [("3 00:00", "settled_again", 1_070)] == story.events("value_cents", kind="settled_again")
    assert plain.balance("cash") + 1_070 == story.balance("cash")
    assert ["3 08:06"] == mended.times("payout_reversed")
    assert plain.balance("cash") == mended.balance("cash")


def test_the_accountants_find_what_is_invoiced_twice():
    """A marketplace's invoice of Monday, paid once: still open when the second week ends, explained the day after."""
    desk = (DeskShift(ALWAYS, 9 * 60, 17 * 60, 1),)
    weekly = AccountingPlan(period="week", shifts=desk, review_over_ms=3 * DAY_MS)
    market = (a_channel(kind="marketplace", payments=(Payment("marketplace"),)),)
    horizon = Horizon(2 * DAY_MS, 0, 30 * DAY_MS)
    story = one("ship_confirmation", channels=market, accounting=weekly, horizon=horizon)
    listed = story.events("value_cents", kind="items_listed", reason="invoice_not_settled")

    assert [("8 00:00", 1_000), ("15 00:00", 1_000)] == [(t, cents) for t, _, cents in listed]
    assert ["15 09:10"] == story.times("item_explained")
    assert [("15 09:16", "invoice_reversed")] == story.events(kind="invoice_reversed")
    assert 0 == story.balance("receivables")


# Credit.

HUNDRED = [(0, 10, 1_000)]


def on_credit(kind: str | None, orders: list[int], **changes: Any) -> Story:
    """One account, which pays two days after departure."""
    portal = a_channel(
        "portal", kind="b2b", payments=(Payment("invoice"),), settlement_ms=2 * DAY_MS, credit_limit_cents=15_000
    )
    usual = {"channels": (portal,), "messages": () if kind is None else (twice(kind),), "segments": EAGER}
    world = a_world(**(usual | {"horizon": Horizon(6 * DAY_MS, 0, 60 * DAY_MS)} | changes))
    return visit(world, [(when, HUNDRED) for when in orders])


def exposure(story: Story) -> int:
    credit = story.model.site.credit
    assert credit is not None
    row = credit.exposure_cents[0]
    assert row is not None
    return row[0]


def test_a_payout_that_is_on_the_books_twice_gives_credit_that_nobody_granted():
    """Paid at the midnight that begins day 3, 100.00 twice: two orders of 100.00 pass that morning, at a limit of
    150.00. Without the copy, the second waits until the first is paid."""
    moments = [at(0, 9), at(3, 9), at(3, 10)]
    once, again = on_credit(None, moments), on_credit("posting", moments)

    assert [("3 10:00", "held", 2)] == once.events("order", kind="held")
    assert [("3 00:00", "settled_again", 0)] == again.events("order", kind="settled_again")[:1]
    assert [] == again.events("order", kind="held")


def test_the_credit_is_gone_when_the_payout_is_taken_off():
    """Taken off on day 3 at 8:06: at ten the second order of that day waits."""
    story = on_credit("posting", [at(0, 9), at(3, 9), at(3, 10)], reconciliation=Reconciliation())

    assert ["3 08:06"] == story.times("payout_reversed")[:1]
    assert [("3 10:00", "held", 2)] == story.events("order", kind="held")
    assert 0 == exposure(story)


def test_an_invoice_that_is_on_the_books_twice_takes_credit():
    """Invoiced twice on day 0 at 17:00, taken off on day 3 when its customer calls; 30.00 more would do."""
    small = [(0, 3, 1_000)]
    story = on_credit("ship_confirmation", [at(0, 9)])
    world = story.model.world
    story = visit(world, [(at(0, 9), HUNDRED), (at(1, 9), small)])
    once = visit(replace(world, messages=()), [(at(0, 9), HUNDRED), (at(1, 9), small)])

    assert [] == once.events("order", kind="held")
    assert [("1 09:00", "held", 1)] == story.events("order", kind="held")
    assert [0, 0] == [exposure(found) for found in (once, story)]


def test_what_is_sent_again_for_nothing_is_not_on_credit():
    assert [1, 0] == list(on_credit("release", [at(0, 9)]).model.site.register.orders.on_credit)[:2]


def test_an_order_that_comes_twice_counts_twice():
    """The limit leaves room for one of 100.00; the copy waits for the first to be paid, and is owed for then."""
    story = on_credit("order_in", [at(0, 9)])

    assert [("0 09:00", "held", 1)] == story.events("order", kind="held")
    assert ["0 17:00"] == story.times("invoiced", order=0)
    assert ["3 00:00"] == story.times("settled", order=0)
    assert 0 == exposure(story)


# Customers.


def test_who_reads_of_a_parcel_twice_asks():
    """Delivered on day 2 at noon, and told so twice; half a day later some ask. The status is what it was."""
    asks = (Segment("everyone", repeated_notice_contact_share=1.0),)
    story, quiet = one("tracking", segments=asks), one("tracking")

    assert [("3 00:00", "ticket_opened", "told_twice"), ("3 08:06", "ticket_closed", "")] == story.events(
        "reason", kind=("ticket_opened", "ticket_closed")
    )
    assert ["2 12:00"] == story.times("delivered")
    assert [] == quiet.times("ticket_opened")


# On many orders.


def busy(*routes: MessageRoute, **changes: Any) -> World:
    return a_busy_world(120.0, horizon=Horizon(2 * DAY_MS, 0, 60 * DAY_MS), messages=routes, **changes)


def test_all_kinds_twice_leave_books_that_agree():
    """Under audit; each double effect happened, and the same customers came as without."""
    kinds = ("captured", "refunded_again", "invoiced_again", "captured_again", "settled_again", "record_raised")
    routes = (MessageRoute("line", MESSAGES, latency_ms=TEN, duplicate_share=0.2, idempotent=False),)
    story = tell(busy(*routes, reconciliation=Reconciliation()), 3)
    plain = tell(busy(), 3)

    assert plain.manifest["demand_hash"] == story.manifest["demand_hash"]
    assert all(story.rows("events", kind=kind) for kind in kinds)
    assert {"order_in", "release"} <= {r["reason"] for r in story.rows("events", kind="captured")}
    for again, undone in (("invoiced_again", "invoice_reversed"), ("settled_again", "payout_reversed")):
        assert len(story.rows("events", kind=again)) == len(story.rows("events", kind=undone)) > 0
    assert {"closed", "cancelled", "refused", "offered"} >= set(story.manifest["census"])
