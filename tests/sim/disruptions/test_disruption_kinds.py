"""Each kind of disruption: what exactly happens to a few orders, with it and without it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from sim.disruptions import Disruption, Recurring, occurrences
from sim.disruptions.bad_master_data import BadMasterData
from sim.disruptions.carrier_capacity import CarrierCapacity
from sim.disruptions.carrier_delay import CarrierDelay
from sim.disruptions.carrier_outage import CarrierOutage
from sim.disruptions.fraud_attack import FraudAttack
from sim.disruptions.labour_shortage import LabourShortage
from sim.disruptions.node_outage import NodeOutage
from sim.disruptions.payment_outage import PaymentOutage
from sim.disruptions.recall import RecallOfGoods
from sim.disruptions.region_closure import RegionClosure
from sim.disruptions.short_delivery import ShortDelivery
from sim.disruptions.stock_record_error import StockRecordError
from sim.disruptions.supplier_delay import SupplierDelay
from sim.disruptions.supplier_shutdown import SupplierShutdown
from sim.disruptions.sync_outage import SyncOutage
from sim.disruptions.wrong_rule import WrongRule
from sim.distributions import Fixed
from sim.network import Payment, Region, Supplier, Sync
from sim.streams import Streams
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, PolicyChange, PolicyChoice, Rules
from tests.sim.telling import Story, at, visit
from tests.worlds import POLICIES, a_carrier, a_channel, a_node, a_world, stock

P1 = [(0, 1, 1_000)]
QUICK = a_node(wave_interval_ms=MINUTE_MS)
OUR_CARRIER = "parcel company"


def told(orders: list[int], *disruptions: Disruption, drawn: dict[str, Any] | None = None, **changes: Any) -> Story:
    """One-line orders at these moments at a node that releases every minute."""
    world = a_world(**{"nodes": (QUICK,), "disruptions": disruptions} | changes)
    return visit(world, [(t, P1) for t in orders], **drawn or {})


# What the log and the manifest say.


def test_the_log_names_each_disruption_and_each_policy():
    """Two of one kind are told apart by the names that the scenario gives them."""
    outages = (NodeOutage(0, at(0, 8), HOUR_MS), NodeOutage(0, at(0, 9), HOUR_MS))
    change = PolicyChange(at(0, 12), "allocation", PolicyChoice("cheapest"))
    story = told([], *outages, disruption_names=("flood", "fire"), policy_changes=(change,))

    assert [
        ("0 08:00", "disruption_began", "disruption:flood"),
        ("0 09:00", "disruption_ended", "disruption:flood"),
        ("0 09:00", "disruption_began", "disruption:fire"),
        ("0 10:00", "disruption_ended", "disruption:fire"),
        ("0 12:00", "policy_changed", "policy:allocation=cheapest"),
    ] == story.events("actor", kind=("disruption_began", "disruption_ended", "policy_changed"))
    assert [("flood", 0, at(0, 8)), ("fire", 1, at(0, 9))] == [
        (d["name"], d["number"], d["at_ms"]) for d in story.manifest["disruptions"]
    ]


# By chance.


def a_recurring(name: str, mtbf_ms: int = DAY_MS, mttr_ms: int = HOUR_MS) -> Recurring:
    return Recurring(name, NodeOutage(0, 0, 0), mtbf_ms, mttr_ms)


def test_failures_come_at_their_mean_times():
    """Over 20,000 days at one failure a day and an hour each: both means within three standard errors."""
    found = [o.disruption for o in occurrences((a_recurring("fire"),), Streams(5), 20_000 * DAY_MS)]
    gaps = [b.at_ms - a.at_ms - a.duration_ms for a, b in pairwise(found)]
    lasts = [d.duration_ms for d in found]
    error = 3 / len(gaps) ** 0.5

    assert abs(sum(gaps) / len(gaps) / DAY_MS - 1) < error
    assert abs(sum(lasts) / len(lasts) / HOUR_MS - 1) < error


def test_failures_belong_to_their_name_and_to_nothing_else():
    """Another disruption before it, another node, another policy: the same moments. Another name or seed: others."""

    def moments(*entries: Recurring, seed: int = 1) -> list[int]:
        planned = occurrences(entries, Streams(seed), 90 * DAY_MS)
        return [o.disruption.at_ms for o in planned if entries[o.number].name == "fire"]

    alone = moments(a_recurring("fire"))
    assert len(alone) > 50
    assert alone == moments(a_recurring("flood"), a_recurring("fire"))
    assert alone != moments(a_recurring("fire"), seed=2)
    assert alone != [o.disruption.at_ms for o in occurrences((a_recurring("flood"),), Streams(1), 90 * DAY_MS)]


def test_a_random_outage_is_an_outage_at_the_moments_drawn():
    """The run begins and ends it where the manifest says, and what is drawn once holds for two policies."""
    logged = []
    for policy in ("closest", "cheapest"):
        world = a_world(disruptions=(a_recurring("fire"),), policies=POLICIES | {"allocation": PolicyChoice(policy)})
        story = visit(world, [(at(0, 9), P1)])
        moments = [r["time_ms"] for r in story.rows("events", kind="disruption_began")]
        assert [d["at_ms"] for d in story.manifest["disruptions"]] == moments
        logged.append(moments)

    assert logged[0] == logged[1]
    assert len(logged[0]) > 20


# The floor.


def test_half_the_packers_take_twice_as_long_and_pickers_are_as_quick_as_ever():
    story = told([at(0, 9)] * 4, LabourShortage(0, at(0, 8), 4 * HOUR_MS, pick_bp=10_000, pack_bp=5_000))
    usual = told([at(0, 9)] * 4)

    assert ["0 09:04"] * 4 == story.times("picked") == usual.times("picked")
    assert ["0 09:06", "0 09:08", "0 09:10", "0 09:12"] == story.times("packed")
    assert ["0 09:06", "0 09:06", "0 09:08", "0 09:08"] == usual.times("packed")


def test_a_shortage_inside_an_outage_leaves_the_node_closed_and_then_short():
    """Closed until 10:00, one packer until 11:00, two after that."""
    both = (NodeOutage(0, at(0, 8), 2 * HOUR_MS), LabourShortage(0, at(0, 7), 4 * HOUR_MS, pack_bp=5_000))
    rules = Rules(reallocate_on_outage=False)
    story = told([at(0, 7, 59)] * 4, *both, rules=rules)

    assert ["0 10:04"] * 4 == story.times("picked")
    assert ["0 10:06", "0 10:08", "0 10:10", "0 10:12"] == story.times("packed")


# Carriers.


def test_a_carrier_on_strike_collects_nothing_and_delivers_nothing():
    """The first parcel is on its way when the strike begins, and comes a day later; the second waits."""
    strike = CarrierOutage(OUR_CARRIER, at(1, 12), 22 * HOUR_MS + DAY_MS)
    story = told([at(0, 9), at(1, 9)], strike)

    assert [
        ("0 17:00", "shipped", 0, ""),
        ("1 17:00", "missed_cutoff", 1, "carrier_out"),
        ("2 17:00", "missed_cutoff", 1, "carrier_out"),
        ("3 12:00", "delivered", 0, ""),
        ("3 17:00", "shipped", 1, ""),
        ("5 12:00", "delivered", 1, ""),
    ] == story.events("order", "reason", kind=("shipped", "missed_cutoff", "delivered"))


def test_where_transit_goes_on_only_collections_stop():
    story = told([at(0, 9)], CarrierOutage(OUR_CARRIER, at(1, 12), 2 * DAY_MS, holds_transit=False))

    assert ["2 12:00"] == story.times("delivered")


def test_two_strikes_of_one_carrier_nest():
    """From 10 to 18 and from 12 to day 1, 16:00: it calls again on day 1 at 17:00, not on day 0."""
    both = (CarrierOutage(OUR_CARRIER, at(0, 10), 8 * HOUR_MS), CarrierOutage(OUR_CARRIER, at(0, 12), 28 * HOUR_MS))

    assert ["1 17:00"] == told([at(0, 9)], *both).times("shipped")


@pytest.mark.parametrize(("reroutes", "carrier"), [(True, "carrier:other"), (False, "carrier:ground")])
def test_parcels_of_a_stopped_carrier_go_to_another_where_the_rule_says_so(reroutes: bool, carrier: str):
    """Packed at 9:04 for the cheaper carrier; a second order comes during the strike."""
    services = (a_carrier(), a_carrier("other", carrier="others", residential_cents=300))
    strike = CarrierOutage(OUR_CARRIER, at(0, 10), DAY_MS)
    rules = Rules(reroute_on_carrier_outage=reroutes)
    story = told([at(0, 9), at(0, 11)], strike, services=services, rules=rules)

    assert [carrier] * 2 == [actor for _, _, actor in story.events("actor", kind="manifested")]
    assert ["0 10:00"] * reroutes == story.times("rerouted")
    assert [800 if reroutes else 500] * 2 == [r["value_cents"] for r in story.rows("events", kind="manifested")]


def test_a_delay_is_felt_by_parcels_in_transit_and_by_those_collected_while_it_lasts():
    """Collected on days 0, 1 and 3, the delay lasts from day 1 to day 2: 36 hours, so two rounds, for two."""
    delay = CarrierDelay(OUR_CARRIER, at(1, 8), DAY_MS, delay_ms=36 * HOUR_MS)
    story = told([at(0, 9), at(1, 9), at(3, 9)], delay)

    assert [("4 12:00", 0), ("5 12:00", 1), ("5 12:00", 2)] == [
        (t, order) for t, _, order in story.events("order", kind="delivered")
    ]
    assert ["2 12:00", "3 12:00", "5 12:00"] == told([at(0, 9), at(1, 9), at(3, 9)]).times("delivered")


def test_two_delays_of_one_carrier_add_up():
    delays = (CarrierDelay(OUR_CARRIER, at(1, 8), DAY_MS), CarrierDelay(OUR_CARRIER, at(1, 9), DAY_MS))

    assert ["4 12:00"] == told([at(0, 9)], *delays).times("delivered")


def test_a_capacity_cut_leaves_parcels_for_the_next_collection():
    story = told([at(0, 9, m) for m in range(3)], CarrierCapacity(OUR_CARRIER, at(0, 8), DAY_MS, parcels=1))

    assert [
        ("0 17:00", "missed_cutoff", 1, "carrier_full"),
        ("0 17:00", "missed_cutoff", 2, "carrier_full"),
        ("0 17:00", "shipped", 0, ""),
        ("1 17:00", "shipped", 1, ""),
        ("1 17:00", "shipped", 2, ""),
    ] == story.events("order", "reason", kind=("missed_cutoff", "shipped"))


# Suppliers.


def supplied(*disruptions: Disruption, suppliers: tuple[Supplier, ...] | None = None, **changes: Any) -> Story:
    """P1 is at 8, s = 10, S = 40: reviewed at 6:00 on day 0, the order of 32 takes two days."""
    makers = suppliers or (Supplier("maker", Fixed(2 * DAY_MS)),)
    world = a_world(
        stock=stock([[8, 0]], [[10, 0]], [[40, 0]]),
        horizon=Horizon(5 * DAY_MS, 0, 60 * DAY_MS),
        suppliers=makers,
        disruptions=disruptions,
        **changes,
    )
    return visit(world, [])


def came(story: Story) -> list[tuple[Any, ...]]:
    kinds = ("purchase_ordered", "received", "short_delivered")
    return story.events("actor", "quantity", kind=kinds)


def test_what_a_shut_supplier_owes_comes_when_it_opens():
    assert [
        ("0 06:00", "purchase_ordered", "supplier:maker", 32),
        ("3 12:00", "received", "supplier:maker", 32),
    ] == came(supplied(SupplierShutdown(0, at(1, 12), 2 * DAY_MS)))


def test_a_shut_supplier_takes_no_orders():
    assert [
        ("2 06:00", "purchase_ordered", "supplier:maker", 32),
        ("4 06:00", "received", "supplier:maker", 32),
    ] == came(supplied(SupplierShutdown(0, 0, at(1, 12))))


@pytest.mark.parametrize(("asks", "expected"), [(True, [("0 06:00", "supplier:third")]), (False, [])])
def test_its_alternates_are_asked_in_their_sequence(asks: bool, expected: list[tuple[str, str]]):
    """The second is shut as well, so the third delivers."""
    makers = (
        Supplier("maker", Fixed(2 * DAY_MS), alternates=(1, 2)),
        Supplier("second", Fixed(DAY_MS)),
        Supplier("third", Fixed(DAY_MS)),
    )
    shut = (SupplierShutdown(0, 0, 10 * DAY_MS), SupplierShutdown(1, 0, 10 * DAY_MS))
    story = supplied(*shut, suppliers=makers, rules=Rules(alternate_suppliers=asks))

    assert expected == [(t, actor) for t, _, actor in story.events("actor", kind="purchase_ordered")]


def test_a_supplier_delay_is_felt_by_open_orders():
    """It begins a day after the order and is over before the goods are due."""
    assert [
        ("0 06:00", "purchase_ordered", "supplier:maker", 32),
        ("5 06:00", "received", "supplier:maker", 32),
    ] == came(supplied(SupplierDelay(0, at(1, 6), HOUR_MS, delay_ms=3 * DAY_MS)))


def test_a_short_delivery_brings_its_share_and_the_next_review_orders_again():
    """A quarter of 32 comes: 16 units are more than s = 10, so nothing is ordered again."""
    assert [
        ("0 06:00", "purchase_ordered", "supplier:maker", 32),
        ("2 06:00", "received", "supplier:maker", 8),
        ("2 06:00", "short_delivered", "supplier:maker", 24),
    ] == came(supplied(ShortDelivery(0, at(2, 0), DAY_MS, fill_share_bp=2_500)))


# At the door.

HOLDS = ("captured", "held", "hold_cleared", "allocated", "cancelled")


def test_orders_wait_for_the_gateway_and_try_again_at_their_own_interval():
    """Down from 9:00 to 10:10, retries every 30 minutes: the rush is spread as the arrivals were."""
    card = (Payment("card", retry_ms=30 * MINUTE_MS),)
    story = told(
        [at(0, 9), at(0, 9, 50)], PaymentOutage(at(0, 9), 70 * MINUTE_MS), channels=(a_channel(payments=card),)
    )

    assert [
        ("0 09:00", "captured", 0, ""),
        ("0 09:00", "held", 0, "gateway_down"),
        ("0 09:50", "captured", 1, ""),
        ("0 09:50", "held", 1, "gateway_down"),
        ("0 10:20", "hold_cleared", 1, "retry_succeeded"),
        ("0 10:20", "allocated", 1, ""),
        ("0 10:30", "hold_cleared", 0, "retry_succeeded"),
        ("0 10:30", "allocated", 0, ""),
    ] == story.events("order", "reason", kind=HOLDS)


def test_a_card_that_would_be_declined_still_is_once_the_gateway_answers():
    card = (Payment("card", declined_share=0.5, recovered_share=0.0, retry_ms=HOUR_MS),)
    outage = PaymentOutage(at(0, 9), 30 * MINUTE_MS)
    story = told([at(0, 9)], outage, channels=(a_channel(payments=card),), drawn={"payment_luck": [0.2]})

    assert [
        ("0 09:00", "captured", ""),
        ("0 09:00", "held", "gateway_down"),
        ("0 10:00", "held", "payment_declined"),
        ("0 11:00", "cancelled", "payment_declined"),
    ] == story.events("reason", kind=HOLDS)


def test_an_invoice_needs_no_gateway():
    channel = a_channel(payments=(Payment("invoice"),))

    assert ["0 09:00"] == told([at(0, 9)], PaymentOutage(at(0, 8), DAY_MS), channels=(channel,)).times("allocated")


def test_an_attack_sends_suspicious_orders_to_the_desk_which_cancels_the_fraud():
    """A fifth looks suspicious, half of that is fraud: luck 0.05 is fraud, 0.15 is honest, 0.25 is not looked at."""
    attack = FraudAttack(at(0, 8), 4 * HOUR_MS, review_share_bp=2_000, fraud_share_bp=5_000)
    story = told([at(0, 9)] * 3, attack, drawn={"desk_luck": [0.05, 0.15, 0.25]})

    assert [
        ("0 09:00", "held", 0, "fraud_review"),
        ("0 09:00", "held", 1, "fraud_review"),
        ("0 09:00", "allocated", 2, ""),
        ("0 09:06", "cancelled", 0, "fraud"),
        ("0 09:06", "hold_cleared", 1, "reviewed"),
        ("0 09:06", "allocated", 1, ""),
    ] == story.events("order", "reason", kind=HOLDS[1:])


@pytest.mark.parametrize(
    ("luck", "fate", "charged"),
    [(0.07, "cancelled", 0), (0.09, "hold_cleared", 1), (0.11, "cancelled", 0), (0.15, "hold_cleared", 0)],
    ids=["caught fraud", "missed fraud", "honest, rejected", "honest, approved"],
)
def test_reviewers_err_about_an_attack_as_they_usually_do(luck: float, fate: str, charged: int):
    """Of the tenth that is fraud they catch four in five, of the tenth that is honest they turn one in five away; what
    they miss is charged back thirty days after it left."""
    attack = FraudAttack(at(0, 8), 4 * HOUR_MS, review_share_bp=2_000, fraud_share_bp=5_000)
    card = Payment("card", caught_share=0.8, false_reject_share=0.2, chargeback_delay_ms=Fixed(30 * DAY_MS))
    world = a_world(channels=(a_channel(payments=(card,)),), disruptions=(attack,))
    story = visit(world, [(at(0, 9), P1)], desk_luck=[luck])

    assert [("0 09:06", fate)] == story.events(kind=("cancelled", "hold_cleared"))
    assert ["30 17:00"] * charged == story.times("charged_back")


def test_orders_with_faulty_data_go_to_the_desk_one_by_one():
    """Of P1 and P2, P2's data is wrong from 9:00 to 10:00."""
    fault = BadMasterData(at(0, 9), HOUR_MS, products=frozenset({1}))
    world = a_world(nodes=(QUICK,), disruptions=(fault,))
    story = visit(world, [(at(0, 9), P1), (at(0, 9), [(1, 1, 2_500)]), (at(0, 10), [(1, 1, 2_500)])])

    assert [
        ("0 09:00", "allocated", 0, ""),
        ("0 09:00", "held", 1, "data_fault"),
        ("0 09:06", "hold_cleared", 1, "reviewed"),
        ("0 09:06", "allocated", 1, ""),
        ("0 10:00", "allocated", 2, ""),
    ] == story.events("order", "reason", kind=HOLDS[1:])


TWO_REGIONS = (Region("here", 40.0, -75.1, 100.0), Region("there", 40.1, -75.1, 100.0))


def closed(rule: str) -> Story:
    """The second region is closed from day 1, noon, to day 3, 13:00; one parcel is on its way."""
    closure = RegionClosure(frozenset({1}), at(1, 12), DAY_MS + 25 * HOUR_MS)
    rules = Rules(closed_region_orders=rule)
    world = a_world(nodes=(QUICK,), regions=TWO_REGIONS, disruptions=(closure,), rules=rules)
    return visit(world, [(at(0, 9), P1), (at(0, 9), P1), (at(1, 13), P1)], region=[0, 1, 1])


def test_parcels_for_a_closed_region_wait_on_the_road():
    assert [("2 12:00", 0), ("4 12:00", 1), ("5 12:00", 2)] == [
        (t, order) for t, _, order in closed("hold").events("order", kind="delivered")
    ]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("hold", [("1 13:00", "held", "region_closed"), ("3 13:00", "hold_cleared", "retry_succeeded")]),
        ("cancel", [("1 13:00", "cancelled", "region_closed")]),
    ],
)
def test_its_orders_are_held_or_cancelled(rule: str, expected: list[tuple[str, str, str]]):
    assert expected == closed(rule).events("reason", kind=("held", "hold_cleared", "cancelled"), order=2)


# Stock and its views.


@pytest.mark.parametrize("mode", ["live", "events", "batch"])
def test_a_channel_that_is_cut_off_sells_what_it_saw_last(mode: str):
    """Three units; the other channel sells two while this one hears nothing and sells three: two are oversold."""
    cut = a_channel("cut", sync=Sync(mode, 10 * MINUTE_MS))
    other = a_channel("other")
    outage = SyncOutage(at(0, 8), 4 * HOUR_MS, channels=frozenset({0}))

    def sold(*disruptions: Disruption) -> list[int]:
        world = a_world(channels=(cut, other), stock=stock([[3, 0]]), disruptions=disruptions)
        story = visit(world, [(at(0, 9), [(0, 2, 1_000)]), (at(0, 10), [(0, 3, 1_000)])], channel=[1, 0])
        return [r["quantity"] for r in story.rows("events", kind="oversold")]

    assert ([2], []) == (sold(outage), sold())


def test_after_a_sync_outage_a_full_refresh_puts_the_view_right_and_without_one_it_drifts():
    cut, other = a_channel("cut", sync=Sync("events")), a_channel("other")

    def oversold(refresh: bool) -> int:
        outage = SyncOutage(at(0, 8), 2 * HOUR_MS, frozenset({0}), full_refresh=refresh)
        world = a_world(channels=(cut, other), stock=stock([[3, 0]]), disruptions=(outage,))
        story = visit(world, [(at(0, 9), [(0, 3, 1_000)]), (at(0, 11), [(0, 1, 1_000)])], channel=[1, 0])
        return len(story.rows("events", kind="oversold"))

    assert (0, 1) == (oversold(True), oversold(False))


def test_units_that_the_record_forgets_are_found_by_the_count():
    """Half of five, rounded down, cannot be sold from 8:00 to 12:00; what they are worth leaves and comes back."""
    error = StockRecordError(0, at(0, 8), 4 * HOUR_MS, share_bp=5_000, products=frozenset({0}))
    world = a_world(stock=stock([[5, 0]]), disruptions=(error,))
    story = visit(world, [(at(0, 9), [(0, 4, 1_000)]), (at(0, 13), [(0, 4, 1_000)])])

    assert [
        ("0 08:00", "record_lowered", 2, 800, "record_error"),
        ("0 09:00", "refused", 4, 4_000, "not_on_view"),
        ("0 12:00", "record_raised", 2, 800, "counted"),
        ("0 13:00", "captured", 4, 4_000, ""),
    ] == story.events(
        "quantity", "value_cents", "reason", kind=("record_lowered", "record_raised", "refused", "captured")
    )


def recalled(scrap: bool) -> Story:
    """Five units of P1: one packed, one only allocated when it is recalled at 10:00, for a day."""
    recall = RecallOfGoods(at(0, 10), DAY_MS, frozenset({0}), scrap=scrap)
    hourly = a_node()
    world = a_world(nodes=(hourly,), stock=stock([[5, 0]]), disruptions=(recall,))
    return visit(world, [(at(0, 8), P1), (at(0, 9, 30), P1)])


def test_a_recall_takes_shipments_apart_and_quarantines_every_unit():
    story = recalled(scrap=False)

    assert [
        ("0 08:03", "packed", 0),
        ("0 10:00", "put_back", 1),
        ("0 10:00", "voided", 0),
        ("0 10:00", "deallocated", 1),
        ("0 10:00", "voided", 0),
        ("0 10:00", "quarantined", 5),
        ("1 10:00", "quarantine_released", 5),
        ("1 10:04", "packed", 0),
        ("1 10:04", "packed", 0),
    ] == story.events(
        "quantity",
        kind=("packed", "put_back", "voided", "deallocated", "quarantined", "quarantine_released"),
    )
    assert {"closed": 2} == story.manifest["census"]


def test_recalled_goods_that_are_scrapped_are_written_off():
    story = recalled(scrap=True)

    assert [("write_offs", 2_000), ("inventory", -2_000)] == story.postings(kind="quarantine_scrapped")
    assert [] == story.rows("events", kind="shipped")


def test_what_comes_in_during_a_recall_is_quarantined_too():
    recall = RecallOfGoods(at(0, 12), 3 * DAY_MS, frozenset({0}))
    story = supplied(recall)

    assert [("0 12:00", 8), ("2 06:10", 32)] == [
        (t, units) for t, _, units in story.events("quantity", kind="quarantined")
    ]


def test_two_recalls_of_one_sku_hold_it_until_the_second_ends():
    both = (RecallOfGoods(at(0, 8), 2 * HOUR_MS, frozenset({0})), RecallOfGoods(at(0, 9), 3 * HOUR_MS, frozenset({0})))

    assert ["0 12:00"] == told([], *both).times("quarantine_released")


# Decisions.


def test_a_wrong_rule_decides_while_it_lasts():
    """The near node has one unit, the far one a hundred: most_stock sends everything from afar."""
    nodes = (replace(QUICK, name="near"), replace(QUICK, name="far", latitude=34.0, longitude=-118.0))
    world = a_world(nodes=nodes, stock=stock([[9, 0], [100, 0]]), disruptions=(WrongRule(at(0, 9), HOUR_MS),))
    story = visit(world, [(at(0, 8), P1), (at(0, 9), P1), (at(0, 10), P1)])

    assert ["near", "far", "near"] == [node for _, _, node in story.events("node", kind="allocated")]
    assert ["closest", "most_stock", "closest"] == [r["policy"] for r in story.rows("decisions")]


def test_a_change_of_policy_during_a_wrong_rule_counts_when_it_ends():
    change = PolicyChange(at(0, 9, 30), "allocation", PolicyChoice("cheapest"))
    world = a_world(nodes=(QUICK,), disruptions=(WrongRule(at(0, 9), HOUR_MS),), policy_changes=(change,))
    story = visit(world, [(at(0, 9, 45), P1), (at(0, 10), P1)])

    assert ["most_stock", "cheapest"] == [r["policy"] for r in story.rows("decisions")]


def test_there_is_no_wrong_rule_that_nobody_knows():
    with pytest.raises(ValueError, match="there is no allocation policy 'nearest'"):
        WrongRule(0, 1, policy="nearest")
