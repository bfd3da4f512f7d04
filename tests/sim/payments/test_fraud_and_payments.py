"""Fraud that is stopped, missed or suspected, what it costs later, and authorisations that run out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.distributions import Fixed, Uniform
from sim.network import Payment, Supplier
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_carrier, a_channel, a_world, stock

P1 = [(0, 1, 1_000)]
CHARGED = Payment("card", review_share=0.1, fraud_share=0.5, chargeback_delay_ms=Fixed(30 * DAY_MS))


def paying(payment: Payment, **changes: Any) -> World:
    return a_world(channels=(a_channel(payments=(payment,)),), **changes)


@pytest.mark.parametrize(
    ("score", "fate"),
    [(0.03, "cancelled"), (0.045, "hold_cleared"), (0.055, "cancelled"), (0.07, "hold_cleared")],
    ids=["caught fraud", "missed fraud", "honest, rejected", "honest, approved"],
)
def test_reviewers_err_both_ways(score: float, fate: str):
    """They see a tenth of the orders, half of it fraud: four in five are caught, one in five honest ones rejected."""
    payment = replace(CHARGED, caught_share=0.8, false_reject_share=0.2)
    story = visit(paying(payment), [(at(0, 9), P1)], desk_luck=[score])

    assert [("0 09:06", fate, "desk:order desk")] == story.events("actor", kind=("cancelled", "hold_cleared"))


def test_missed_fraud_is_charged_back():
    """Shipped on day 0 at 17:00 for 10.70 with tax; 30 days later the bank takes it back, and 15.00 for its pains."""
    payment = replace(CHARGED, caught_share=0.8, chargeback_fee_cents=1_500)
    story = visit(paying(payment), [(at(0, 9), P1)], desk_luck=[0.045])

    assert [("30 17:00", "charged_back", 1_070), ("30 17:00", "chargeback_fee", 1_500)] == story.events(
        "value_cents", kind=("charged_back", "chargeback_fee")
    )
    assert [("chargebacks", 1_070), ("cash", -1_070)] == story.postings(kind="charged_back")
    assert 2_570 == story.balance("chargebacks")


@pytest.mark.parametrize(("score", "charged"), [(0.98, 1), (0.94, 0)])
def test_fraud_that_looks_honest_is_never_reviewed(score: float, charged: int):
    payment = replace(CHARGED, unnoticed_fraud_share=0.05)
    story = visit(paying(payment), [(at(0, 9), P1)], desk_luck=[score])

    assert ([], charged) == (story.times("held"), len(story.times("charged_back")))


def test_honest_customers_and_lost_parcels_are_not_charged_back():
    lost = paying(replace(CHARGED, caught_share=0.0), services=(a_carrier(lost_share=0.999),))
    honest = visit(paying(replace(CHARGED, caught_share=0.0)), [(at(0, 9), P1)], desk_luck=[0.09])

    assert [] == visit(lost, [(at(0, 9), P1)], desk_luck=[0.01], transit_luck=[0.9995]).times("charged_back")
    assert [] == honest.times("charged_back")


def with_reviews(share: float) -> Story:
    """Two days of customers, of whom 2% are fraud, wherever the line of review is drawn."""
    world = a_busy_world(1_000.0, horizon=Horizon(2 * DAY_MS, 0, 100 * DAY_MS))
    card = Payment(
        "card",
        review_share=share,
        fraud_share=min(1.0, 0.02 / share) if share else 0.0,
        unnoticed_fraud_share=0.02 if not share else 0.0,
        false_reject_share=0.05,
        chargeback_delay_ms=Uniform(20.0 * DAY_MS, 90.0 * DAY_MS),
        chargeback_fee_cents=1_500,
    )
    channels = (replace(world.network.channels[0], payments=(card,)), *world.network.channels[1:])
    return tell(replace(world, network=replace(world.network, channels=channels)), 2)


def test_reviews_trade_chargebacks_for_lost_customers():
    without, reviewed = with_reviews(0.0), with_reviews(0.10)

    assert without.model.customers.demand_hash == reviewed.model.customers.demand_hash
    assert without.balance("chargebacks") > 0 == reviewed.balance("chargebacks")
    assert len(without.rows("events", kind="cancelled", reason="fraud")) == 0
    assert len(reviewed.rows("events", kind="cancelled", reason="fraud")) > 20


# Authorisations.

WELCOME = replace(a_channel(), accepts_backorders=True)
LATE = {"stock": stock([[0, 0]], [[1, 0]], [[5, 0]]), "suppliers": (Supplier("maker", Fixed(9 * DAY_MS)),)}
STEPS = ("held", "hold_cleared", "authorisation_renewed", "voided", "released", "cancelled", "deallocated")


def late(payment: Payment, **changes: Any) -> Story:
    """The goods come after nine days."""
    channel = replace(WELCOME, payments=(payment,))
    return visit(a_world(channels=(channel,), **(LATE | changes)), [(at(0, 9, 10), P1)])


CARD = Payment("card", authorisation_ms=7 * DAY_MS, recovered_share=1.0, retry_ms=5 * HOUR_MS)


def test_an_authorisation_is_renewed_before_release():
    told = late(CARD).events(kind=STEPS)

    assert [kind for _, kind in told] == ["authorisation_renewed", "released"]
    assert told[0][0] == told[1][0]


def test_one_that_still_holds_is_not():
    told = late(replace(CARD, authorisation_ms=12 * DAY_MS)).events(kind=STEPS)

    assert [kind for _, kind in told] == ["released"]


def test_a_declined_renewal_holds_the_order_and_frees_its_stock():
    """Five hours later another card holds: the order is allocated anew and leaves."""
    story = late(replace(CARD, renewal_declined_share=1.0))
    told = story.events("reason", kind=STEPS)

    assert [
        ("deallocated", "authorisation_expired"),
        ("voided", "authorisation_expired"),
        ("held", "authorisation_expired"),
        ("authorisation_renewed", ""),
        ("hold_cleared", "retry_succeeded"),
        ("released", ""),
    ] == [(kind, reason) for _, kind, reason in told]
    held, cleared = (row["time_ms"] for row in story.rows("events", kind=("held", "hold_cleared")))
    assert 5 * HOUR_MS == cleared - held
    assert {"closed": 1} == story.manifest["census"]


def test_without_another_card_the_order_is_lost():
    story = late(replace(CARD, renewal_declined_share=1.0, recovered_share=0.0))

    assert [("cancelled", "payment_declined")] == [
        (k, r) for _, k, r in story.events("reason", kind=("cancelled", "released"))
    ]
    assert {"cancelled": 1} == story.manifest["census"]


def test_what_is_on_its_way_goes_on_when_the_rest_is_given_up():
    """One unit is there at once, the other comes too late for the card."""
    channel = replace(WELCOME, payments=(replace(CARD, renewal_declined_share=1.0, recovered_share=0.0),))
    world = a_world(channels=(channel,), **(LATE | {"stock": stock([[0, 9]], [[1, 0]], [[5, 0]])}))
    story = visit(world, [(at(0, 9, 10), [(0, 1, 1_000), (1, 1, 2_500)])])

    assert 1 == len(story.times("delivered"))
    assert [("cancelled_units", "payment_declined")] == [
        (k, r) for _, k, r in story.events("reason", kind=("cancelled_units", "cancelled"))
    ]
    assert {"closed": 1} == story.manifest["census"]
