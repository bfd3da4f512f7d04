"""An attack that brings orders of its own: whom it leaves alone, who sees it, and what it costs when it passes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from sim.agents.customers.customer import LINE_FIELDS, ORDER_FIELDS, Customers, Offer
from sim.disruptions.fraud_attack import FraudAttack
from sim.distributions import Fixed
from sim.network import Category, Payment, Product
from sim.plans.fraud import FraudPlan
from sim.streams import Streams
from sim.units import DAY_MS, HOUR_MS
from sim.world import Horizon, World
from tests.sim.telling import Story, at, tell
from tests.worlds import a_busy_world, a_channel, a_world

CARD = Payment("card", chargeback_delay_ms=Fixed(30 * DAY_MS), chargeback_fee_cents=1_500)
EVIDENT, HIDDEN = FraudPlan(0.0, signal_points=60.0), FraudPlan(0.0)
ATTACK = FraudAttack(at(0, 9), 4 * HOUR_MS, orders_per_day=48.0)
FATES = ("scored", "held", "hold_cleared", "cancelled", "validated", "charged_back", "chargeback_fee")


def struck(plan: FraudPlan, payment: Payment = CARD, attack: FraudAttack = ATTACK) -> Story:
    """A shop that nobody else visits."""
    channel = a_channel(payments=(Payment("invoice", share=0.5), replace(payment, share=0.5)), orders_per_day=1e-9)
    return tell(a_world(channels=(channel,), fraud=plan, disruptions=(attack,)))


def fates(story: Story, order: int) -> list[tuple[str, ...]]:
    return [told[1:] for told in story.events("actor", "reason", order=order, kind=FATES)]


def test_reviewers_who_see_the_evidence_cancel():
    """Some eight orders come in four hours; each is held by its score, and looked at by the desk."""
    story = struck(EVIDENT)
    orders = {row["order"] for row in story.rows("events", kind="captured")}

    assert 4 <= len(orders) <= 14
    assert {CARD.kind} == {story.model.site.checks.payment_of(order).kind for order in orders}
    for order in orders:
        assert [
            ("scored", "fraud score", "fraud_review"),
            ("held", "orchestrator", "fraud_review"),
            ("cancelled", "desk:order desk", "fraud"),
        ] == fates(story, order)


@pytest.mark.parametrize(
    ("plan", "payment", "seen"),
    [(HIDDEN, CARD, []), (EVIDENT, replace(CARD, caught_share=0.0), ["scored", "held", "hold_cleared"])],
    ids=["the score sees nothing", "the reviewers see nothing"],
)
def test_what_passes_is_charged_back(plan: FraudPlan, payment: Payment, seen: list[str]):
    story = struck(plan, payment)
    orders = {row["order"] for row in story.rows("events", kind="captured")}
    assert orders
    for order in orders:
        assert [*seen, "validated", "charged_back", "chargeback_fee"] == [told[0] for told in fates(story, order)]
    gross = sum(row["value_cents"] for row in story.rows("events", kind="charged_back"))
    assert gross + 1_500 * len(orders) == story.balance("chargebacks")


@cache
def a_shop(*attacks: FraudAttack) -> World:
    """Two busy days with cards, where one order in fifty is fraud already."""
    world = a_busy_world(300.0, horizon=Horizon(2 * DAY_MS, 0, 60 * DAY_MS), disruptions=attacks)
    card = replace(CARD, caught_share=0.7, false_reject_share=0.1)
    channels = tuple(replace(c, payments=(card,)) for c in world.network.channels)
    plan = FraudPlan(0.02, signal_points=60.0, luck_points=55.0)
    return replace(world, network=replace(world.network, channels=channels), fraud=plan)


LONG = FraudAttack(at(0, 12), DAY_MS, orders_per_day=400.0)


def arrivals(world: World) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]], set[tuple[int, int]]]:
    """Orders with what they are, lines with whose they are, and which of them are an attack's."""
    customers, orders, lines = Customers(world, Streams(3)), [], []
    for offer in customers.offers():
        orders += list(zip(*(getattr(offer, name).tolist() for name in ORDER_FIELDS), strict=True))
        whose = np.repeat(np.arange(len(offer)), offer.line_count)
        keys = list(zip(offer.channel[whose].tolist(), offer.at_ms[whose].tolist(), strict=True))
        asked = zip(*(getattr(offer, name).tolist() for name in LINE_FIELDS), strict=True)
        lines += [(*key, *line) for key, line in zip(keys, asked, strict=True)]
    return orders, lines, customers.stolen


def test_customers_are_the_same_with_an_attack_and_without():
    quiet, attacked = arrivals(a_shop()), arrivals(a_shop(LONG))
    stolen = attacked[2]

    assert quiet[0] == [row for row in attacked[0] if (row[1], row[0]) not in stolen]
    assert quiet[1] == [row for row in attacked[1] if row[:2] not in stolen]
    assert 340 < len(stolen) < 460
    assert len(attacked[0]) == len(quiet[0]) + len(stolen)
    assert all(LONG.at_ms <= moment < LONG.at_ms + LONG.duration_ms for _, moment in stolen)


def test_no_two_of_a_channel_come_at_one_moment():
    """A million a day for a minute, beside a customer every second or so: who would share a draw moves on."""
    rush = FraudAttack(at(0, 12), HOUR_MS // 60, orders_per_day=1e8)
    offer: Offer = next(Customers(a_shop(rush), Streams(3)).offers())
    mine = np.flatnonzero((offer.at_ms >= rush.at_ms) & (offer.at_ms < rush.at_ms + 10 * HOUR_MS))
    at_ms = sorted(zip(offer.channel[mine].tolist(), offer.at_ms[mine].tolist(), strict=True))

    assert all(a != b for a, b in pairwise(at_ms))


def test_it_gets_past_a_score_and_reviewers_as_often_as_they_err():
    """60 points for fraud and up to 55 of luck: all of it is looked at, seven in ten are caught. Of the customers, 5 in
    55 are looked at, and of these one in ten is turned away."""
    story = tell(a_shop(LONG), 3, check=False)
    orders, stolen = story.model.site.register.orders, story.model.customers.stolen
    captured = {row["order"] for row in story.rows("events", kind="captured")}
    mine = {n for n in captured if (orders.channel[n], orders.at_ms[n]) in stolen}
    cancelled = {row["order"] for row in story.rows("events", kind="cancelled", reason="fraud")}
    held = {row["order"] for row in story.rows("events", kind="held", reason="fraud_review")}

    assert mine <= held
    assert abs(len(mine & cancelled) - 0.7 * len(mine)) < 3 * (0.21 * len(mine)) ** 0.5
    charged = {row["order"] for row in story.rows("events", kind="charged_back")} & mine
    assert charged <= mine - cancelled
    assert 0.95 * len(mine - cancelled) < len(charged)  # but for parcels that were lost
    honest = captured - mine
    assert 0.05 * len(honest) < len(held & honest) < 0.17 * len(honest)
    assert 0 < len(cancelled & honest) < 0.05 * len(honest)


def test_it_goes_for_what_it_is_after():
    products = (Product("cup", 1_000, 400, 0.5), Product("ring", 90_000, 30_000, 0.1, category=1))
    world = a_world(
        channels=(a_channel("web", payments=(CARD,), orders_per_day=30.0), a_channel("desk", orders_per_day=90.0)),
        products=products,
        categories=(Category("cups"), Category("rings")),
        fraud=HIDDEN,
        disruptions=(replace(ATTACK, orders_per_day=400.0, categories=frozenset({1}), channels=frozenset({0})),),
    )
    _, lines, stolen = arrivals(world)

    assert {1} == {product for channel, moment, product, *_ in lines if (channel, moment) in stolen}
    assert {0} == {channel for channel, _ in stolen}
