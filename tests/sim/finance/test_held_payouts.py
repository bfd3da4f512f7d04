"""Payouts that wait for delivery: when the money of a marketplace comes, and that all of it does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.books.reconcile import reconcile
from sim.distributions import Fixed
from sim.measures.margins import BY, margins
from sim.measures.registry import compute
from sim.messages.plan import MessageRoute
from sim.model import Model
from sim.network import Channel, Payment
from sim.plans.accounting import AccountingPlan
from sim.plans.return_rules import ReturnRules
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, Rules
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_carrier, a_channel, a_world

P1 = [(0, 1, 1_000)]


def a_market(settlement_from: str = "delivery", **changes: Any) -> Channel:
    """Pays a week after, each minute."""
    return a_channel(
        "market",
        kind="marketplace",
        payments=(Payment("marketplace"),),
        settlement_from=settlement_from,
        settlement_ms=7 * DAY_MS,
        settlement_interval_ms=MINUTE_MS,
        **changes,
    )


def one(settlement_from: str = "delivery", market: dict[str, Any] | None = None, **changes: Any) -> Story:
    """A parcel that is fetched at 17:00 on day 0 and there on day 2 at noon."""
    channel = a_market(settlement_from, **(market or {}))
    return visit(a_world(channels=(channel,), **changes), [(at(0, 9), P1)])


def test_the_delay_runs_from_departure_or_from_delivery():
    assert (["7 17:00"], ["9 12:00"]) == (one("departure").times("settled"), one().times("settled"))


def test_of_a_lost_parcel_it_runs_from_when_it_is_given_up():
    """Quoted for day 2, searched for a week; the customer has the money back at once, ours comes a week later."""
    story = one(services=(a_carrier(lost_share=1.0),))

    assert [("9 12:00", "lost"), ("9 12:00", "lost_refunded"), ("16 12:00", "settled")] == story.events(
        kind=("lost", "lost_refunded", "settled")
    )
    assert 0 == story.balance("receivables")


def test_of_one_that_nobody_takes_it_runs_from_when_it_turns_back():
    story = one(market={"absent_share": 1.0}, services=(a_carrier(delivery_attempts=2),))

    assert [
        ("2 12:00", "delivery_failed"),
        ("3 12:00", "delivery_failed"),
        ("3 12:00", "returned_to_sender"),
        ("10 12:00", "settled"),
    ] == story.events(kind=("delivery_failed", "returned_to_sender", "settled"))


def test_of_one_that_is_invoiced_later_than_it_arrives_it_runs_from_the_invoice():
    slow = MessageRoute("wms", ("ship_confirmation",), latency_ms=Fixed(3 * DAY_MS))

    assert ["10 17:00"] == one(messages=(slow,)).times("settled")


def test_the_close_asks_for_it_only_when_it_is_overdue():
    """Promised for day 5 and due a week after; the parcel is slow, and nobody asks on the lists of days 8 and 9."""
    plan = AccountingPlan(
        interval_ms=HOUR_MS, period="day", list_after_ms=HOUR_MS, review_over_ms=0, handling_ms=Fixed(MINUTE_MS)
    )
    slow = a_carrier(transit_days=(Fixed(4),) * 7)
    ways: dict[str, Any] = {"accounting": plan, "services": (slow,), "horizon": Horizon(DAY_MS, 0, 20 * DAY_MS)}

    assert ["11 12:00"] == one(**ways).times("settled")
    assert [] == one(**ways).times("item_explained", reason="invoice_not_settled")
    listed = one(**ways).times("items_listed", reason="invoice_not_settled")
    assert (11, "1 01:00", "11 01:00") == (len(listed), listed[0], listed[-1])


HOUSES: dict[str, dict[str, Any]] = {
    "plain": {},
    "resending": {"rules": Rules(lost_parcels="resend")},
    "deferral": {"rules": Rules(revenue_at="delivery")},
    "messages": {"messages": (MessageRoute("wms", ("ship_confirmation",), latency_ms=Fixed(3 * DAY_MS)),)},
}


@pytest.mark.parametrize("house", HOUSES)
def test_all_of_it_comes_in_the_end_and_only_later(tmp_path: Path, house: str):
    """Losses, parcels that nobody takes, returns, cancellations: the same sums, each a little later."""
    world = a_busy_world(40.0, horizon=Horizon(2 * DAY_MS, 0, 90 * DAY_MS), **HOUSES[house])
    lossy = tuple(replace(s, lost_share=0.1, delivery_attempts=1) for s in world.network.services)
    web, market = (replace(c, absent_share=0.1, commission_kept_on_refund_bp=2_000) for c in world.network.channels)
    before = replace(world, network=replace(world.network, services=lossy, channels=(web, market)))
    held = (replace(web, settlement_from="delivery"), replace(market, settlement_from="delivery"))
    after = replace(before, network=replace(before.network, channels=held))
    usual, late = tell(before), tell(after)
    Model(after).run(tmp_path)

    assert usual.manifest["demand_hash"] == late.manifest["demand_hash"]
    accounts = {row["account"] for row in usual.rows("journal")}
    assert {a: usual.balance(a) for a in accounts} == {a: late.balance(a) for a in accounts}
    assert (0, 0) == (late.balance("receivables"), late.balance("card_clearing"))
    assert {r["shipment"] for r in usual.rows("events", kind="settled")} == {
        r["shipment"] for r in late.rows("events", kind="settled")
    }
    when = [{r["shipment"]: r["time_ms"] for r in s.rows("events", kind="settled")} for s in (usual, late)]
    assert all(when[0][shipment] <= ms for shipment, ms in when[1].items())
    assert {"lost", "returned_to_sender", "refunded", "commission_returned"} <= {r["kind"] for r in late.rows("events")}
    assert [] == reconcile(tmp_path)
    books = Run.open(tmp_path).books
    contribution = compute(books, ["contribution_margin_cents"])["contribution_margin_cents"]
    assert [pytest.approx(contribution)] * 3 == [margins(books, by)["contribution_cents"].sum() for by in BY]


RETURNS = ReturnRules(used_share=1.0, used_deduction_bp=4_000)


def returned(kept_bp: int, lines: list[tuple[int, int, int]] = P1, returns: ReturnRules | None = None) -> Story:
    """All of it is back on day 12: half a minute of inspection after it came."""
    market = a_market("departure", commission_bp=1_500, commission_kept_on_refund_bp=kept_bp)
    rules: dict[str, Any] = {} if returns is None else {"returns": returns}
    world = a_world(channels=(market,), **rules)
    return visit(
        world,
        [(at(0, 9), lines)],
        return_units=[units for _, units, _ in lines],
        return_delay_ms=[7 * DAY_MS],
        return_transit_ms=[3 * DAY_MS],
    )


@pytest.mark.parametrize(("kept_bp", "back"), [(10_000, None), (2_000, 120), (0, 150)])
def test_the_commission_comes_back_with_a_refund_less_what_is_kept(kept_bp: int, back: int | None):
    """15% of 10.00 is 1.50, of which a fifth is kept."""
    story = returned(kept_bp)
    expected = [] if back is None else [("cash", back), ("marketplace_commission", -back)]

    assert expected == story.postings(kind="commission_returned")
    assert 150 - (back or 0) == story.balance("marketplace_commission")
    assert story.times("refunded")[: len(expected) // 2] == story.times("commission_returned")


def test_what_is_refunded_before_it_is_paid_out_comes_with_the_payout():
    """Lost on day 9 and refunded; paid on day 16, less its commission, which comes back at once."""
    market = {"commission_bp": 1_500, "commission_kept_on_refund_bp": 2_000, "shipping_fee_cents": 500}
    story = one(market=market, services=(a_carrier(lost_share=1.0),))

    assert [
        ("9 12:00", "lost_refunded", 1_500),
        ("16 12:00", "settled", 1_500),
        ("16 12:00", "commission_returned", 180),
    ] == story.events("value_cents", kind=("lost_refunded", "settled", "commission_returned"))
    assert 225 - 180 == story.balance("marketplace_commission")


def test_several_refunds_of_a_parcel_give_its_commission_back_once():
    """Three units of 0.11 at 15%: 0.05 in all, where each alone would be 0.02."""
    three = [(0, 1, 11), (1, 1, 11), (0, 1, 11)]
    story = returned(0, three)

    assert 3 == len(story.rows("events", kind="refunded"))
    assert [2, 1, 2] == [r["value_cents"] for r in story.rows("events", kind="commission_returned")]
    assert 0 == story.balance("marketplace_commission")


def test_of_a_refund_in_part_a_part_comes_back():
    """Worn goods are refunded at 6.00: 0.90 of commission."""
    assert 60 == returned(0, returns=RETURNS).balance("marketplace_commission")
