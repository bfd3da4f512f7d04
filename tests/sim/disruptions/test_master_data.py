"""Wrong master data: what nobody checks costs money later, what is checked costs people's time."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from sim.disruptions.bad_master_data import BadMasterData
from sim.distributions import Fixed
from sim.network import PeakSurcharge, Segment, Supplier
from sim.plans.master_data import AddressFaults, MasterDataPlan, RecordFaults
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_carrier, a_world, stock

P1, P2 = [(0, 1, 1_000)], [(1, 2, 2_500)]
ALL_DAY: dict[str, Any] = {"at_ms": 0, "duration_ms": DAY_MS, "checked": False}


def told(*disruptions: BadMasterData, plan: MasterDataPlan | None = None, **changes: Any) -> Story:
    """Two orders at nine: half a kilogram, and three."""
    world = a_world(**{"disruptions": disruptions, "master_data": plan} | changes)
    return visit(world, [(at(0, 9), P1), (at(0, 9), P2)])


# Weights.


def test_a_wrong_weight_is_charged_for_a_week_after_the_collection():
    """Three kilograms cost 9.00, the third of it on record 5.00. What weighs less than the first step of the rate card
    either way costs no more."""
    story = told(BadMasterData(**ALL_DAY, fault="weight", factor=0.3))

    assert [("0 17:00", "manifested", 500, 0), ("0 17:00", "manifested", 500, 1)] == story.events(
        "value_cents", "order", kind="manifested"
    )
    assert [("7 17:00", "freight_recharged", 400, 1, "carrier:ground")] == story.events(
        "value_cents", "order", "actor", kind="freight_recharged"
    )
    assert [("freight", 400), ("freight_payable", -400)] == story.postings(kind="freight_recharged")


def test_what_was_paid_besides_by_the_label_is_no_part_of_the_difference():
    story = told(BadMasterData(**ALL_DAY, fault="weight", factor=0.3),
                 services=(a_carrier(peaks=(PeakSurcharge(0, 9 * DAY_MS, 150),)),))  # fmt: skip

    assert [650, 650] == [row["value_cents"] for row in story.rows("events", kind="manifested")]
    assert [400] == [row["value_cents"] for row in story.rows("events", kind="freight_recharged")]


def test_what_is_heavier_on_record_is_paid_for_and_nothing_comes_back():
    story = told(BadMasterData(**ALL_DAY, fault="weight", factor=4.0))

    assert [900, 900] == [row["value_cents"] for row in story.rows("events", kind="manifested")]
    assert [] == story.times("freight_recharged")


def test_a_wrong_weight_chooses_a_service_that_the_parcel_is_too_heavy_for():
    """Up to a kilogram goes by post for 3.00; by its true weight it costs 13.00 there, and 9.00 on the ground."""
    post = a_carrier("post", rates_cents=((300, 1_300),) * 7, max_weight_kg=1.0)
    story = told(BadMasterData(**ALL_DAY, fault="weight", factor=0.3), services=(a_carrier(), post))

    assert [300, 300] == [row["value_cents"] for row in story.rows("events", kind="manifested")]
    assert [("7 17:00", "freight_recharged", 1_000, 1)] == story.events(
        "value_cents", "order", kind="freight_recharged"
    )


def test_a_share_of_the_skus_is_always_wrong():
    plan = MasterDataPlan(weights=RecordFaults(1.0, 0.3))

    assert ["7 17:00"] == told(plan=plan).times("freight_recharged")
    assert [] == told(plan=MasterDataPlan(weights=RecordFaults(0.0, 0.3))).times("freight_recharged")


def test_the_same_fault_checked_costs_the_desk_and_no_freight():
    story = told(BadMasterData(0, DAY_MS, fault="weight", factor=0.3))

    assert ["0 09:06", "0 09:06"] == story.times("hold_cleared")
    assert [] == story.times("freight_recharged")


# Costs.

SUPPLIED: dict[str, Any] = {
    "stock": stock([[5, 0]], [[3, 0]], [[6, 0]]),
    "suppliers": (Supplier("maker", Fixed(DAY_MS), payment_terms_ms=10 * DAY_MS),),
}


def supplied(*disruptions: BadMasterData) -> Story:
    """Four of five units are sold at once; five come a day after the review of the next morning, at 4.00 each."""
    world = a_world(disruptions=disruptions, **SUPPLIED)
    return visit(world, [(at(0, 9), [(0, 4, 1_000)]), (at(3, 9), [(0, 5, 1_000)])])


def test_goods_are_booked_at_the_wrong_cost_until_the_invoice_is_paid():
    """Half of 20.00 on record: the invoice says the other half too, and ten days later whoever pays it finds out. Five
    of the six units that are worth 14.00 by then were sold meanwhile."""
    wrong, right = supplied(BadMasterData(**{**ALL_DAY, "duration_ms": 5 * DAY_MS}, fault="cost")), supplied()
    money = ("received", "supplier_invoiced", "invoice_differed", "cost_corrected", "supplier_paid")

    assert [
        ("2 06:00", "received", 1_000),
        ("2 06:00", "supplier_invoiced", 1_000),
        ("2 06:00", "invoice_differed", 1_000),
    ] == wrong.events("value_cents", kind=money)[:3]
    assert [("12 06:00", "cost_corrected", 1_000)] == wrong.events("value_cents", kind="cost_corrected")
    assert [9 * 400, 4 * 400 + 1_167] == [story.balance("cost_of_goods") for story in (right, wrong)]
    assert 1_000 == wrong.balance("inventory_adjustments")
    assert [0, 0] == [story.balance("goods_received_not_invoiced") for story in (right, wrong)]
    assert right.balance("cash") == wrong.balance("cash")


# Prices.


def test_customers_pay_what_the_list_says():
    """The same baskets at a third of their price while it lasts, and not a minute longer."""
    plain = a_busy_world(200.0, horizon=Horizon(DAY_MS, 0, 20 * DAY_MS))
    fault = BadMasterData(at(0, 9), 3 * HOUR_MS, fault="price", factor=0.3, checked=False)
    usual, wrong = tell(plain, check=False), tell(replace(plain, disruptions=(fault,)), check=False)
    captured = [story.rows("events", kind="captured") for story in (usual, wrong)]

    for before, after in zip(*captured, strict=True):
        assert (before["time_ms"], before["sku"], before["quantity"]) == (
            after["time_ms"],
            after["sku"],
            after["quantity"],
        )
        price = before["value_cents"] // before["quantity"]
        asked = round(price * 0.3) if at(0, 9) <= before["time_ms"] < at(0, 12) else price
        assert after["value_cents"] == asked * before["quantity"]
    assert wrong.balance("revenue") > usual.balance("revenue")  # credits are negative


# Addresses.

ASKS = (Segment("everyone", late_contact_share=1.0, late_contact_delay_ms=Fixed(HOUR_MS)),)


def addressed(check: str, share: float = 1.0, mended: float = 1.0) -> Story:
    plan = MasterDataPlan(addresses=AddressFaults(share, check, mended))
    return visit(a_world(master_data=plan, segments=ASKS), [(at(0, 9), P1)])


def test_nobody_checks_and_the_parcel_comes_back():
    """Brought on day 2, given up at once; the customer asks when the promise of day 5 is broken, and is refunded."""
    story = addressed("nobody")
    steps = ("delivery_failed", "returned_to_sender", "ticket_opened", "return_received", "refunded")

    assert [
        ("0 17:00", "manifested", ""),
        ("2 12:00", "delivery_failed", "wrong_address"),
        ("2 12:00", "returned_to_sender", "undeliverable"),
    ] == story.events("reason", kind=("manifested", *steps))[:3]
    assert {"ticket_opened", "return_received", "refunded"} <= {kind for _, kind in story.events(kind=steps)}
    assert [] == story.times("held")


def test_people_mend_it_first():
    story = addressed("people")

    assert [("0 09:00", "held", "data_fault"), ("0 09:06", "hold_cleared", "reviewed")] == story.events(
        "reason", kind=("held", "hold_cleared")
    )
    assert ["2 12:00"] == story.times("delivered")


@pytest.mark.parametrize(("mended", "held"), [(1.0, 0), (0.0, 1)])
def test_rules_mend_what_they_can(mended: float, held: int):
    story = addressed("rules", mended=mended)

    assert (1 - held, held) == (len(story.times("address_mended")), len(story.times("held")))
    assert ["2 12:00"] == story.times("delivered")


def test_a_disruption_spoils_addresses_that_nobody_looks_at():
    spoilt, kept = (
        told(BadMasterData(0, DAY_MS, fault="address", share_bp=share, checked=False)) for share in (10_000, 0)
    )

    assert (["2 12:00"] * 2, []) == (spoilt.times("returned_to_sender"), spoilt.times("delivered"))
    assert ["2 12:00"] * 2 == kept.times("delivered")


def test_a_share_of_the_addresses_is_a_share_of_them():
    """Three of ten, and the same ones that are spoilt by half as much again."""

    def back(share: int) -> set[int]:
        spoilt = BadMasterData(0, DAY_MS, fault="address", share_bp=share, checked=False)
        world = a_busy_world(400.0, horizon=Horizon(DAY_MS, 0, 30 * DAY_MS), disruptions=(spoilt,))
        story = tell(world, 5)
        sent.append(len({row["order"] for row in story.rows("events", kind="shipped")}))
        return {row["order"] for row in story.rows("events", kind="returned_to_sender")}

    sent: list[int] = []
    few, more = back(2_000), back(3_000)

    assert few < more
    for share, found, of in zip((0.2, 0.3), (few, more), sent, strict=True):
        assert abs(len(found) - share * of) < 4 * math.sqrt(of * share * (1 - share))


def test_who_checks_addresses_changes_who_pays_for_the_same_faults():
    def shop(check: str) -> Story:
        plan = MasterDataPlan(addresses=AddressFaults(0.05, check, 0.8))
        world = a_busy_world(300.0, horizon=Horizon(DAY_MS, 0, 30 * DAY_MS), master_data=plan)
        return tell(world, 5)

    nobody, people, rules = (shop(check) for check in ("nobody", "people", "rules"))
    faulty = {row["order"] for row in people.rows("events", kind="held", reason="data_fault")}
    mended = {row["order"] for row in rules.rows("events", kind="address_mended")}
    back = {row["order"] for row in nobody.rows("events", kind="returned_to_sender")}

    assert 1 == len({story.model.customers.demand_hash for story in (nobody, people, rules)})
    assert len(mended) > 5
    assert mended < faulty
    assert len(back) > 5
    assert back < faulty
    assert [] == people.times("returned_to_sender")


def test_without_faults_the_books_are_the_same():
    idle = MasterDataPlan(AddressFaults(0.0), RecordFaults(0.0, 2.0), RecordFaults(0.0, 2.0), RecordFaults(0.0, 2.0))
    plain = a_busy_world(100.0, horizon=Horizon(DAY_MS, 0, 20 * DAY_MS))
    without, with_it = tell(plain), tell(replace(plain, master_data=idle))

    assert without.books["journal"] == with_it.books["journal"]
