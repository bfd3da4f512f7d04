"""Interfaces with a pace: messages and news of stock wait their turn, and what is lost is sent again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sim.agents.channels.channel import Channel
from sim.messages.plan import MessageRoute
from sim.model import Model
from sim.network import Sync
from sim.turnstile import Turnstile
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from sim.world import Horizon
from tests.sim.telling import Story, at, told, visit, visited
from tests.worlds import a_busy_world, a_channel, a_node, a_world, stock

P1, P2 = [(0, 1, 1_000)], [(1, 1, 2_500)]


def test_a_turnstile_takes_one_after_the_other():
    turns = Turnstile(per_minute=3)

    assert [20_000, 40_000, 60_000] == [turns.through_ms(0) for _ in range(3)]
    assert [120_000, 160_000] == [turns.through_ms(100_000), turns.through_ms(100_000, count=2)]


# Messages.


def confirmed(route: MessageRoute | None, orders: int = 4) -> Story:
    """So many parcels leave at 17:00."""
    world = a_world(messages=() if route is None else (route,), nodes=(a_node(wave_interval_ms=MINUTE_MS),))
    return visit(world, [(at(0, 9), P1)] * orders)


def test_messages_wait_for_their_turn():
    """Two a minute: four confirmations of 17:00 are heard within two minutes, one each half a minute."""
    paced = MessageRoute("wms", ("ship_confirmation",), per_minute=2)

    assert ["0 17:00 +30000ms", "0 17:01", "0 17:01 +30000ms", "0 17:02"] == confirmed(paced).times("message_received")
    assert ["0 17:00"] * 4 == confirmed(replace(paced, per_minute=None)).times("message_received")


def test_what_is_lost_takes_another_turn():
    """All are lost, and tried again ten minutes later; after that a desk has them."""
    lossy = MessageRoute("wms", ("ship_confirmation",), loss_share=1.0, per_minute=2, retries=1)
    lossy = replace(lossy, retry_ms=10 * MINUTE_MS)
    story = confirmed(lossy, orders=2)

    assert ["0 17:00 +30000ms", "0 17:01", "0 17:11", "0 17:11 +30000ms"] == story.times("message_lost")
    assert 2 == len(story.times("divergence_found"))


# News of stock.


def views(sync: Sync, orders: list[tuple[int, list]], look: list[int], opening: int = 10) -> list[int]:
    """What the shop shows of P1 at some moments, while another channel sells."""
    world = a_world(
        channels=(a_channel("shop", sync=sync), a_channel("till")),
        stock=stock([[opening, opening]], [[0, 0]], [[0, 0]]),
        horizon=Horizon(DAY_MS, 0, 10 * DAY_MS),
    )
    model = visited(world, orders, channel=[1] * len(orders))
    model.begin()
    shown = []
    for moment in look:
        model.clock.run_until(moment)
        shop: Channel = model.channels[0]
        if sync.mode == "events":
            shop._hear()
        shown.append(shop.view[0])
    return shown


def test_changes_are_heard_at_the_pace_of_the_interface():
    """Six sales of one minute, two changes a minute: the view is three minutes behind."""
    sales = [(at(0, 9), P1)] * 6
    looks = [at(0, 9, m) + 1_000 for m in (0, 1, 2, 3)]

    assert [10, 8, 6, 4] == views(Sync("events", per_minute=2), sales, looks)
    assert [4, 4, 4, 4] == views(Sync("events", retries=1), sales, looks)


def test_the_queue_grows_in_a_peak_and_is_worked_off_after_it():
    """A sale every ten seconds for five minutes, three changes a minute: half of them wait at the end."""
    sales = [(at(0, 9) + 10 * SECOND_MS * n, P1) for n in range(30)]
    looks = [at(0, 9, 5), at(0, 9, 10) + 1_000]

    assert [85, 70] == views(Sync("events", per_minute=3), sales, looks, opening=100)


def test_a_lost_change_is_sent_again():
    """Nine in ten are lost: with twenty attempts nearly all arrive, without none of the first six does."""
    sales = [(at(0, 9), P1)] * 6
    retried = Sync("events", loss_share=0.9, retries=60, retry_ms=MINUTE_MS)

    assert [4] == views(retried, sales, [at(0, 11)])
    assert views(Sync("events", loss_share=0.9), sales, [at(0, 11)])[0] > 6


def test_a_snapshot_takes_as_long_as_there_are_changes():
    """Two products changed, one a minute: what the batch of 9:15 saw is shown at 9:17."""
    sync = Sync("batch", interval_ms=15 * MINUTE_MS, per_minute=1)
    sales = [(at(0, 9, 1), P1), (at(0, 9, 2), P2)]

    assert [10, 9] == views(sync, sales, [at(0, 9, 17), at(0, 9, 17) + 1])


@pytest.mark.parametrize(("retries", "shown"), [(0, [10, 10]), (40, [10, 9])])
def test_a_lost_snapshot_is_taken_anew(retries: int, shown: list[int]):
    """Nine in ten are lost: the one of 9:15 arrives after some minutes where it is tried again."""
    sync = Sync("batch", interval_ms=4 * HOUR_MS, loss_share=0.9, retries=retries, retry_ms=MINUTE_MS)

    assert shown == views(sync, [(at(0, 9), P1)], [at(0, 11, 59), at(0, 12, 50)])


def test_the_same_customers_are_oversold_more_by_a_slow_interface():
    busy = a_busy_world(2_000.0, horizon=Horizon(2 * DAY_MS, 0, 20 * DAY_MS))
    busy = replace(busy, stock=replace(busy.stock, opening_units=busy.stock.opening_units // 8))
    web, market = busy.network.channels

    def oversold(sync: Sync) -> tuple[Any, int]:
        both = (replace(web, sync=sync), replace(market, sync=sync))
        story = told(Model(replace(busy, network=replace(busy.network, channels=both))))
        return story.manifest["demand_hash"], sum(row["quantity"] for row in story.rows("events", kind="oversold"))

    (usual, fast), (same, slow) = oversold(Sync("events")), oversold(Sync("events", per_minute=1))

    assert usual == same
    assert fast < slow


def test_no_channel_with_a_pace_takes_the_fast_lane():
    model = Model(a_world(channels=(a_channel(sync=Sync("events", per_minute=5)),)))

    assert not model.channels[0].is_usual
