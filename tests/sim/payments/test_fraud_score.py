"""The fraud score: what an order is held for, what it is turned away for, and who is charged back all the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.distributions import Fixed
from sim.network import Payment
from sim.plans.fraud import FraudPlan, Risk, ScoreRule
from sim.units import DAY_MS
from sim.world import Horizon, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_channel, a_world

SMALL, DEAR = [(0, 1, 1_000)], [(1, 4, 2_500)]
CHARGED = Payment("card", chargeback_delay_ms=Fixed(30 * DAY_MS), chargeback_fee_cents=1_500)
BY_VALUE = FraudPlan(0.0, rules=(ScoreRule("dear", "value_cents > 5000", 60.0),))
FATES = ("scored", "held", "hold_cleared", "cancelled", "validated", "charged_back")


def seen(plan: FraudPlan, payment: Payment = CHARGED) -> Story:
    """A small order at nine, and one of 100.00 an hour later."""
    world = a_world(channels=(a_channel(payments=(payment,)),), fraud=plan)
    return visit(world, [(at(0, 9), SMALL), (at(0, 10), DEAR)])


def test_the_facts_of_an_order_say_whether_people_look_at_it():
    """Sixty points for what is dear, fifty are enough: the desk takes six minutes, and finds an honest customer."""
    assert [
        ("0 09:00", "validated", 0, "orchestrator", ""),
        ("0 10:00", "scored", 1, "fraud score", "fraud_review"),
        ("0 10:00", "held", 1, "orchestrator", "fraud_review"),
        ("0 10:06", "hold_cleared", 1, "desk:order desk", "reviewed"),
        ("0 10:06", "validated", 1, "orchestrator", ""),
    ] == seen(BY_VALUE).events("order", "actor", "reason", kind=FATES)


@pytest.mark.parametrize(
    ("given", "fates"), [({"review_at": 60.0}, ["scored", "held"]), ({"reject_at": 60.0}, ["scored", "cancelled"])]
)
def test_as_many_points_as_it_takes_are_enough(given: dict[str, Any], fates: list[str]):
    """Sixty of sixty; half a point more asked for is too many."""
    story, beyond = seen(replace(BY_VALUE, **given)), seen(replace(BY_VALUE, review_at=60.5))

    assert fates == [kind for _, kind, order in story.events("order", kind=FATES) if order == 1][:2]
    assert [] == beyond.times("scored")


def test_a_score_high_enough_needs_nobody():
    told = seen(replace(BY_VALUE, reject_at=55.0)).events("order", "actor", "reason", kind=FATES)

    assert [
        ("0 10:00", "scored", 1, "fraud score", "fraud"),
        ("0 10:00", "cancelled", 1, "fraud score", "fraud"),
    ] == told[1:]


def test_points_add_up_and_may_speak_for_a_customer():
    known = ScoreRule("known here", "region == 'here' and channel_kind == 'storefront'", -15.0)
    story = seen(replace(BY_VALUE, rules=(*BY_VALUE.rules, known)))

    assert [] == story.times("scored")


def test_risks_make_fraud_likelier_and_reviewers_see_the_evidence():
    """A thousandth of the orders is fraud, a thousand times as many of the dear ones: all of them. Who is not looked at
    is charged back 107.00 with tax."""
    stolen = FraudPlan(0.001, risks=(Risk("resold", "value_cents > 5000", 1_000.0),), signal_points=60.0)

    assert [("0 10:06", "cancelled", 1)] == seen(stolen).events("order", kind=("cancelled", "charged_back"))
    assert [("30 17:00", "charged_back", 10_700)] == seen(replace(stolen, signal_points=0.0)).events(
        "value_cents", kind=("cancelled", "charged_back")
    )


@pytest.mark.parametrize(("caught", "falsely", "fates"), [(1.0, 0.0, 0), (1.0, 1.0, 1), (0.0, 0.0, 0)])
def test_reviewers_of_an_honest_order_err_by_their_own_shares(caught: float, falsely: float, fates: int):
    payment = replace(CHARGED, caught_share=caught, false_reject_share=falsely)

    assert fates == len(seen(BY_VALUE, payment).times("cancelled"))


def test_shares_of_the_payment_say_nothing_where_orders_are_scored():
    payment = replace(CHARGED, review_share=1.0, fraud_share=1.0)

    assert ["0 10:00"] == seen(BY_VALUE, payment).times("held")


def test_an_account_that_orders_again_and_again():
    """All six orders of one channel belong to its two accounts; the third of an account within a day is suspicious."""
    plan = FraudPlan(0.0, rules=(ScoreRule("velocity", "account_orders >= 2", 60.0),))
    world = a_world(channels=(a_channel(payments=(CHARGED,), accounts=2),), fraud=plan)
    moments = [at(0, 9, m) for m in range(6)] + [at(1, 12)]
    story = visit(world, [(t, SMALL) for t in moments])
    luck = story.model.streams.counter("accounts", "web")
    before = [[a for a in moments[:n] if int(2 * luck.at(a)) == int(2 * luck.at(t))] for n, t in enumerate(moments)]
    suspicious = [n for n, earlier in enumerate(before) if len([t for t in earlier if moments[n] - t <= DAY_MS]) >= 2]

    assert 1 <= len(suspicious) <= 4
    assert suspicious == [order for _, _, order in story.events("order", kind="scored")]


def busy(plan: FraudPlan) -> World:
    world = a_busy_world(800.0, horizon=Horizon(2 * DAY_MS, 0, 40 * DAY_MS), fraud=plan)
    card = replace(CHARGED, caught_share=0.9, false_reject_share=0.05)
    channels = (replace(world.network.channels[0], payments=(card,)), *world.network.channels[1:])
    return replace(world, network=replace(world.network, channels=channels))


def test_a_better_score_finds_the_same_fraud_with_fewer_honest_customers_held():
    """Dear orders are three times as often fraud. One rule looks at whatever is dear, the other at more evidence; the
    customers, and the fraud among them, are the same."""
    risks = (Risk("resold", "value_cents > 2500", 3.0),)
    crude = FraudPlan(0.02, risks, (ScoreRule("dear", "value_cents > 2500", 60.0),))
    good = FraudPlan(0.02, risks, (ScoreRule("dear", "value_cents > 2500", 10.0),), 30.0, 30.0, 36.0, 65.0)
    crudely, well = (tell(busy(plan), 3, check=False) for plan in (crude, good))

    assert crudely.model.customers.demand_hash == well.model.customers.demand_hash
    assert crudely.model.site.scoring is not None
    assert well.model.site.scoring is not None
    same = crudely.model.site.scoring._fraud
    assert len(same) > 20
    assert same == well.model.site.scoring._fraud
    assert len(well.times("held", reason="fraud_review")) < len(crudely.times("held", reason="fraud_review")) / 2
    assert len(well.times("charged_back")) < len(crudely.times("charged_back"))
    assert any(row["actor"] == "fraud score" for row in well.rows("events", kind="cancelled", reason="fraud"))
