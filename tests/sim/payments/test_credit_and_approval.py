"""Business customers: what needs approval, what is above the credit limit, and when it passes after all."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.distributions import Fixed
from sim.network import Payment, Supplier
from sim.units import DAY_MS
from sim.world import Horizon, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_channel, a_world, stock

TEN = [(0, 10, 1_000)]
STEPS = ("held", "hold_cleared", "validated", "cancelled", "released", "settled")


def b2b(**changes: Any) -> World:
    """On invoice, paid 30 days after departure."""
    channel = a_channel(
        "portal", kind="b2b", payments=(Payment("invoice"),), settlement_ms=30 * DAY_MS, accepts_backorders=True
    )
    world = {k: changes.pop(k) for k in ("stock", "suppliers") if k in changes}
    return a_world(channels=(replace(channel, **changes),), **world)


def steps(story: Story, order: int, *columns: str) -> list[tuple[Any, ...]]:
    return story.events(*columns, order=order, kind=STEPS)


@pytest.mark.parametrize(("over", "held"), [(9_999, True), (10_000, False)])
def test_large_orders_need_approval(over: int, held: bool):
    story = visit(b2b(approval_over_cents=over), [(at(0, 9), TEN)])

    assert ([("0 09:00", "held", "approval_needed")] if held else []) == story.events("reason", kind="held")
    assert ["0 09:06" if held else "0 09:00"] == story.times("validated")


@pytest.mark.parametrize(
    ("share", "kind", "reason"), [(0.0, "hold_cleared", "approved"), (1.0, "cancelled", "rejected")]
)
def test_the_desk_approves_or_rejects(share: float, kind: str, reason: str):
    story = visit(b2b(approval_over_cents=1, approval_rejected_share=share), [(at(0, 9), TEN)])

    assert [("0 09:06", kind, reason, "desk:order desk")] == story.events(
        "reason", "actor", kind=("hold_cleared", "cancelled")
    )


def test_credit_counts_receivables_and_open_orders():
    """A limit of 150.00: the second order of 100.00 waits until the first one is paid for, on day 30."""
    story = visit(b2b(credit_limit_cents=15_000), [(at(0, 9), TEN), (at(0, 10), TEN)])

    assert [("0 09:00", "validated")] == steps(story, 0)[:1]
    assert [
        ("0 10:00", "held", "credit_limit"),
        ("31 08:06", "hold_cleared", "approved"),
        ("31 08:06", "validated", ""),
    ] == steps(story, 1, "reason")[:3]
    assert "31 00:00" == story.times("settled")[0]


def test_a_controller_lets_an_account_go_a_little_further():
    story = visit(b2b(credit_limit_cents=15_000, credit_tolerance_share=0.5), [(at(0, 9), TEN), (at(0, 10), TEN)])

    assert [("0 10:00", "held", "orchestrator"), ("0 10:06", "hold_cleared", "desk:order desk")] == steps(
        story, 1, "actor"
    )[:2]


def test_what_can_never_pass_is_refused():
    story = visit(b2b(credit_limit_cents=9_000), [(at(0, 9), TEN)])

    assert [("0 09:06", "cancelled", "credit_limit")] == story.events("reason", kind="cancelled")


def test_a_cancelled_order_gives_its_credit_back():
    """The first customer thinks better of it at 11:00, before release at noon: the second order passes."""
    world = b2b(credit_limit_cents=15_000)
    nodes = (replace(world.network.nodes[0], wave_interval_ms=at(0, 12)),)
    world = replace(world, network=replace(world.network, nodes=nodes))
    story = visit(world, [(at(0, 9), TEN), (at(0, 10), TEN)], cancel_ms=[at(0, 2), -1])

    assert ["0 11:00"] == story.times("cancelled", order=0)
    assert ["0 11:06"] == story.times("hold_cleared", order=1)


def test_credit_is_checked_again_at_release():
    """Goods for the first order come on day 3. Meanwhile a controller let another order pass that took the account
    over its limit: the first is held at release, and the controller lets it pass too."""
    plan = {"stock": stock([[0, 20]], [[1, 0]], [[20, 0]]), "suppliers": (Supplier("maker", Fixed(3 * DAY_MS)),)}
    world = b2b(credit_limit_cents=15_000, credit_tolerance_share=1.0, **plan)
    story = visit(world, [(at(0, 9), TEN), (at(0, 10), [(1, 4, 2_500)])])
    told = [(kind, reason) for _, kind, reason in steps(story, 0, "reason")]

    assert [("validated", ""), ("held", "credit_limit"), ("hold_cleared", "approved"), ("validated", "")] == told[:4]
    assert "released" == told[4][0]


def test_accounts_have_limits_of_their_own():
    """Two customers of one portal do not answer for one another; the same customers without limits wait for nothing."""
    orders = [(at(0, 9, minute), TEN) for minute in range(12)]
    held = [
        len(visit(b2b(credit_limit_cents=limit, accounts=n), orders).times("held"))
        for limit, n in ((15_000, 1), (15_000, 6), (None, 6))
    ]

    assert 11 == held[0] > held[1] > held[2] == 0


def test_limits_cost_the_same_customers_time():
    """With limits, approval and accounts the books still hold under the audit, and the same customers come."""
    world = a_busy_world(200.0, horizon=Horizon(2 * DAY_MS, 0, 60 * DAY_MS))

    def with_limit(limit: int | None) -> Story:
        web = replace(
            world.network.channels[0],
            payments=(Payment("invoice"),),
            settlement_ms=2 * DAY_MS,
            accounts=10,
            credit_limit_cents=limit,
            approval_over_cents=None if limit is None else 4_000,
        )
        return tell(replace(world, network=replace(world.network, channels=(web, world.network.channels[1]))), 5)

    free, limited = with_limit(None), with_limit(30_000)

    assert free.model.customers.demand_hash == limited.model.customers.demand_hash
    assert [] == free.rows("events", kind="held", reason=("credit_limit", "approval_needed"))
    assert {"credit_limit", "approval_needed"} <= {r["reason"] for r in limited.rows("events", kind="held")}
    credit = limited.model.site.credit
    assert credit is not None
    assert min(min(row) for row in credit.exposure_cents if row is not None) >= 0
