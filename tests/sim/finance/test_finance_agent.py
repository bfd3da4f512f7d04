"""Finance: deposits, captures, settlement, fees, commission, tax, to the cent."""

from __future__ import annotations

import pytest

from sim.network import Channel, Entity, Payment
from sim.units import DAY_MS, MINUTE_MS
from sim.world import Horizon, Rules
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import Line, a_channel, a_trace, a_world, stock

MONEY = ("deposit_received", "invoiced", "payment_captured", "settled", "deposit_returned")
PREPAID = a_channel(payments=(Payment("prepaid", fee_bp=290, fee_cents=30),), shipping_fee_cents=499)


def paid(channel: Channel, lines: list[Line], *, cancel_ms: int = -1, **changes) -> Story:
    """One order on Monday at 9:00; it leaves at 17:00."""
    return visit(a_world(channels=(channel,), **changes), [(at(0, 9), lines)], cancel_ms=[cancel_ms])


def entries(story: Story) -> list[tuple]:
    """Postings of money kinds, one a line: when, what, account, cents."""
    return [(r["kind"], r["account"], r["amount_cents"]) for r in story.rows("journal", order=0, kind=MONEY)]


def test_a_card_is_captured_with_the_shipment_and_settled_less_fees():
    """Gross 21.40; the provider keeps 2.9% (0.62) and 0.30; paid out two days later, at midnight."""
    story = paid(a_channel(payments=(Payment("card", fee_bp=290, fee_cents=30),)), [(0, 2, 1_000)])

    assert [
        ("invoiced", "receivables", 2_140),
        ("invoiced", "revenue", -2_000),
        ("invoiced", "tax_payable", -140),
        ("payment_captured", "card_clearing", 2_140),
        ("payment_captured", "receivables", -2_140),
        ("settled", "cash", 2_140 - 62 - 30),
        ("settled", "payment_fees", 92),
        ("settled", "card_clearing", -2_140),
    ] == entries(story)
    assert (["0 17:00"], ["3 00:00"]) == (story.times("payment_captured"), story.times("settled"))


def test_a_deposit_is_taken_and_applied():
    """Paid on Monday at 9:00, owed to the customer until it leaves."""
    story = paid(PREPAID, [(0, 2, 1_000)])

    assert [
        ("deposit_received", "cash", 2_639),
        ("deposit_received", "customer_deposits", -2_639),
        ("invoiced", "receivables", 2_639),
        ("invoiced", "revenue", -2_000),
        ("invoiced", "shipping_income", -499),
        ("invoiced", "tax_payable", -140),
        ("payment_captured", "customer_deposits", 2_639),
        ("payment_captured", "receivables", -2_639),
    ] == entries(story)
    assert (["0 09:00"], []) == (story.times("deposit_received"), story.times("deposit_returned"))


def test_a_deposit_goes_back_when_the_order_is_cancelled():
    story = paid(
        PREPAID, [(0, 2, 1_000)], cancel_ms=0, nodes=a_world().network.nodes, rules=Rules(allocate_every_ms=DAY_MS)
    )

    assert [
        ("deposit_received", "cash", 2_639),
        ("deposit_received", "customer_deposits", -2_639),
        ("deposit_returned", "customer_deposits", 2_639),
        ("deposit_returned", "cash", -2_639),
    ] == entries(story)


def test_what_was_not_sent_goes_back_at_the_close():
    """Three are paid, one is there, two are given up: 2 x 10.70 go back; delivery was charged once."""
    trace = a_trace([(at(0, 9), [(0, 3, 1_000)])], credits=[(at(1, 9), 0, 0, 2, 2_000)])
    world = a_world(channels=(PREPAID,), stock=stock([[1, 0]]), trace=trace)
    story = tell(world)

    assert [("0 09:00", "deposit_received", 3_709), ("0 17:00", "payment_captured", 1_569)] == story.events(
        "value_cents", kind=("deposit_received", "payment_captured")
    )
    assert [("32 12:00", 2_140)] == [(t, v) for t, _, v in story.events("value_cents", kind="deposit_returned")]
    assert 0 == story.balance("customer_deposits")


def test_the_delivery_fee_is_charged_once_an_order():
    trace = a_trace([(at(0, 9), [(0, 2, 1_000)])], adjustments=[(at(1, 9), 0, 5)])
    story = tell(a_world(channels=(PREPAID,), stock=stock([[1, 0]]), trace=trace))

    assert [1_569, 1_070] == [v for _, _, v in story.events("value_cents", kind="invoiced")]
    assert (0, -499) == (story.balance("customer_deposits"), story.balance("shipping_income"))


def test_tax_is_rounded_for_each_piece():
    """7% of 0.50 is 0.035, half up 0.04 for each of two pieces; of 1.00 for the line it was 0.07. The cent that was
    deposited too little is asked for at the close."""
    trace = a_trace([(at(0, 9), [(0, 2, 50)])], adjustments=[(at(1, 9), 0, 5)])
    channel = a_channel(payments=(Payment("prepaid"),))
    story = tell(a_world(channels=(channel,), stock=stock([[1, 0]]), trace=trace))

    assert [107, -1] == [v for _, _, v in story.events("value_cents", kind=("deposit_received", "deposit_returned"))]
    assert (-8, 0) == (story.balance("tax_payable"), story.balance("customer_deposits"))


@pytest.mark.parametrize(("price", "tax"), [(50, 4), (49, 3), (7, 0), (8, 1), (1_000, 70)])
def test_tax_is_rounded_half_up(price: int, tax: int):
    story = paid(a_channel(), [(0, 1, price)])

    assert -tax == story.balance("tax_payable")


def test_an_invoice_is_paid_when_it_is_settled():
    """No fee of a provider unless the payment has one; 30 days later."""
    channel = a_channel(payments=(Payment("invoice"),), settlement_ms=30 * DAY_MS)
    story = paid(channel, [(0, 1, 1_000)])

    assert [
        ("invoiced", "receivables", 1_070),
        ("invoiced", "revenue", -1_000),
        ("invoiced", "tax_payable", -70),
        ("settled", "cash", 1_070),
        ("settled", "receivables", -1_070),
    ] == entries(story)
    assert ["31 00:00"] == story.times("settled")


def test_a_marketplace_keeps_its_commission_and_collects_the_tax():
    """15% of 10.05 is 1.5075; the tax is the facilitator's. Every fourteen days what left two days before is paid."""
    market = a_channel(
        kind="marketplace",
        payments=(Payment("marketplace"),),
        commission_bp=1_500,
        settlement_ms=2 * DAY_MS,
        settlement_interval_ms=14 * DAY_MS,
    )
    world = a_world(channels=(market,), horizon=Horizon(20 * DAY_MS, 0, 60 * DAY_MS))
    story = visit(world, [(at(d, 9), [(0, 1, 1_005)]) for d in (0, 11, 12)])

    assert [
        ("invoiced", "receivables", 1_005),
        ("invoiced", "revenue", -1_005),
        ("settled", "cash", 854),
        ("settled", "marketplace_commission", 151),
        ("settled", "receivables", -1_005),
    ] == entries(story)
    assert ["14 00:00", "14 00:00", "28 00:00"] == story.times("settled")


def test_settlement_at_the_very_moment_it_is_due():
    """What left at 17:00 two days ago is in the run of that minute, not before."""
    channel = a_channel(settlement_ms=2 * DAY_MS, settlement_interval_ms=MINUTE_MS)

    assert ["2 17:00"] == paid(channel, [(0, 1, 1_000)]).times("settled")


def test_an_order_closes_when_its_window_is_past_and_its_money_is_in():
    """Delivered on day 2 with a window of a day; the invoice is paid on day 31."""
    channel = a_channel(payments=(Payment("invoice"),), settlement_ms=30 * DAY_MS)
    story = paid(channel, [(0, 1, 1_000)], rules=Rules(return_window_ms=DAY_MS))

    assert (["31 00:00"], ["31 00:00"]) == (story.times("settled"), story.times("closed"))


def test_each_entity_has_its_tax_rate():
    channels = (a_channel("here"), a_channel("abroad", entity=1))
    world = a_world(channels=channels, entities=(Entity("company", tax_bp=700), Entity("gmbh", "EUR", 1_900)))
    story = visit(world, [(at(0, 9), [(0, 1, 1_000)])] * 2, channel=[0, 1])

    assert [("here", -70), ("abroad", -190)] == [
        (r["channel"], r["amount_cents"]) for r in story.rows("journal", account="tax_payable")
    ]


def test_fees_without_goods():
    """What is charged to the customer comes in, what is paid goes out, each against its account."""
    trace = a_trace(
        [(at(0, 9), [(0, 1, 1_000)])],
        fees=[(at(0, 1), "postage", 500), (at(0, 2), "bank charges", -120), (at(0, 3), "fees", -30)],
    )
    story = tell(a_world(trace=trace))

    assert [
        ("cash", 500), ("postage", -500), ("cash", -120), ("bank charges", 120), ("cash", -30), ("fees", 30),
    ] == story.postings(kind="fee_posted")  # fmt: skip
