"""Customers: when they come, what they carry, and that nobody else shifts their luck."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from sim.agents.customers.customer import LINE_FIELDS, Customers, Offer
from sim.calendar import Calendar
from sim.disruptions import Promotion
from sim.distributions import Discrete, Fixed
from sim.network import Category, Payment, Product, Promise, Segment
from sim.streams import Streams
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, World
from tests.sim.telling import at, clock, tell
from tests.worlds import a_busy_world, a_channel, a_trace, a_world

HOURS = tuple(1.0 + (h % 24) / 10 for h in range(168))


def offers(world: World, seed: int = 1) -> list[Offer]:
    return list(Customers(world, Streams(seed)).offers())


def rates(world: World, day: int = 0) -> dict[str, float]:
    """Expected orders an hour, from each moment at which the rate changes."""
    edges, per_ms = Customers(world, Streams(1))._rate(0, world.network.channels[0], day)
    return {clock(int(t)): rate * HOUR_MS for t, rate in zip(edges[:-1], per_ms)}


def of_channel(offer: Offer, channel: int) -> dict[str, list[float]]:
    """Everything that was drawn for one channel's customers."""
    orders = offer.channel == channel
    lines = np.repeat(orders, offer.line_count)
    return {
        f.name: getattr(offer, f.name)[lines if f.name in LINE_FIELDS else orders].tolist()
        for f in fields(Offer)
        if f.name != "channel"
    }


def test_each_hour_has_its_own_rate():
    world = a_world(channels=(a_channel(orders_per_day=240.0, hour_of_week=HOURS),))

    expected = {f"0 {h:02}:00": 240 * (1.0 + h / 10) / 24 for h in range(24)}
    assert {k: round(v, 9) for k, v in expected.items()} == {k: round(v, 9) for k, v in rates(world).items()}


def test_a_promotion_of_4_is_exactly_4_times_each_hours_rate():
    world = a_world(channels=(a_channel(orders_per_day=240.0, hour_of_week=HOURS),))
    promoted = replace(world, disruptions=(Promotion(at(0, 10), 6 * HOUR_MS, 4.0),))
    usual, lifted = rates(world), rates(promoted)

    assert {h: (4.0 if "0 10:00" <= h < "0 16:00" else 1.0) for h in usual} == {h: lifted[h] / usual[h] for h in usual}


def test_a_promotion_begins_and_ends_within_an_hour():
    world = a_world(
        channels=(a_channel(orders_per_day=24.0),),
        disruptions=(Promotion(at(0, 10, 20), 90 * MINUTE_MS, 4.0),),
    )
    told = {k: round(v, 9) for k, v in rates(world).items() if "0 10:00" <= k <= "0 12:00"}

    assert {"0 10:00": 1.0, "0 10:20": 4.0, "0 11:00": 4.0, "0 11:50": 1.0, "0 12:00": 1.0} == told


def test_promotions_multiply_and_keep_to_their_channels():
    world = a_world(
        channels=(a_channel(orders_per_day=24.0),),
        disruptions=(
            Promotion(at(0, 10), HOUR_MS, 2.0),
            Promotion(at(0, 10), HOUR_MS, 3.0, frozenset({0})),
            Promotion(at(0, 10), HOUR_MS, 50.0, frozenset({1})),
        ),
    )

    assert 6.0 == round(rates(world)["0 10:00"], 9)


def test_demand_grows_by_the_week():
    world = a_world(channels=(a_channel(orders_per_day=24.0, weekly_growth=0.07),), horizon=Horizon(9 * DAY_MS))

    assert [1.0, 1.07] == [round(rates(world, day)[f"{day} 05:00"], 9) for day in (0, 7)]


def test_nobody_comes_at_a_rate_of_zero_or_after_the_end():
    closed = tuple(0.0 if h % 24 < 12 else 2.0 for h in range(168))
    world = a_world(channels=(a_channel(orders_per_day=5_000.0, hour_of_week=closed),), horizon=Horizon(at(1, 15)))
    times = np.concatenate([o.at_ms for o in offers(world)])

    assert (True, True) == (bool((times % DAY_MS >= 12 * HOUR_MS).all()), bool((times < at(1, 15)).all()))
    assert (np.diff(times) >= 0).all()
    assert times.max() > at(1, 14, 50)


def test_a_day_of_25_hours_has_25_hours_of_demand():
    autumn = Calendar(datetime(2026, 11, 1, tzinfo=ZoneInfo("America/New_York")))
    world = a_world(channels=(a_channel(orders_per_day=24_000.0),), calendar=autumn, horizon=Horizon(25 * HOUR_MS))
    per_ms = Customers(world, Streams(1))._rate(0, world.network.channels[0], 0)
    (offer,) = offers(world)

    assert 25_000 == round(float((np.diff(per_ms[0]) * per_ms[1]).sum()))
    assert abs(len(offer) - 25_000) < 4 * 25_000**0.5


def test_another_channel_shifts_nobodys_draws():
    web = a_channel("web", orders_per_day=80.0, line_count=Discrete((1, 2, 3), (1, 1, 1)))
    new = a_channel("market", orders_per_day=300.0)
    alone, joined = (offers(a_world(channels=channels)) for channels in ((web,), (web, new)))

    assert [of_channel(o, 0) for o in alone] == [of_channel(o, 0) for o in joined]
    assert sum(map(len, joined)) > sum(map(len, alone))


def test_another_node_shifts_nobodys_draws():
    world = a_busy_world()
    fewer = replace(world, network=replace(world.network, nodes=world.network.nodes[:2]))
    few, many = offers(fewer), offers(world)

    assert [of_channel(o, c) for o in few for c in (0, 1)] == [of_channel(o, c) for o in many for c in (0, 1)]


def test_another_seed_is_another_crowd():
    world = a_busy_world()

    assert offers(world, 1)[0].at_ms.tolist() != offers(world, 2)[0].at_ms.tolist()


def test_a_price_cut_is_rounded_down_and_the_deepest_counts():
    world = a_world(
        products=(Product("P1", 999, 400, 0.5),),
        channels=(a_channel(orders_per_day=2_000.0, price_bp=9_500),),
        disruptions=(
            Promotion(at(0, 10), HOUR_MS, 1.0, price_cut_bp=1_000),
            Promotion(at(0, 10), HOUR_MS, 1.0, price_cut_bp=2_500),
        ),
    )
    offer = offers(world)[0]
    on_offer = (offer.at_ms >= at(0, 10)) & (offer.at_ms < at(0, 11))

    assert ({949}, {711}) == (set(offer.price_cents[~on_offer]), set(offer.price_cents[on_offer]))


def test_a_basket_and_its_returns():
    world = a_world(
        channels=(a_channel(orders_per_day=500.0, line_count=Fixed(2), quantity=Fixed(3)),),
        categories=(Category("all", return_share=0.4),),
        segments=(Segment("everyone", return_factor=0.5, return_delay_ms=Fixed(DAY_MS), cancel_share=0.0),),
    )
    offer = offers(world)[0]
    returning = np.add.reduceat(offer.return_units, np.arange(0, len(offer.product), 2)) > 0

    assert ({2}, {3}, {0, 3}) == (set(offer.line_count), set(offer.units), set(offer.return_units))
    assert np.where(returning, DAY_MS, -1).tolist() == offer.return_delay_ms.tolist()
    assert abs((offer.return_units > 0).mean() - 0.2) < 0.05


def test_payments_and_regions_are_drawn_by_their_weights():
    world = a_busy_world(4_000.0)
    offer = offers(world)[0]
    web = offer.channel == 0
    prepaid = offer.payment[web].mean()

    assert abs(prepaid - 0.2) < 4 * (0.16 / web.sum()) ** 0.5
    assert set(np.unique(offer.region)) == {0, 1, 2}
    assert {0} == set(offer.payment[offer.channel == 1])


def test_what_is_promised():
    """The 23rd is a Monday; by 14:00 of a working day the order leaves that day, two working days later it is there."""
    week = Promise(order_by_minute=14 * 60, transit_days=2, working_days=frozenset(range(5)))
    moments = [at(0, 13, 59), at(0, 14), at(3, 9), at(4, 15), at(5, 9)]
    world = a_world(
        channels=(a_channel(promise=week),),
        horizon=Horizon(7 * DAY_MS, 0, 60 * DAY_MS),
        trace=a_trace([(t, [(0, 1, 1_000)]) for t in moments]),
    )
    story = tell(world)
    ship_by = [clock(r["due_ms"]) for r in story.rows("events", kind="validated")]
    deliver_by = [clock(r["due_ms"]) for r in story.rows("events", kind="captured")]

    assert ["1 00:00", "2 00:00", "4 00:00", "8 00:00", "8 00:00"] == ship_by
    assert ["3 00:00", "4 00:00", "8 00:00", "10 00:00", "10 00:00"] == deliver_by


def test_a_customer_who_cancels_does_so_after_their_delay():
    segment = Segment("hasty", cancel_share=1.0, cancel_delay_ms=Fixed(10 * MINUTE_MS))
    world = a_world(channels=(a_channel(orders_per_day=30.0),), segments=(segment,), horizon=Horizon(at(0, 6)))
    (offer,) = offers(world)

    assert {10 * MINUTE_MS} == set(offer.cancel_ms)


def test_the_fingerprint_is_of_what_is_offered():
    def fingerprint(world: World) -> str:
        customers = Customers(world, Streams(1))
        list(customers.offers())
        return customers.demand_hash

    world = a_busy_world()
    poor = replace(world, stock=replace(world.stock, opening_units=world.stock.opening_units * 0))
    web, market = world.network.channels
    dearer = replace(
        world, network=replace(world.network, channels=(replace(web, payments=(Payment("card"),)), market))
    )

    assert fingerprint(world) == fingerprint(poor)
    assert fingerprint(world) != fingerprint(dearer)
