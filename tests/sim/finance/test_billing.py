"""Business customers who are billed by the month, pay late, or pay less: when money comes, and what stands open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sim.distributions import Fixed
from sim.network import Channel, Payment
from sim.plans.accounting import AccountingPlan
from sim.plans.billing import BillingPlan
from sim.plans.contract import Contract
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_channel, a_world

TEN = [(0, 10, 1_000)]  # 100.00 and 7.00 of tax
TERMS = BillingPlan(terms_ms=30 * DAY_MS)
MONEY = (
    *("statement_sent", "settled", "short_paid", "residual_written_off"),
    *("residual_credited", "residual_tax_credited", "residual_paid"),
)


def portal(plan: BillingPlan | None, **changes: Any) -> Channel:
    usual = {"kind": "b2b", "payments": (Payment("invoice"),), "settlement_ms": 14 * DAY_MS, "billing": plan}
    return a_channel("portal", **(usual | changes))


def world(channel: Channel, **changes: Any) -> World:
    """The clock begins on Monday, 23 November."""
    return a_world(channels=(channel,), **{"horizon": Horizon(20 * DAY_MS, 0, 150 * DAY_MS)} | changes)


def ordered(channel: Channel, days: tuple[int, ...] = (0,), **changes: Any) -> Story:
    """Ten units on each of these days at 9:00; they leave at 17:00."""
    return visit(world(channel, **changes), [(at(day, 9), TEN) for day in days])


def test_each_shipment_is_due_by_itself():
    assert ["31 00:00", "32 00:00"] == ordered(portal(TERMS), (0, 1)).times("settled")
    assert ["15 00:00"] == ordered(portal(None)).times("settled"), "without a plan, as the channel settles"


def test_a_month_is_one_invoice():
    """November ends after day 7: what left until then is due 30 days later, the rest a month after that."""
    story = ordered(portal(replace(TERMS, invoices="month")), (0, 3, 9))

    assert [
        ("8 00:00", "statement_sent", 2, 21_400),
        ("38 00:00", "settled", None, 10_700),
        ("38 00:00", "settled", None, 10_700),
        ("39 00:00", "statement_sent", 1, 10_700),
        ("69 00:00", "settled", None, 10_700),
    ] == [(e[0], e[1], e[2] or None, e[3]) for e in story.events("quantity", "value_cents", kind=MONEY)]
    assert (0, 32_100) == (story.balance("receivables"), story.balance("cash"))


def test_each_account_has_its_own_invoice_and_a_contract_its_own_terms():
    """Two accounts: the first has 60 days and is billed by the shipment."""
    inn = Contract("inn", terms_ms=60 * DAY_MS, billing=TERMS)
    monthly = portal(replace(TERMS, invoices="month"), accounts=2, contracts=(inn,))
    story = ordered(monthly, tuple(range(6)))
    invoices = [row["quantity"] for row in story.rows("events", kind="statement_sent")]
    by_shipment = [t for t in story.times("settled") if int(t.split()[0]) >= 61]

    assert 1 == len(invoices)
    assert 6 == invoices[0] + len(by_shipment)
    assert 0 < len(by_shipment) < 6


def test_some_pay_late():
    story = ordered(portal(replace(TERMS, late_share=1.0, late_by_ms=Fixed(9 * DAY_MS))))

    assert ["40 00:00"] == story.times("settled")


SHORT = replace(TERMS, short_share=1.0, short_by=Fixed(0.1))


def test_what_is_missing_is_a_case_and_comes_if_the_desk_says_so():
    """10.70 are missing on day 31; the desk looks at it in the morning, and the rest comes two weeks later."""
    story = ordered(portal(replace(SHORT, upheld_share=0.0)))

    assert [
        ("31 00:00", "settled", 10_700),
        ("31 00:00", "short_paid", 1_070),
        ("45 08:06", "residual_paid", 1_070),
    ] == story.events("value_cents", kind=MONEY)
    assert (0, 10_700) == (story.balance("receivables"), story.balance("cash"))
    assert story.times("closed") > ["45"]


def test_a_customer_who_is_right_gets_a_credit_for_goods_and_tax():
    story = ordered(portal(replace(SHORT, upheld_share=1.0)))

    assert [
        ("31 08:06", "residual_credited", 1_000, "desk:order desk"),
        ("31 08:06", "residual_tax_credited", 70, "desk:order desk"),
    ] == story.events("value_cents", "actor", kind=MONEY)[2:]
    assert (1_000, 0) == (story.balance("sales_returns"), story.balance("receivables"))


def test_a_little_is_written_off_at_once():
    story = ordered(portal(replace(SHORT, write_off_below_cents=1_100)))

    assert [("31 00:00", "residual_written_off", 1_070)] == story.events("value_cents", kind=MONEY)[2:]
    assert (1_070, 0) == (story.balance("write_offs"), story.balance("receivables"))
    assert [] == ordered(portal(replace(SHORT, write_off_below_cents=1_070))).times("residual_written_off")


def test_what_is_missing_takes_up_credit():
    """A limit of 105.00: the order of day 32 passes where the first was paid whole, and waits where 10.70 are missing
    until these come, 14 days after the desk looked."""
    limited = {"accounts": 1, "credit_limit_cents": 10_500}
    longer = {"horizon": Horizon(40 * DAY_MS, 0, 150 * DAY_MS)}
    whole = ordered(portal(TERMS, **limited), (0, 32), **longer)
    short = ordered(portal(replace(SHORT, upheld_share=0.0), **limited), (0, 32), **longer)

    assert ["0 09:00", "32 09:00"] == whole.times("validated")
    assert ["0 09:00", "45 08:12"] == short.times("validated")


def test_the_close_lists_what_is_missing_and_asks_only_for_what_is_overdue():
    """Nobody asks for an invoice by the month before its day, and the time it takes begins anew with each payment."""
    plan = AccountingPlan(interval_ms=HOUR_MS, period="week", list_after_ms=2 * HOUR_MS, review_over_ms=7 * DAY_MS)
    kept = replace(SHORT, invoices="month", upheld_share=0.0, residual_after_ms=100 * DAY_MS)
    story = ordered(portal(kept), accounting=plan)
    listed = story.events("value_cents", kind="items_listed", reason="invoice_not_settled")

    assert {10_700} == {value for when, _, value in listed if int(when.split()[0]) < 38}
    assert {1_070} == {value for when, _, value in listed if int(when.split()[0]) > 40}
    explained = [int(when.split()[0]) for when in story.times("item_explained")]
    assert 107 < explained[0] < 120, "paid short on day 38; then a month, its terms, a payment run and a week"


def test_the_same_customers_come_and_the_books_agree():
    busy = a_busy_world(200.0, horizon=Horizon(3 * DAY_MS, 0, 120 * DAY_MS))
    plan = BillingPlan("month", late_share=0.3, short_share=0.5, write_off_below_cents=60)
    trade = a_channel("trade", kind="b2b", orders_per_day=80.0, accounts=9, payments=(Payment("invoice"),))
    usual, billed = (
        tell(replace(busy, network=replace(busy.network, channels=(*busy.network.channels, c))))
        for c in (trade, replace(trade, billing=plan))
    )

    assert usual.manifest["demand_hash"] == billed.manifest["demand_hash"]
    assert 9 >= len(billed.times("statement_sent")) > 0
    assert {*MONEY} <= {row["kind"] for row in billed.books["events"]}
    assert 0 == billed.balance("receivables")
