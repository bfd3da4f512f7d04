"""Subscribers: renewals, skips, declined payments, and who leaves, to the minute and for the same people."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.agents.customers.subscriptions import SubscriptionChannel
from sim.distributions import Discrete, Fixed, Uniform
from sim.measures.registry import compute
from sim.model import Model
from sim.plans.subscription import Subscription
from sim.run import Run
from sim.units import DAY_MS
from sim.world import Horizon, World
from tests.sim.telling import Story, tell, told
from tests.worlds import a_busy_world, a_carrier, a_channel, a_world, stock

WEEKLY = Subscription(subscribers=1, cadence_ms=Fixed(7 * DAY_MS), renew_minute=6 * 60)
TOLD = (
    "subscription_opened",
    "subscribed",
    "renewed",
    "renewal_declined",
    "renewal_skipped",
    "unsubscribed",
    "captured",
    "refused",
)


def box(plan: Subscription, days: int = 20, **changes: Any) -> World:
    """A shop of one subscriber and nobody else; renewals are on Thursdays (the draw of seed 1)."""
    channel = a_channel("box", kind="subscription", subscription=plan)
    return a_world(**{"channels": (channel,), "horizon": Horizon(days * DAY_MS, 0, 90 * DAY_MS)} | changes)


def said(story: Story) -> list[tuple[Any, ...]]:
    return story.events("order", "reason", kind=TOLD)


def test_a_subscriber_renews_every_week():
    story = tell(box(WEEKLY))

    assert [
        ("0 00:00", "subscription_opened", None, ""),
        ("3 06:00", "renewed", 0, ""),
        ("3 06:00", "captured", 0, ""),
        ("10 06:00", "renewed", 1, ""),
        ("10 06:00", "captured", 1, ""),
        ("17 06:00", "renewed", 2, ""),
        ("17 06:00", "captured", 2, ""),
    ] == said(story)
    assert 1 == len({(r["sku"], r["quantity"]) for r in story.rows("events", kind="captured")}), (
        "the same box each time"
    )


def test_a_declined_renewal_is_asked_for_three_times_and_given_up():
    story = tell(box(replace(WEEKLY, declined_share=1.0, retries_ms=(DAY_MS, 3 * DAY_MS))))

    assert [
        ("3 06:00", "renewal_declined", 0, "payment_declined"),
        ("4 06:00", "renewal_declined", 0, "payment_declined"),
        ("6 06:00", "renewal_declined", 0, "payment_declined"),
        ("6 06:00", "unsubscribed", 0, "payment_declined"),
    ] == said(story)[1:]
    assert {"refused": 3} == story.manifest["census"], "what was planned for later is not asked for any more"


def test_a_retry_that_succeeds_is_an_order_with_a_promise_of_its_own():
    """Paid on Friday instead of Thursday: the five days to delivery count from Friday."""
    story = tell(box(replace(WEEKLY, declined_share=1.0, retries_ms=(DAY_MS,), recovered_share=1.0), days=8))

    assert [
        ("3 06:00", "renewal_declined", 0, "payment_declined"),
        ("4 06:00", "renewed", 0, ""),
        ("4 06:00", "captured", 0, ""),
    ] == said(story)[1:]
    assert [10 * DAY_MS] == [r["due_ms"] for r in story.rows("events", kind="captured")]


def test_who_has_not_paid_gets_no_other_box():
    """Asked again ten days later, over the next renewal."""
    plan = replace(WEEKLY, declined_share=1.0, retries_ms=(10 * DAY_MS,), recovered_share=1.0)

    assert [
        ("3 06:00", "renewal_declined", 0, "payment_declined"),
        ("10 06:00", "renewal_skipped", 1, "payment_declined"),
        ("13 06:00", "renewed", 0, ""),
        ("13 06:00", "captured", 0, ""),
        ("17 06:00", "renewal_declined", 2, "payment_declined"),
    ] == said(tell(box(plan)))[1:6]


def test_a_box_that_is_skipped_and_a_subscriber_who_leaves():
    assert ["renewal_skipped"] * 3 == [k for _, k, *_ in said(tell(box(replace(WEEKLY, skip_share=1.0))))[1:]]
    assert [("3 06:00", "unsubscribed", 0, "changed_mind")] == said(tell(box(replace(WEEKLY, churn_share=1.0))))[1:]


@pytest.mark.parametrize("days", [7, 3])
def test_who_was_let_down_leaves(days: int):
    """The first box is promised within five days. After seven days on the road, the second is not wanted."""
    plan = replace(WEEKLY, let_down_churn_share=1.0)
    story = tell(box(plan, services=(a_carrier(transit_days=(Fixed(days),) * 7),)))
    fate = ("unsubscribed", 1, "promise_broken") if days == 7 else ("renewed", 1, "")

    assert fate == next(row[1:] for row in said(story) if row[0] == "10 06:00")


def test_an_empty_shelf_lets_down_too():
    story = tell(box(replace(WEEKLY, let_down_churn_share=1.0), stock=stock([[0, 0]])))

    assert [
        ("3 06:00", "renewed", 0, ""),
        ("3 06:00", "refused", 0, "not_on_view"),
        ("10 06:00", "unsubscribed", 1, "promise_broken"),
    ] == said(story)[1:]


def test_who_orders_subscribes():
    """A third of the renewals would be cancelled; those who pay and stay renew a week after they joined."""
    channel = a_channel("box", orders_per_day=3.0, subscription=Subscription(cadence_ms=Fixed(7 * DAY_MS)))
    story = tell(box(WEEKLY, days=9, channels=(channel,)))
    joined = [r["time_ms"] for r in story.rows("events", kind="subscribed")]

    assert len(joined) > 15
    assert [t + 7 * DAY_MS for t in joined if t < 2 * DAY_MS] == [
        r["time_ms"] for r in story.rows("events", kind="renewed")
    ]


PLAN = Subscription(
    subscribers=300,
    cadence_ms=Discrete((7.0 * DAY_MS, 14.0 * DAY_MS), (0.5, 0.5)),
    skip_share=0.1,
    churn_share=0.05,
    let_down_churn_share=0.4,
    declined_share=0.1,
    retries_ms=(DAY_MS, 3 * DAY_MS, 5 * DAY_MS),
    recovered_share=0.3,
)


def busy(plan: Subscription, transit_days: float = 2.0) -> World:
    world = a_busy_world(30.0, horizon=Horizon(28 * DAY_MS, 0, 60 * DAY_MS))
    channel = a_channel("box", kind="subscription", orders_per_day=2.0, subscription=plan)
    carrier = a_carrier(transit_days=(Fixed(transit_days),) * 7)
    plenty = stock([[300] * 40] * 3)
    network = replace(world.network, channels=(*world.network.channels, channel), services=(carrier,))
    return replace(world, network=network, stock=plenty)


@pytest.fixture(scope="module")
def runs() -> dict[str, tuple[str, dict[str, float]]]:
    """The same subscribers: parcels in time and late, dunning and none, and subscribers who do not mind."""
    worlds = {
        "in time": busy(PLAN),
        "late": busy(PLAN, 8.0),
        "late, patient": busy(replace(PLAN, let_down_churn_share=0.05), 8.0),
        "no retries": busy(replace(PLAN, retries_ms=())),
    }
    found = {}
    for name, world in worlds.items():
        with tempfile.TemporaryDirectory() as folder:
            demand = Model(world, 5, check=True).run(Path(folder))["demand_hash"]
            names = ["active_subscribers", "lost_subscribers", "subscriber_churn", "involuntary_churn"]
            names += ["renewal_success", "dunning_recovery"]
            found[name] = demand, compute(Run.open(Path(folder)).books, names)
    return found


def test_late_parcels_cost_subscribers(runs: dict[str, tuple[str, dict[str, float]]]):
    assert 1 == len({demand for demand, _ in runs.values()}), "all were offered the same renewals"
    late, patient, usual = (runs[name][1] for name in ("late", "late, patient", "in time"))

    assert late["lost_subscribers"] > 1.5 * usual["lost_subscribers"]
    assert late["active_subscribers"] < usual["active_subscribers"] <= patient["active_subscribers"]


def test_retries_keep_subscribers(runs: dict[str, tuple[str, dict[str, float]]]):
    """Of a tenth that is declined, 1 - 0.7^3 = 66% pay at one of three retries."""
    with_retries, without = runs["in time"][1], runs["no retries"][1]

    assert 0.66 == pytest.approx(with_retries["dunning_recovery"], abs=0.15)
    assert 0.0 == without["dunning_recovery"]
    assert with_retries["renewal_success"] > without["renewal_success"]
    assert with_retries["involuntary_churn"] < without["involuntary_churn"]


def test_without_subscribers_a_channel_is_like_any_other():
    """Nobody's luck depends on whether somebody else subscribes."""
    with_box, without = busy(PLAN), busy(PLAN)
    without = replace(without, network=replace(without.network, channels=without.network.channels[:2]))

    def others(world: World) -> list[tuple[Any, ...]]:
        rows = tell(world, 2, check=False).rows("events", kind=("captured", "refused"), channel=("web", "market"))
        return [(r["time_ms"], r["channel"], r["sku"], r["quantity"]) for r in rows]

    assert others(without) == others(with_box)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.tuples(*[st.floats(0, 1)] * 5),
    st.lists(st.integers(1, 12), max_size=3, unique=True).map(sorted),
    st.integers(0, 99),
)
def test_each_subscriber_leaves_once_and_each_renewal_has_one_fate(
    shares: tuple[float, ...], retry_days: list[int], seed: int
):
    skip, churn, let_down, declined, recovered = shares
    plan = Subscription(
        20, Uniform(3 * DAY_MS, 9 * DAY_MS), None, skip, churn, let_down, declined,
        tuple(d * DAY_MS for d in retry_days), recovered,
    )  # fmt: skip
    channel = a_channel("box", orders_per_day=0.5, subscription=plan)
    story = told(Model(box(plan, channels=(channel,)), seed, check=True))
    kinds = Counter(row["kind"] for row in story.rows("events"))
    fates = Counter(r["order"] for r in story.rows("events", kind=("renewed", "renewal_skipped", "unsubscribed")))
    sold = story.model.channels[0]
    assert isinstance(sold, SubscriptionChannel)

    assert kinds["subscription_opened"] + kinds["subscribed"] - kinds["unsubscribed"] == sold.club.size
    joined = {r["order"] for r in story.rows("events", kind="subscribed")}
    assert all(n == 1 for order, n in fates.items() if order not in joined)
