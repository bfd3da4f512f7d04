"""Approval and credit where customers pay in a foreign currency: limits are in it, whatever it is worth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.network import FxRate, Payment
from sim.plans.treasury import TreasuryPlan
from sim.units import DAY_MS
from sim.world import Horizon, World
from tests.sim.payments.test_credit_and_approval import b2b
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world

NEVER = TreasuryPlan(None, 0, "seller", None)


def goods(units: int, rate: float = 1.25) -> list[tuple[int, int, int]]:
    """At 8.00 euros each, in dollars of a day."""
    return [(0, units, round(800 * rate))]


def abroad(rate: float, **channel: Any) -> World:
    """Goods for 10.00 dollars, or 8.00 euros at 1.25; from day 1 on the euro is worth ``rate``."""
    world = b2b(currency="EUR", **channel)
    rates = (FxRate("EUR", 0, 1.25), FxRate("EUR", DAY_MS, rate))
    return replace(world, network=replace(world.network, fx_rates=rates), treasury=NEVER)


@pytest.mark.parametrize("rate", [0.5, 1.25, 2.0])
def test_what_needs_approval_does_not_change_with_the_rate(rate: float):
    """Above 80.00 euros: eleven are 88.00, for 110.00 dollars on day 0, 44.00 or 176.00 on day 1; ten are never."""
    orders = [(at(day, 9), goods(units, now)) for day, now in ((0, 1.25), (1, rate)) for units in (10, 11)]
    story = visit(abroad(rate, approval_over_cents=10_000), orders)

    assert [(1, "approval_needed"), (3, "approval_needed")] == [
        (r["order"], r["reason"]) for r in story.rows("events", kind="held")
    ]


@pytest.mark.parametrize(("rate", "limit", "held"), [(0.5, 15_000, True), (2.0, 20_000, False)])
def test_credit_does_not_change_with_the_rate(rate: float, limit: int, held: bool):
    """Twice 80.00 euros are above 120.00, though they were 140.00 dollars for a limit of 150.00; and not above
    160.00, though they are 260.00 dollars for a limit of 200.00."""
    story = visit(abroad(rate, credit_limit_cents=limit), [(at(0, 9), goods(10)), (at(1, 9), goods(10, rate))])

    assert (["1 09:00"] if held else []) == story.times("held", order=1)


def test_an_account_is_free_again_when_all_is_paid():
    orders = [(at(0, 9), goods(10)), (at(1, 9), goods(11, 0.97))]
    credit = visit(abroad(0.97, credit_limit_cents=90_000), orders).model.site.credit

    assert credit is not None
    assert [0] == [cents for row in credit.exposure_cents if row is not None for cents in row]


def test_a_controller_goes_as_much_further_in_the_customers_currency():
    """160.00 euros for a limit of 120.00 and a third of it; at 2.00 they would be 260.00 dollars."""
    rate = 2.0
    world = abroad(rate, credit_limit_cents=15_000, credit_tolerance_share=1 / 3)
    story = visit(world, [(at(0, 9), goods(10)), (at(1, 9), goods(10, rate))])

    assert [("1 09:00", "held"), ("1 09:06", "hold_cleared")] == story.events(order=1, kind=("held", "hold_cleared"))


def busy(rate: float) -> Story:
    world = a_busy_world(150.0, products=12, horizon=Horizon(2 * DAY_MS, 0, 60 * DAY_MS))
    web, market = world.network.channels
    web = replace(
        web, payments=(Payment("invoice"),), settlement_ms=2 * DAY_MS, accounts=10, credit_limit_cents=12_000,
        approval_over_cents=2_000, currency="EUR",
    )  # fmt: skip
    rates = (FxRate("EUR", 0, 1.25), FxRate("EUR", DAY_MS // 2, rate))
    network = replace(world.network, channels=(web, market), fx_rates=rates)
    return tell(replace(world, network=network, treasury=NEVER), 5)


def test_the_same_customers_are_held_whatever_the_rate():
    dear, cheap = busy(1.9), busy(0.9)

    def held(story: Story) -> list[tuple[Any, ...]]:
        return story.events("order", "reason", kind="held")

    assert held(dear) == held(cheap)
    assert {"credit_limit", "approval_needed"} <= {reason for *_, reason in held(dear)}
    for story in (dear, cheap):
        credit = story.model.site.credit
        assert credit is not None
        assert 0 == min(min(row) for row in credit.exposure_cents if row is not None)
