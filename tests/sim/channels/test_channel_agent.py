"""A channel: what it accepts against its view, how it hears of stock, and how overselling comes about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sim.distributions import Fixed
from sim.model import Model
from sim.network import Channel, Supplier, Sync
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon
from tests.sim.telling import Story, at, visit
from tests.worlds import Line, a_channel, a_node, a_world, stock

SAID = ("captured", "refused", "oversold", "view_refreshed")
P1 = (0, 1, 1_000)


def shop(*channels: Channel, orders: list[tuple[int, int, list[Line]]], units: int = 3, **changes) -> Story:
    """One node with ``units`` of P1 and 100 of P2; customers as (time, channel, lines)."""
    world = a_world(**{"channels": channels, "stock": stock([[units, 100]])} | changes)
    return visit(world, [(t, lines) for t, _, lines in orders], channel=[c for _, c, _ in orders])


def said(story: Story, *columns: str) -> list[tuple]:
    return story.events(*(columns or ("channel", "order", "quantity")), kind=SAID)


def test_live_reads_the_ledger_and_never_oversells():
    story = shop(a_channel(), orders=[(at(0, 9, m), 0, [(0, 2, 1_000)]) for m in (1, 2, 3)])

    assert [
        ("0 09:01", "captured", "web", 0, 2),
        ("0 09:02", "refused", "web", 1, 2),
        ("0 09:03", "refused", "web", 2, 2),
    ] == said(story)
    assert {"closed": 1, "refused": 2} == story.manifest["census"]


def test_a_missing_line_is_dropped_and_the_rest_sold():
    story = shop(a_channel(), orders=[(at(0, 9), 0, [(0, 4, 1_000), (1, 1, 2_500)])])

    assert [
        ("0 09:00", "refused", 0, "P1", 4, "not_on_view"),
        ("0 09:00", "captured", 1, "P2", 1, ""),
    ] == said(story, "line", "sku", "quantity", "reason")
    assert {"closed": 1} == story.manifest["census"]


def test_where_a_missing_line_costs_the_order_all_its_lines_are_refused():
    story = shop(a_channel(refuses="order"), orders=[(at(0, 9), 0, [(0, 4, 1_000), (1, 1, 2_500)])])

    assert [("0 09:00", "refused", 0, 4), ("0 09:00", "refused", 1, 1)] == said(story, "line", "quantity")
    assert {"refused": 1} == story.manifest["census"]


@pytest.mark.parametrize("refuses", ["line", "order"])
def test_one_product_on_two_lines_is_counted_once_each(refuses: str):
    story = shop(a_channel(refuses=refuses), orders=[(at(0, 9), 0, [(0, 2, 1_000), (0, 2, 1_000)])])

    expected = {
        "line": [("0 09:00", "refused", 1, 2), ("0 09:00", "captured", 0, 2)],
        "order": [("0 09:00", "refused", 0, 2), ("0 09:00", "refused", 1, 2)],
    }
    assert expected[refuses] == said(story, "line", "quantity")


def test_backorders_are_taken_where_they_are_welcome_and_are_no_overselling():
    story = shop(a_channel(accepts_backorders=True), orders=[(at(0, 9), 0, [(0, 5, 1_000)])])

    assert [("0 09:00", "captured", "web", 0, 5)] == said(story)
    assert 0 == story.manifest["counters"]["oversold_units"]


@pytest.mark.parametrize(
    ("share", "buffer", "units", "shown"),
    [(1.0, 0, 3, 3), (0.5, 0, 7, 3), (0.5, 2, 10, 3), (0.29, 0, 100, 29), (1.0, 5, 3, 0)],
)
def test_what_is_published_is_a_share_less_a_buffer(share: float, buffer: int, units: int, shown: int):
    asked = [(at(0, 9, m), 0, [(0, n, 1_000)]) for m, n in ((1, shown + 1), (2, shown)) if n]
    story = shop(a_channel(share=share, buffer_units=buffer), units=units, orders=asked)

    assert [("refused", shown + 1), ("captured", shown)][: len(asked)] == [
        (k, q) for _, k, q in said(story, "quantity")
    ]


def test_a_live_share_follows_what_is_left():
    """Half of 8, then half of 4, then half of 2."""
    orders = [(at(0, 9, m), 0, [(0, n, 1_000)]) for m, n in ((1, 4), (2, 3), (3, 2), (4, 2), (5, 1))]
    story = shop(a_channel(share=0.5), units=8, orders=orders)

    assert ["captured", "refused", "captured", "refused", "captured"] == [k for _, k in story.events(kind=SAID)]


def events_sync(name: str = "other", latency_ms: int = 10 * MINUTE_MS, **changes) -> Channel:
    return a_channel(name, sync=Sync("events", latency_ms=latency_ms, **changes))


def test_the_opening_stock_is_no_news():
    story = shop(events_sync("web"), orders=[(at(0, 9), 0, [(0, 4, 1_000)]), (at(0, 10), 0, [(0, 3, 1_000)])])

    assert [("0 09:00", "refused", "web", 0, 4), ("0 10:00", "captured", "web", 1, 3)] == said(story)


def test_another_channels_sale_is_heard_a_latency_later():
    """One millisecond before it is heard, the view still shows three; from then on it shows none."""
    heard = at(0, 9) + 10 * MINUTE_MS
    orders = [(at(0, 9), 0, [(0, 3, 1_000)]), (heard - 1, 1, [P1]), (heard, 1, [P1])]
    story = shop(a_channel(), events_sync(), orders=orders)

    assert [
        ("0 09:00", "captured", "web", 0, 3),
        ("0 09:09 +59999ms", "captured", "other", 1, 1),
        ("0 09:09 +59999ms", "oversold", "other", 1, 1),
        ("0 09:10", "refused", "other", 2, 1),
    ] == said(story)
    assert 1 == story.manifest["counters"]["oversold_units"]


def test_what_a_channel_sells_itself_it_knows_at_once():
    story = shop(events_sync("web"), orders=[(at(0, 9), 0, [(0, 2, 1_000)]), (at(0, 9), 0, [(0, 2, 1_000)])])

    assert [("0 09:00", "captured", "web", 0, 2), ("0 09:00", "refused", "web", 1, 2)] == said(story)


def test_its_own_sales_are_not_heard_a_second_time():
    orders = [(at(0, h), 0, [P1]) for h in (9, 10, 11, 12)]
    story = shop(events_sync("web"), orders=orders)

    assert ["captured", "captured", "captured", "refused"] == [k for _, k in story.events(kind=SAID)]


def test_a_share_by_events_is_a_share_of_what_was_heard():
    """Half of 8 is 4; it sells 2 and shows 2; web's sale of 2 leaves 4, of which half is 2."""
    orders = [
        (at(0, 9), 1, [(0, 2, 1_000)]),
        (at(0, 9, 1), 1, [(0, 3, 1_000)]),
        (at(0, 9, 2), 0, [(0, 2, 1_000)]),
        (at(0, 10), 1, [(0, 3, 1_000)]),
        (at(0, 10, 1), 1, [(0, 2, 1_000)]),
    ]
    story = shop(a_channel(), replace(events_sync(), share=0.5), units=8, orders=orders)

    assert ["captured", "refused", "captured", "refused", "captured"] == [k for _, k in story.events(kind=SAID)]


def test_receipts_are_heard_too():
    supplier = Supplier("maker", Fixed(6 * HOUR_MS))
    sold = [(at(0, 5), 0, [(0, 3, 1_000)]), (at(0, 12, 19), 0, [P1]), (at(0, 12, 20), 0, [P1])]
    story = shop(events_sync("web"), orders=sold, suppliers=(supplier,), stock=stock([[3, 0]], 1, [[5, 0]]))

    assert ["0 12:10"] == story.times("put_away")
    assert ["captured", "refused", "captured"] == [k for _, k in story.events(kind=SAID)]


def test_a_lost_message_leaves_a_drift():
    """With every message lost the view never learns of web's sale, nor of stock that was found."""
    orders = [(at(0, 9), 0, [(0, 3, 1_000)]), (at(0, 12), 1, [(0, 2, 1_000)]), (at(0, 13), 1, [(0, 2, 1_000)])]
    story = shop(a_channel(), events_sync(latency_ms=0, loss_share=1.0), orders=orders)

    assert [("captured", 0), ("captured", 1), ("oversold", 1), ("refused", 2)] == [
        (k, o) for _, k, o in said(story, "order")
    ]


def test_a_full_refresh_makes_good_what_was_lost():
    """At 12:00 all is read anew: nothing is left, and nothing is sold any more; without it one would be."""
    orders = [(at(0, 9), 0, [(0, 3, 1_000)]), (at(0, 10), 1, [(0, 2, 1_000)]), (at(0, 13), 1, [P1])]
    drifts, reads = (
        shop(a_channel(), events_sync(latency_ms=0, loss_share=1.0, refresh_ms=every), orders=orders)
        for every in (None, 12 * HOUR_MS)
    )

    assert [("captured", 0), ("captured", 1), ("oversold", 1), ("captured", 2), ("oversold", 2)] == [
        (k, o) for _, k, o in said(drifts, "order")
    ]
    assert [
        ("0 09:00", "captured", 0),
        ("0 10:00", "captured", 1),
        ("0 10:00", "oversold", 1),
        ("0 12:00", "view_refreshed", None),
        ("0 13:00", "refused", 2),
    ] == [e for e in said(reads, "order") if e[0] < "0 14"]


def test_a_change_that_comes_twice_is_applied_twice():
    """Two of six are sold on the web, and four are off the other's view: three are refused, of which there is one more;
    a refresh puts it right."""
    orders = [(at(0, 9), 0, [(0, 2, 1_000)]), (at(0, 10), 1, [(0, 3, 1_000)]), (at(0, 13), 1, [(0, 3, 1_000)])]
    once, twice, reads = (
        shop(a_channel(), events_sync(latency_ms=0, duplicate_share=share, refresh_ms=every), units=6, orders=orders)
        for share, every in ((0.0, None), (1.0, None), (1.0, 12 * HOUR_MS))
    )

    assert [("captured", 0), ("captured", 1), ("refused", 2)] == [(k, o) for _, k, o in said(once, "order")]
    assert [("captured", 0), ("refused", 1), ("refused", 2)] == [(k, o) for _, k, o in said(twice, "order")]
    assert [("captured", 0), ("refused", 1), ("captured", 2)] == [
        (k, o) for _, k, o in said(reads, "order") if k != "view_refreshed"
    ]


def test_a_receipt_that_is_heard_of_twice_is_oversold():
    """Five come to three, and the other channel shows thirteen: nine are sold, one of them does not exist."""
    supplier = Supplier("maker", Fixed(6 * HOUR_MS))
    sold = [(at(0, 5), 0, [(0, 3, 1_000)]), (at(0, 13), 1, [(0, 6, 1_000)])]
    hears = events_sync("other", latency_ms=0, duplicate_share=1.0)
    story = shop(a_channel(), hears, orders=sold, suppliers=(supplier,), stock=stock([[3, 0]], 1, [[5, 0]]))

    assert "0 12:10" == story.times("put_away")[0]
    assert [("0 13:00", "oversold", 1)] == story.events("order", kind="oversold")


def test_a_change_that_comes_twice_takes_two_turns_of_the_same_message():
    """An interface with a pace tells the same, twice."""
    orders = [(at(0, 9), 0, [(0, 2, 1_000)]), (at(0, 10), 1, [(0, 3, 1_000)])]
    story = shop(a_channel(), events_sync(latency_ms=0, duplicate_share=1.0, per_minute=60), units=6, orders=orders)

    assert [("captured", 0), ("refused", 1)] == [(k, o) for _, k, o in said(story, "order")]


def batch_sync(name: str = "other", latency_ms: int = 0, **changes) -> Channel:
    return a_channel(name, sync=Sync("batch", interval_ms=30 * MINUTE_MS, latency_ms=latency_ms, **changes))


def test_a_batch_shows_the_last_snapshot():
    orders = [(at(0, 1, 1), 0, [(0, 2, 1_000)]), (at(0, 1, 29), 1, [(0, 3, 1_000)]), (at(0, 1, 31), 1, [P1])]
    story = shop(a_channel(), batch_sync(), orders=orders, horizon=Horizon(at(0, 1, 45), 0, 60 * DAY_MS))

    assert [
        ("0 00:30", "view_refreshed", "other", None, 0),
        ("0 01:00", "view_refreshed", "other", None, 0),
        ("0 01:01", "captured", "web", 0, 2),
        ("0 01:29", "captured", "other", 1, 3),
        ("0 01:29", "oversold", "other", 1, 2),
        ("0 01:30", "view_refreshed", "other", None, 0),
        ("0 01:31", "refused", "other", 2, 1),
    ] == said(story)


def test_a_snapshot_comes_before_a_sale_at_the_same_instant():
    orders = [(at(0, 0, 29), 0, [(0, 3, 1_000)]), (at(0, 0, 30), 1, [P1])]
    story = shop(a_channel(), batch_sync(), orders=orders, horizon=Horizon(at(0, 0, 45), 0, DAY_MS))

    assert ["captured", "view_refreshed", "refused"] == [k for _, k in story.events(kind=SAID)]


def test_a_snapshot_taken_before_a_sale_and_applied_after_it_resurrects_units():
    """Taken at 00:30 with three units, applied at 00:35: the three sold at 00:31 are on the view again."""
    orders = [(at(0, 0, 31), 0, [(0, 3, 1_000)]), (at(0, 0, 34), 0, [P1]), (at(0, 0, 36), 0, [(0, 3, 1_000)])]
    story = shop(batch_sync("web", latency_ms=5 * MINUTE_MS), orders=orders, horizon=Horizon(at(0, 0, 45), 0, DAY_MS))

    assert [
        ("0 00:31", "captured", "web", 0, 3),
        ("0 00:34", "refused", "web", 1, 1),
        ("0 00:35", "view_refreshed", "web", None, 0),
        ("0 00:36", "captured", "web", 2, 3),
        ("0 00:36", "oversold", "web", 2, 3),
    ] == said(story)


def test_a_lost_snapshot_is_not_applied():
    story = shop(batch_sync("web", loss_share=1.0), orders=[(at(0, 9), 0, [P1])])

    assert ["captured"] == [k for _, k in story.events(kind=SAID)]


def test_while_it_is_offline_nothing_is_applied():
    model = Model(a_world(channels=(batch_sync("web"),)))
    model.channels[0].online = False
    model.channels[0].start()
    model.clock.run(until=DAY_MS)

    assert 0 == len(model.log.ids)


def test_units_oversold_are_those_beyond_what_was_there():
    """Two are left when three are accepted: one unit was never there."""
    orders = [(at(0, 9), 0, [P1]), (at(0, 9, 5), 1, [(0, 3, 1_000)]), (at(0, 9, 6), 2, [(0, 3, 1_000)])]
    blind = (batch_sync("a"), batch_sync("b"))
    story = shop(a_channel(), *blind, orders=orders, horizon=Horizon(20 * MINUTE_MS, 0, DAY_MS))

    assert [("a", 1), ("b", 3)] == [(c, q) for _, _, c, q in story.events("channel", "quantity", kind="oversold")]
    assert 4 == story.manifest["counters"]["oversold_units"]


def test_channels_sell_from_their_own_nodes_alone():
    """web may be served from A alone, other from both: it takes the whole of B, and the one left at A is web's."""
    nodes = (a_node("A"), a_node("B", serves_channels=frozenset({1})))
    orders = [(at(0, 9, 1), 0, [(0, 4, 1_000)]), (at(0, 9, 2), 1, [(0, 7, 1_000)]), (at(0, 9, 3), 0, [P1])]
    story = shop(a_channel(), a_channel("other"), orders=orders, nodes=nodes, stock=stock([[3, 0], [5, 0]]))

    assert [
        ("0 09:01", "refused", 0, None, 4),
        ("0 09:02", "captured", 1, None, 7),
        ("0 09:02", "allocated", 1, "A", 3),
        ("0 09:02", "allocated", 1, "B", 4),
        ("0 09:03", "refused", 2, None, 1),
    ] == story.events("order", "node", "quantity", kind=(*SAID, "allocated"))
