"""Recalls reach who has the goods however long ago: closed orders are reopened, refunded and closed again."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.books import log
from sim.books.columns import Table
from sim.disruptions.recall import RecallOfGoods
from sim.disruptions.recurring import Recurring
from sim.distributions import Fixed
from sim.errors import IllegalTransitionError
from sim.measures.series import orders_by_stall, orders_by_state
from sim.model import Model
from sim.network import Payment, Segment
from sim.orders import VALIDATED
from sim.run import Run
from sim.units import BASIS_POINTS, DAY_MS, HOUR_MS
from sim.world import Horizon, World
from tests.sim.telling import at, tell, visit, visited
from tests.worlds import a_busy_world, a_channel, a_world

P1, BOTH = [(0, 1, 1_000)], [(0, 2, 1_000), (1, 1, 2_500)]
ALL = BASIS_POINTS
QUICK = (Segment("everyone", return_transit_ms=Fixed(DAY_MS)),)
SOLD = ("delivered", "settled", "closed")
BACK = ("recall_told", "reopened", "return_requested", "return_received", "restocked", "refunded")


def recall(day: int, products: frozenset[int] = frozenset({0}), **beyond: Any) -> RecallOfGoods:
    """At 9:00, for five days; all customers send the goods back at once."""
    beyond = {"sent_back_share_bp": ALL, "sent_back_after_ms": 0} | beyond
    return RecallOfGoods(at(day, 9), 5 * DAY_MS, products, **beyond)


def a_long_world(*recalls: RecallOfGoods, **changes: Any) -> World:
    return a_world(disruptions=recalls, segments=QUICK, horizon=Horizon(2 * DAY_MS, 0, 120 * DAY_MS), **changes)


def test_a_closed_order_is_reopened_refunded_and_closed_again():
    """Delivered on day 2, its window of 30 days passed, a recall on day 40 of the two units of P1."""
    story = visit(a_long_world(recall(40)), [(at(0, 9), BOTH)])

    assert [
        ("2 12:00", "delivered", 0, ""),
        ("3 00:00", "settled", 0, ""),
        ("32 12:00", "closed", 0, ""),
        ("40 09:00", "recall_told", 2, "recalled"),
        ("40 09:00", "reopened", 0, "recalled"),
        ("40 09:00", "return_requested", 2, "recalled"),
        ("42 08:00", "return_received", 2, ""),
        ("42 08:05", "restocked", 2, ""),
        ("42 08:05", "refunded", 2, ""),
        ("42 08:05", "closed", 0, ""),
    ] == story.events("quantity", "reason", kind=(*SOLD, *BACK))
    assert {"closed": 1} == story.manifest["census"]
    # 20.00 and 7% tax go back, and the goods are ours again at their cost.
    assert [("sales_returns", 2_000), ("tax_payable", 140), ("cash", -2_140)] == story.postings(kind="refunded")
    assert [("inventory", 800), ("cost_of_goods", -800)] == story.postings(kind="return_received")
    assert 0 == sum(r["amount_cents"] for r in story.rows("journal"))


def test_who_keeps_the_goods_keeps_a_closed_order():
    """Told, and moved to ask; nothing comes back, nothing is reopened."""
    story = visit(a_long_world(recall(40, sent_back_share_bp=0, contact_share_bp=ALL)), [(at(0, 9), P1)])

    assert ["40 09:00"] == story.times("recall_told") == story.times("ticket_opened")
    assert ["32 12:00"] == story.times("closed")
    assert [] == story.times("reopened")


def test_two_recalls_reopen_an_order_twice():
    """Each of its goods comes back for its own recall, once."""
    first, second = recall(40), recall(50, frozenset({0, 1}))
    story = visit(a_long_world(first, second), [(at(0, 9), BOTH)])

    assert ["40 09:00", "50 09:00"] == story.times("reopened")
    assert ["32 12:00", "42 08:05", "52 08:05"] == story.times("closed")
    assert [2_140, 2_675] == [r["value_cents"] for r in story.rows("events", kind="refunded")]


def test_a_deposit_that_was_earned_goes_back_too():
    """Paid in advance, returned by recall: the deposit account is even before and after."""
    channels = (a_channel(payments=(Payment("prepaid"),)),)
    story = visit(a_long_world(recall(40), channels=channels), [(at(0, 9), P1)])

    assert ["32 12:00", "42 08:05"] == story.times("closed")
    assert 0 == story.balance("customer_deposits") == story.balance("cash")


def test_a_recall_names_since_when_its_goods_were_sold():
    """Ordered on days 0 and 20; on day 60, those of the last 50 days are meant."""
    orders = [(at(0, 9), P1), (at(20, 9), P1)]
    everyone = visit(a_long_world(recall(60)), orders)
    late = visit(a_long_world(recall(60, ordered_within_ms=50 * DAY_MS)), orders)
    exactly = visit(a_long_world(recall(60, ordered_within_ms=60 * DAY_MS)), orders)

    assert [0, 1] == [r["order"] for r in everyone.rows("events", kind="recall_told")]
    assert [1] == [r["order"] for r in late.rows("events", kind="recall_told")]
    assert [0, 1] == [r["order"] for r in exactly.rows("events", kind="recall_told")]


def test_what_is_ordered_before_that_is_not_stopped_either():
    """On the road when the recall of what was ordered in the last hour begins."""
    none, one = (
        visit(a_long_world(recall(1, intercept_share_bp=ALL, ordered_within_ms=within_ms)), [(at(0, 9), P1)])
        for within_ms in (HOUR_MS, DAY_MS)
    )

    assert ([], ["1 09:00"]) == (none.times("recall_stopped"), one.times("recall_stopped"))
    assert [] == none.times("recall_told")


def test_nothing_but_a_recall_reopens_an_order():
    model = visited(a_long_world(recall(100)), [(at(0, 9), P1)])
    with tempfile.TemporaryDirectory() as name:
        model.run(Path(name))

    model.site.called_back = None
    with pytest.raises(IllegalTransitionError, match="a recall brings back what it holds"):
        model.site.order_states.move(0, VALIDATED)


def test_it_is_seen_as_open_while_it_is_open():
    """State and stall reason, before it was closed first, in between, and after."""
    model = visited(a_long_world(recall(40, sent_back_after_ms=DAY_MS), recall(60, frozenset({1}))), [(at(0, 9), BOTH)])
    with tempfile.TemporaryDirectory() as name:
        model.run(Path(name))
        run = Run.open(name)
        requested = int(run.sql("SELECT min(time_ms) AS at FROM events WHERE kind = 'return_requested'")["at"][0])
        received = int(run.sql("SELECT min(time_ms) AS at FROM events WHERE kind = 'return_received'")["at"][0])
        seen = {
            day: run.state_at(ms)["state"].tolist()
            for day, ms in {"31": at(31, 0), "39": at(39, 0), "told": at(40, 9), "asked": requested}.items()
        }
        seen |= {"came": run.state_at(received)["state"].tolist(), "50": run.state_at(at(50, 0))["state"].tolist()}
        seen |= {"61": run.state_at(at(61, 0))["state"].tolist(), "70": run.state_at(at(70, 0))["state"].tolist()}
        stalls, states = orders_by_stall(run.books, DAY_MS), orders_by_state(run.books, DAY_MS)

    assert at(40, 9) < requested < received
    assert {
        "31": ["delivered"],
        "39": ["closed"],
        "told": ["delivered"],
        "asked": ["return_requested"],
        "came": ["return_received"],
        "50": ["closed"],
        "61": ["return_requested"],
        "70": ["closed"],
    } == seen
    open_days = stalls.sum(axis=1)
    assert [1, 0, 1, 0, 1, 0] == [int(open_days.iloc[day]) for day in (31, 39, 41, 50, 61, 70)]
    assert 1 == stalls["return or settlement"].iloc[41]
    assert 1 == stalls["return window"].iloc[31]
    assert {1} == set(states.iloc[1:].sum(axis=1))


def busy(*disruptions: Any) -> World:
    """Sixty orders a day for a hundred days."""
    horizon = Horizon(100 * DAY_MS, 0, 140 * DAY_MS)
    return a_busy_world(60.0, horizon=horizon, disruptions=disruptions)


def orders_held(world: World, folder: Path) -> dict[int, int]:
    """By day: orders in memory."""
    model, found = Model(world, seed=2), dict[int, int]()
    folder.mkdir()
    orders, clock = model.site.register.orders, model.site.clock
    model.run(folder, progress=lambda _: found.update({clock.now_ms // DAY_MS: orders.held}))
    return found


def test_orders_stay_in_memory_as_long_as_a_recall_may_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Until it has begun, as far back as it reaches; then they leave as they would without."""
    monkeypatch.setattr(log, "FLUSH_IDS", 2_000)
    monkeypatch.setattr(Table, "BLOCK", 64)
    products = frozenset({0, 1})
    none = orders_held(busy(), tmp_path / "none")
    whole = orders_held(busy(recall(70, products)), tmp_path / "all")
    since = orders_held(busy(recall(70, products, ordered_within_ms=30 * DAY_MS)), tmp_path / "since")

    def before_and_long_after(held: dict[int, int]) -> list[int]:
        return [held[max(day for day in held if day <= last)] for last in (69, 99)]

    assert before_and_long_after(none) == before_and_long_after(since)
    (usual, usual_after), (kept, after) = before_and_long_after(none), before_and_long_after(whole)
    assert usual < 0.8 * kept
    assert usual_after <= after < 1.2 * usual_after  # some were reopened


def test_by_chance_on_many_orders_the_books_agree():
    """Recalls that come and go, with lost and late parcels and customers' own returns, audited."""
    world = a_busy_world(20.0, horizon=Horizon(120 * DAY_MS, 0, 170 * DAY_MS))
    half = recall(0, frozenset(range(10)), scrap=True, sent_back_share_bp=5_000, sent_back_after_ms=2 * DAY_MS)
    network = replace(
        world.network,
        services=tuple(replace(s, lost_share=0.03, damaged_share=0.05) for s in world.network.services),
    )
    chance = Recurring("bad lots", half, 30 * DAY_MS, 4 * DAY_MS)
    story = tell(replace(world, network=network, disruptions=(chance,)), 3)

    assert {"closed", "cancelled", "refused"} >= set(story.manifest["census"])
    reopened = [r["order"] for r in story.rows("events", kind="reopened")]
    assert 20 < len(reopened)
