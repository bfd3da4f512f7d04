"""Accounting: a feed that lags and refuses, a desk that corrects, and a close that waits for both."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.books.general_ledger import GeneralLedger
from sim.books.kinds import ACCOUNTS
from sim.books.open_items import Moves, OpenItems
from sim.distributions import Fixed
from sim.network import Category, Payment
from sim.plans.accounting import AccountingPlan, Check
from sim.plans.return_rules import ReturnRules
from sim.streams import CounterStream
from sim.units import DAY_MS, HOUR_MS
from sim.world import DeskShift, Horizon
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import ALWAYS, a_busy_world, a_channel, a_world

P1 = [(0, 1, 1_000)]
OFFICE = (DeskShift(ALWAYS, 9 * 60, 17 * 60, 1),)
WEEKLY = AccountingPlan(period="week", shifts=OFFICE, handling_ms=Fixed(HOUR_MS))
EXCHANGES = ReturnRules(exchange_share=1.0)
ACCOUNTANTS = (
    "documents_booked",
    "document_rejected",
    "document_corrected",
    "period_ended",
    "items_listed",
    "item_explained",
    "period_closed",
)


def kept(order_at: int = at(0, 9), **plan: Any) -> Story:
    """One order by card, sent at 17:00 of day 0 and settled at 0:00 of day 3, with weekly periods."""
    accounting = replace(WEEKLY, **plan)
    world = a_world(accounting=accounting, horizon=Horizon(2 * DAY_MS, 0, 16 * DAY_MS))
    return visit(world, [(order_at, P1)])


def ledger_of(story: Story) -> GeneralLedger:
    assert story.model.site.accounting is not None
    return story.model.site.accounting.ledger


def told(story: Story) -> list[tuple[Any, ...]]:
    return story.events("reason", "quantity", kind=ACCOUNTANTS)


def test_documents_are_booked_a_latency_after_their_feed_and_the_period_is_closed_when_its_checks_are():
    """Monday 24:00: opening stock, pack, ship, freight, invoice, capture. Thursday: the settlement. The week ends on
    day 7; the list is made a day later; its check takes two hours of the only accountant."""
    story = kept(latency_ms=HOUR_MS, checklist=(Check("bank", 2 * HOUR_MS),))

    assert [
        ("1 01:00", "documents_booked", "", 2 + 5),
        ("3 01:00", "documents_booked", "", 1),
        ("7 00:00", "period_ended", "", 0),
        ("8 11:00", "period_closed", "", 0),
        ("14 00:00", "period_ended", "", 1),
        ("15 11:00", "period_closed", "", 1),
    ] == told(story)


def test_what_is_refused_waits_for_the_desk_and_goes_with_the_next_feed():
    """Everything is refused once: eight documents, an hour each, of a desk that works eight hours a day."""
    story = kept(mismatch_share=1.0)

    assert ["1 00:00"] * 7 + ["3 00:00"] == story.times("document_rejected")
    assert [*(f"1 {hour}:00" for hour in range(10, 17)), "3 10:00"] == story.times("document_corrected")
    assert [("2 00:00", 7), ("4 00:00", 1)] == [(t, n) for t, _, n in story.events("quantity", kind="documents_booked")]


def test_the_list_tells_what_is_open_and_somebody_must_explain_what_has_been_so_for_long():
    """Of 101 units paid in advance, one is never sent: at the end of the week it has been so for six days."""
    channel = a_channel(payments=(Payment("prepaid"),), accepts_backorders=True)
    accounting = replace(WEEKLY, review_over_ms=6 * DAY_MS)
    world = a_world(accounting=accounting, channels=(channel,), horizon=Horizon(2 * DAY_MS, 0, 9 * DAY_MS))
    story = visit(world, [(at(0, 9), [(0, 101, 1_000)])])

    assert [
        ("7 00:00", "period_ended", "", 0),
        ("8 00:00", "items_listed", "deposit_not_shipped", 1_070),
        ("8 10:00", "item_explained", "deposit_not_shipped", 1_070),
        ("8 10:00", "period_closed", "", 0),
    ] == story.events("reason", "value_cents", kind=ACCOUNTANTS)[-4:]


def test_an_invoice_is_listed_and_must_be_explained_only_once_it_is_overdue():
    """The customer pays after ten days, as agreed: open at the end of the week, and nobody's case."""
    channel = a_channel(payments=(Payment("invoice"),), settlement_ms=10 * DAY_MS)
    accounting = replace(WEEKLY, review_over_ms=0)
    world = a_world(accounting=accounting, channels=(channel,), horizon=Horizon(2 * DAY_MS, 0, 10 * DAY_MS))
    story = visit(world, [(at(0, 9), P1)])

    assert [
        ("8 00:00", "items_listed", "invoice_not_settled", 1_070),
        ("8 00:00", "period_closed", "", 0),
    ] == story.events("reason", "value_cents", kind=ACCOUNTANTS)[-2:]


def test_a_hard_close_refuses_what_comes_late_until_it_is_dated_into_an_open_period():
    """The feed needs nine days: the week is closed without what was sent in it."""
    story = kept(latency_ms=9 * DAY_MS, hard_close_ms=2 * DAY_MS)

    assert [("9 00:00", "period_closed", "hard_close", 0)] == told(story)[2:3]
    assert {"period_closed"} == {row[2] for row in story.events("reason", kind="document_rejected")}
    assert 8 == len(story.rows("events", kind="document_rejected"))
    assert 0 == ledger_of(story).booked  # what was corrected is on its way when the run ends


def test_the_returns_reserve_is_posted_and_trued_up():
    """Half of what is sold comes back, they think: 5.00 of 10.00, and 2.00 of its 4.00 of goods. Nothing comes back,
    and after a week the sale counts no more."""
    story = kept(expected_return_share=0.5, reserve_ms=7 * DAY_MS)

    assert [
        ("8 00:00", "returns_reserved", 500),
        ("8 00:00", "returned_goods_reserved", 200),
        ("15 00:00", "returns_reserved", -500),
        ("15 00:00", "returned_goods_reserved", -200),
    ] == story.events("value_cents", kind=("returns_reserved", "returned_goods_reserved"))
    assert [0, 0, 0] == [story.balance(a) for a in ("returns_reserve", "right_of_return", "returns_provision")]


def test_the_reserve_follows_the_categories_and_what_came_back():
    """All of it is expected back, and is: refunded on day 8, eight hours after the first list."""
    accounting = AccountingPlan(period="week", shifts=OFFICE)
    world = a_world(
        accounting=accounting,
        categories=(Category("all", return_share=1.0),),
        horizon=Horizon(2 * DAY_MS, 0, 16 * DAY_MS),
    )
    back = {"return_units": [1], "return_delay_ms": [DAY_MS], "return_transit_ms": [4 * DAY_MS]}
    story = visit(world, [(at(0, 9), P1)], **back)

    assert [("8 08:05", "refunded")] == story.events(kind="refunded")
    assert [("8 00:00", 1_000), ("15 00:00", -1_000)] == [
        (t, cents) for t, _, cents in story.events("value_cents", kind="returns_reserved")
    ]


def outcome(story: Story) -> dict[str, Any]:
    """Hours from the first period's end to its close, and what happened to customers and stock."""
    ended = story.rows("events", kind="period_ended")[0]["time_ms"]
    closed = story.rows("events", kind="period_closed")[0]["time_ms"]
    others = [
        {k: v for k, v in row.items() if k != "event"}
        for row in story.rows("events")
        if row["actor"] not in ("accounting", "desk:accounting")
    ]
    return {"hours": (closed - ended) / HOUR_MS, "others": others, "demand": story.manifest["demand_hash"]}


@pytest.fixture(scope="module")
def closes() -> dict[str, dict[str, Any]]:
    """The same customers under accounting interfaces of three kinds, and under none."""
    plans = {
        "good": AccountingPlan(period="week", interval_ms=HOUR_MS),
        "slow": AccountingPlan(period="week", interval_ms=2 * DAY_MS, latency_ms=2 * DAY_MS),
        "fragmented": AccountingPlan(period="week", missing_data_share=0.05, mismatch_share=0.05),
    }
    horizon = Horizon(5 * DAY_MS, 0, 40 * DAY_MS)
    return {
        name: outcome(tell(a_busy_world(120.0, accounting=plan, horizon=horizon), 3)) for name, plan in plans.items()
    }


def test_a_late_close_emerges_from_lag_and_from_refusals(closes: dict[str, dict[str, Any]]):
    assert closes["slow"]["hours"] > closes["good"]["hours"] + 24
    assert closes["fragmented"]["hours"] > closes["good"]["hours"]


def test_accountants_change_nothing_for_customers_and_stock(closes: dict[str, dict[str, Any]]):
    without = tell(a_busy_world(120.0, horizon=Horizon(5 * DAY_MS, 0, 40 * DAY_MS)), 3)
    rows = [{k: v for k, v in row.items() if k != "event"} for row in without.rows("events")]

    assert {without.manifest["demand_hash"]} == {close["demand"] for close in closes.values()}
    assert [rows] * 3 == [close["others"] for close in closes.values()]


@settings(max_examples=12, deadline=None)
@given(
    interval=st.sampled_from([HOUR_MS, 7 * HOUR_MS, 3 * DAY_MS]),
    latency=st.sampled_from([0, 5 * HOUR_MS]),
    missing=st.floats(0, 0.2),
    mismatch=st.floats(0, 0.2),
    hard=st.sampled_from([None, DAY_MS]),
)
def test_in_the_end_both_ledgers_say_the_same(
    interval: int, latency: int, missing: float, mismatch: float, hard: int | None
):
    """Whatever was late or refused, each document is booked once, and balances."""
    crowd = (DeskShift(ALWAYS, 0, 1_440, 50),)
    plan = AccountingPlan(
        interval, latency, missing, mismatch, shifts=crowd, period="week", hard_close_ms=hard, list_after_ms=DAY_MS
    )
    story = tell(a_busy_world(40.0, accounting=plan, horizon=Horizon(DAY_MS, 0, 63 * DAY_MS)), 5)
    ledger = ledger_of(story)
    posted: Counter[str] = Counter()
    for row in story.rows("journal"):
        posted[row["account"]] += row["amount_cents"]

    assert dict(posted) == {ACCOUNTS[account]: cents for account, cents in ledger.balances.items()}
    assert 0 == sum(ledger.balances.values())


def test_items_are_open_until_they_are_even():
    items = OpenItems()
    balance, time_ms = np.array([5, 3, -5]), np.array([10, 20, 30])
    items.add(Moves(np.array([7, 8, 7], dtype=np.int32), balance, balance, time_ms))

    assert [(7, 5, 10), (8, 3, 20)] == list(zip(*(c.tolist() for c in _columns(items.until(30))), strict=True))
    assert [(8, 3, 20)] == list(zip(*(c.tolist() for c in _columns(items.until(31))), strict=True))


def _columns(items: Any) -> tuple[Any, ...]:
    return items.subject, items.balance, items.moved_ms


def test_many_uniforms_are_those_of_one_by_one():
    stream = CounterStream(0xFEDCBA9876543210)
    numbers = np.array([0, 1, 77, 2**31 - 1])

    assert [stream.at(n) for n in numbers.tolist()] == stream.many(numbers).tolist()


def test_an_exchange_leaves_nothing_open():
    """What came back is credited and used up at once; what is sent for it is invoiced at nothing."""
    world = a_world(accounting=WEEKLY, horizon=Horizon(2 * DAY_MS, 0, 30 * DAY_MS), returns=EXCHANGES)
    drawn = {"return_units": [1], "return_delay_ms": [3 * DAY_MS], "return_transit_ms": [2 * DAY_MS]}
    story = visit(world, [(at(0, 9), P1)], **drawn)

    assert (1, 2) == (len(story.times("exchanged")), len(story.times("shipped")))
    assert {} == {name: len(items) for name, items in ledger_of(story).open_items(30 * DAY_MS).items() if len(items)}
