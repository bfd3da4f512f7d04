"""What channels promise, as a decision: from the stock in hand, less a buffer, ahead of what is on order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.network import Sync
from sim.policies.registry import policies
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, PolicyChange, PolicyChoice, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import POLICIES, a_busy_world, a_channel, a_world, stock

SYNCS = {"live": Sync(), "batch": Sync("batch", 15 * MINUTE_MS), "events": Sync("events", latency_ms=MINUTE_MS)}


def a_short_shop(policy: str | None, mode: str = "live", **parameters) -> World:
    """The web has four units of P1, and a review at six orders up to nine, which come two days later."""
    return a_world(
        channels=(a_channel(sync=SYNCS[mode]),),
        stock=stock([[4, 0]], [[4, 0]], [[9, 0]]),
        policies=POLICIES | ({"promise": PolicyChoice(policy, parameters)} if policy else {}),
    )


def sold(world: World, *units: int) -> list[tuple[str, str, int]]:
    """What becomes of customers who come from nine o'clock on, an hour apart."""
    orders = [(at(0, 9 + hour), [(0, n, 1_000)]) for hour, n in enumerate(units)]
    return visit(world, orders).events("quantity", kind=("captured", "refused"))


@pytest.mark.parametrize("mode", list(SYNCS))
@pytest.mark.parametrize(
    ("policy", "parameters", "expected"),
    [
        (None, {}, ["captured", "captured", "refused"]),
        ("by_channel", {}, ["captured", "captured", "refused"]),
        ("on_hand", {}, ["captured", "captured", "refused"]),
        ("with_buffer", {"units": 2}, ["captured", "refused", "refused"]),
        ("with_inbound", {"within_ms": 3 * DAY_MS}, ["captured", "captured", "captured"]),
        ("with_inbound", {"within_ms": HOUR_MS}, ["captured", "captured", "refused"]),
    ],
)
def test_what_each_policy_promises(mode: str, policy: str | None, parameters: dict, expected: list[str]):
    """Two and two of four units are asked for, then three more; five are on order since six o'clock."""
    assert expected == [kind for _, kind, _ in sold(a_short_shop(policy, mode, **parameters), 2, 2, 3)]


@pytest.mark.parametrize("mode", list(SYNCS))
def test_a_channels_own_keys_say_the_same_as_a_policy(mode: str):
    plain = a_short_shop(None, mode)
    web = plain.network.channels[0]

    def by_key(**changes) -> World:
        return replace(plain, network=replace(plain.network, channels=(replace(web, **changes),)))

    inbound = replace(web.promise, inbound_within_ms=3 * DAY_MS)
    assert sold(by_key(buffer_units=2), 2, 2, 3) == sold(a_short_shop("with_buffer", mode, units=2), 2, 2, 3)
    assert sold(by_key(promise=inbound), 2, 2, 3) == (
        sold(a_short_shop("with_inbound", mode, within_ms=3 * DAY_MS), 2, 2, 3)
    )
    assert sold(by_key(buffer_units=2, promise=inbound), 2) == sold(plain, 2)


@pytest.mark.parametrize("mode", list(SYNCS))
def test_another_policy_holds_from_its_moment_on(mode: str):
    """A buffer of two until 10:30, none until 12:30, then one again: of four units, one is never sold."""
    world = a_short_shop("with_buffer", mode, units=2)
    changes = (
        PolicyChange(at(0, 10, 30), "promise", PolicyChoice("on_hand")),
        PolicyChange(at(0, 12, 30), "promise", PolicyChoice("with_buffer", {"units": 1})),
    )
    world = replace(world, policy_changes=changes, stock=stock([[5, 0]]))

    assert [
        ("0 09:00", "captured", 2),
        ("0 10:00", "refused", 2),
        ("0 11:00", "captured", 1),
        ("0 12:00", "captured", 1),
        ("0 13:00", "refused", 1),
    ] == sold(world, 2, 2, 1, 1, 1)


def a_shop_that_runs_short(policy: str) -> Story:
    world = a_busy_world(300.0, products=10, horizon=Horizon(4 * DAY_MS, 0, 30 * DAY_MS))
    web, market = world.network.channels
    late = replace(market, sync=replace(market.sync, interval_ms=6 * HOUR_MS))
    world = replace(world, network=replace(world.network, channels=(web, late)))
    return tell(replace(world, policies=POLICIES | {"promise": PolicyChoice(policy)}))


def test_promises_trade_sales_against_overselling_for_the_same_customers():
    """One of two channels hears of stock every six hours: a buffer oversells and sells less, inbound sells more."""
    told = {name: a_shop_that_runs_short(name) for name in ("on_hand", "with_buffer", "with_inbound")}
    units = {n: sum(r["quantity"] for r in story.rows("events", kind="captured")) for n, story in told.items()}
    oversold = {n: sum(r["quantity"] for r in story.rows("events", kind="oversold")) for n, story in told.items()}

    assert 1 == len({story.manifest["demand_hash"] for story in told.values()})
    assert units["with_buffer"] < units["on_hand"] < units["with_inbound"]
    assert oversold["with_buffer"] < oversold["on_hand"]


def test_every_promise_policy_answers_for_every_channel():
    world = a_busy_world()
    for cls in policies()["promise"].values():
        policy = cls()
        policy.bind(world)
        terms = [policy.decide(channel) for channel in range(len(world.network.channels))]
        assert all(t.buffer_units >= 0 and (t.inbound_within_ms is None or t.inbound_within_ms >= 0) for t in terms)
        assert terms == [policy.decide(channel) for channel in range(len(terms))]
