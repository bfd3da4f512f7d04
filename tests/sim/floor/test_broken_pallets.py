"""What is opened to pick less of it is a fact with its moment; and people who receive know what goods come in."""

from __future__ import annotations

from array import array
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.books.reconcile import reconcile
from sim.books.unbroken import Unbroken
from sim.clock import SWEEP
from sim.disruptions.recall import RecallOfGoods
from sim.distributions import Discrete, Fixed
from sim.errors import InvariantError
from sim.measures.books import Books
from sim.measures.registry import compute
from sim.model import Model
from sim.network import CycleCounts, Pallets, Supplier
from sim.plans.handling_units import HandlingPlan
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, World
from tests.sim.telling import Story, at, tell, visit
from tests.worlds import a_busy_world, a_carrier, a_channel, a_node, a_world, stock

PALLETS = Pallets(60.0, 400.0, (9_000,) * 7)
BROKEN = ("pallet_broken", "case_broken")
TAKEN = ("picked", *BROKEN)


def a_plan(**changes: Any) -> HandlingPlan:
    """Cases of 12 and pallets of 48 for the first channel."""
    return replace(HandlingPlan((12, 12), (48, 48), frozenset({0})), **changes)


def warehouse(orders: list[tuple[int, int]], units: int, plan: HandlingPlan | None = None, **changes: Any) -> Story:
    """Who orders at an hour of day 0 so many of P1, of which the one node has ``units``."""
    given_world: dict[str, Any] = {
        "services": (a_carrier(pallets=PALLETS),),
        "handling_units": plan or a_plan(),
        "stock": stock([[units, 0]]),
    } | changes
    channel = given_world.pop("channel", [0] * len(orders))
    wanted = [(at(0, hour), [(0, count, 1_000)]) for hour, count in orders]
    return visit(a_world(**given_world), wanted, channel=channel)


def taken(story: Story) -> list[tuple[str, str, int, int]]:
    return [(t, kind, order, units) for t, kind, order, units in story.events("order", "quantity", kind=TAKEN)]


def left(story: Story) -> tuple[int, int, int]:
    """Pallets, cases and loose units of P1 at the end."""
    unbroken = story.model.site.inventory.unbroken
    assert unbroken is not None
    return unbroken.pallets[0][0], unbroken.cases[0][0], unbroken.loose(0, 0)


# What is opened, and when.


def test_a_pallet_is_broken_when_somebody_picks_less_of_it():
    """Two pallets, no more: five units open a pallet and one of its cases; five more come from that case, then fifteen
    are a whole case and three that open the next."""
    story = warehouse([(9, 5), (10, 5), (11, 15)], 96)

    assert [
        ("0 09:01", "picked", 0, 5),
        ("0 09:01", "pallet_broken", 0, 48),
        ("0 09:01", "case_broken", 0, 12),
        ("0 10:01", "picked", 1, 5),
        ("0 11:01 +30000ms", "picked", 2, 15),
        ("0 11:01 +30000ms", "case_broken", 2, 12),
    ] == taken(story)
    assert (1, 1, 11) == left(story)


def test_loose_goods_break_nothing():
    """A pallet and seven: the pallet is whole after seven were taken, and leaves as one."""
    story = warehouse([(9, 7), (10, 48)], 55)

    assert [] == story.events(kind=BROKEN)
    assert (0, 0, 0) == left(story)


def test_cases_come_off_a_pallet_without_being_opened():
    story = warehouse([(9, 24)], 48)

    assert [("0 09:01", "pallet_broken", 48)] == story.events("quantity", kind=BROKEN)
    assert (0, 2, 0) == left(story)


def test_those_who_buy_single_units_open_what_there_is():
    """A channel that is not broken down: thirty units are no cases to it, and open three."""
    channels = (a_channel("b2b"), a_channel("web"))
    story = warehouse([(9, 30)], 48, channels=channels, channel=[1])

    assert {("pallet_broken", 48): 1, ("case_broken", 12): 3} == {
        (kind, units): len(story.rows("events", kind=kind, quantity=units)) for kind, units in zip(BROKEN, (48, 12))
    }
    assert (0, 1, 6) == left(story)


def test_each_breaks_for_itself_where_several_are_picked_together():
    """Four orders in one batch: the pallet goes whole, whoever came first opens the other for four and leaves eight."""
    story = warehouse([(9, 4), (9, 4), (9, 4), (9, 48)], 96)

    assert [("pallet_broken", 0, 48), ("case_broken", 0, 12)] == [
        (kind, order, units) for _, kind, order, units in story.events("order", "quantity", kind=BROKEN)
    ]
    assert (0, 3, 0) == left(story)


def test_what_was_never_picked_was_never_broken():
    """Cancelled before the wave; the goods lie as they lay."""
    node = a_node(wave_interval_ms=4 * HOUR_MS)
    story = visit(
        a_world(nodes=(node,), services=(a_carrier(pallets=PALLETS),), handling_units=a_plan(), stock=stock([[96, 0]])),
        [(at(0, 9), [(0, 5, 1_000)])],
        cancel_ms=[HOUR_MS],
    )

    assert 1 == len(story.times("cancelled"))
    assert [] == story.events(kind=BROKEN)
    assert (2, 0, 0) == left(story)


def test_a_recall_puts_pallets_back_whole_and_scraps_what_is_loose_first():
    """A pallet that was packed and one that was not are taken apart; of 101 units all are scrapped in the end."""
    hold = RecallOfGoods(at(0, 12), DAY_MS, frozenset({0}), scrap=True)
    story = warehouse([(9, 48), (10, 5)], 101, disruptions=(hold,))

    assert [] == story.events(kind=BROKEN)
    assert ["1 12:00"] == story.times("quarantine_scrapped")
    assert (0, 0, 0) == left(story)
    assert [] == story.events(kind=("pallet_split", "case_split"))


def test_a_part_that_leaves_for_another_node_splits_a_pallet():
    """Sixty are a pallet and a case: fifteen of them are the case and three of a case of the pallet."""
    available, heard = array("i", [60]), list[tuple[int, int, int, int]]()
    shelf = Unbroken([[available]], (12,), (48,), lambda *told: heard.append(told))
    shelf.store(0, 0, 60)
    assert (1, 1, 0) == (shelf.pallets[0][0], shelf.cases[0][0], shelf.loose(0, 0))

    available[0] -= 15
    shelf.send(0, 0, 0)

    assert [(0, 0, 1, 1)] == heard
    assert (0, 3, 9) == (shelf.pallets[0][0], shelf.cases[0][0], shelf.loose(0, 0))


def test_a_pallet_that_is_not_there_cannot_be_taken():
    shelf = Unbroken([[array("i", [100])]], (12,), (48,), lambda *told: None)
    shelf.store(0, 0, 100)

    with pytest.raises(InvariantError, match="3 whole pallets wanted, 2 there"):
        shelf.take_pallets(0, 0, 3)


def test_loose_units_make_up_a_case_before_a_pallet_is_opened():
    """A pallet, and thirty that came back: two cases are made of these, and the pallet is whole for who reserved it."""
    available = array("i", [78])
    shelf = Unbroken([[available]], (12,), (48,), lambda *told: None)
    shelf.store(0, 0, 48)

    available[0] -= 24
    assert (0, 0) == shelf.take(0, 0, 2, 0)
    assert (1, 0, 6) == (shelf.pallets[0][0], shelf.cases[0][0], shelf.loose(0, 0))

    available[0] -= 24
    assert (1, 0) == shelf.take(0, 0, 2, 0)
    assert (0, 2, 6) == (shelf.pallets[0][0], shelf.cases[0][0], shelf.loose(0, 0))


@given(
    st.sampled_from([(0, 48), (12, 48), (12, 0), (5, 48)]),
    st.lists(st.tuples(st.sampled_from(["store", "take", "back", "lose", "pallet"]), st.integers(1, 120)), max_size=30),
)
def test_it_never_holds_more_than_lies_there(sizes: tuple[int, int], deeds: list[tuple[str, int]]):
    """Whatever comes and goes, nothing is less than none, and what is whole is a part of what lies there."""
    (per_case, per_pallet), available, heard = sizes, array("i", [0]), list[Any]()
    shelf = Unbroken([[available], [array("i", [3])]], (per_case,), (per_pallet,), lambda *told: heard.append(told))
    for deed, units in deeds:
        if deed == "store":
            available[0] += units
            shelf.store(0, 0, units)
        elif deed == "back":
            available[0] += units
        elif deed == "pallet" and shelf.pallets[0][0] and available[0] >= per_pallet:
            available[0] -= per_pallet
            shelf.take_pallets(0, 0, 1)
        elif units <= available[0]:
            available[0] -= units
            if deed == "take":
                before = shelf.pallets[0][0] * per_pallet + shelf.cases[0][0] * per_case
                broken = shelf.take(0, 0, units // per_case if per_case else 0, 0)
                assert min(broken) >= 0
                assert before >= shelf.pallets[0][0] * per_pallet + shelf.cases[0][0] * per_case
            else:
                shelf.fell(0, 0)
        assert 0 <= min(shelf.pallets[0][0], shelf.cases[0][0], shelf.loose(0, 0))


def busy(kept: int = 0) -> World:
    """A shop and a business of cases and pallets, with declines, cancellations, losses, returns and wrong records."""
    world = a_busy_world(150.0, horizon=Horizon(2 * DAY_MS, 0, 40 * DAY_MS))
    network = world.network
    web = replace(network.channels[0], quantity=Discrete((1, 5, 30, 60), (0.4, 0.3, 0.2, 0.1)))
    plan = HandlingPlan((6,) * 40, (24,) * 40, frozenset({0}), kept_pallets=kept, pallet_put_away_ms=3 * MINUTE_MS)
    services = tuple(replace(s, pallets=PALLETS) for s in network.services)
    counts = CycleCounts((DAY_MS, DAY_MS, 2 * DAY_MS))
    nodes = tuple(replace(n, shrinkage_share=5.0, mispick_share=0.03, cycle_counts=counts) for n in network.nodes)
    network = replace(network, channels=(web, *network.channels[1:]), handling_units=plan, services=services)
    network = replace(network, nodes=nodes)
    return replace(world, network=network, stock=stock(np.full((3, 40), 130), 60, 160))


@pytest.mark.parametrize("kept", [0, 2])
def test_on_many_orders_what_is_whole_lies_there(kept: int, tmp_path: Path):
    """Audited; each hour pallets that are reserved whole stand there whole."""
    model = Model(busy(kept), 4, check=True)
    stocks, seen = model.site.inventory, list[int]()

    def look(_: None) -> None:
        assert stocks.unbroken is not None
        assert stocks.pallets is not None
        for node in range(3):
            for product in range(40):
                whole = stocks.unbroken.pallets[node][product]
                assert stocks.pallets.of(node, product) <= whole
                assert 0 <= min(whole, stocks.unbroken.cases[node][product], stocks.unbroken.loose(node, product))
        seen.append(1)

    for hour in range(1, 120, 3):
        model.clock.at(hour * HOUR_MS + 1, SWEEP, look, rank=1 << 30)
    model.run(tmp_path)

    assert 40 == len(seen)
    assert [] == reconcile(tmp_path)
    measured = compute(Books(tmp_path), ["pallets_broken", "cases_broken"])
    assert 0 < measured["pallets_broken"] < measured["cases_broken"]


# Receiving.


def received(plan: HandlingPlan | None, units: int) -> Story:
    """Goods of one line come on the first review's order; a line takes ten minutes to put away."""
    world = a_world(
        handling_units=plan,
        services=(a_carrier(pallets=PALLETS),),
        suppliers=(Supplier("maker", Fixed(DAY_MS)),),
        stock=replace(stock([[0, 0]]), reorder_point=np.array([[1, 0]]), order_up_to=np.array([[units, 0]])),
    )
    return tell(world)


@pytest.mark.parametrize(
    ("changes", "units", "minutes"),
    [
        ({}, 75, 10),
        ({"pallet_put_away_ms": 3 * MINUTE_MS}, 96, 6),
        ({"pallet_put_away_ms": 3 * MINUTE_MS}, 75, 3 + 10),
        ({"pallet_put_away_ms": 3 * MINUTE_MS, "case_put_away_ms": MINUTE_MS}, 72, 3 + 2),
        ({"pallet_put_away_ms": 3 * MINUTE_MS, "case_put_away_ms": MINUTE_MS}, 75, 3 + 2 + 10),
        ({"case_put_away_ms": MINUTE_MS}, 75, 2 + 10),
    ],
)
def test_pallets_and_cases_are_put_away_in_their_own_time(changes: dict[str, int], units: int, minutes: int):
    story = received(a_plan(**changes), units)
    [came] = [r["time_ms"] for r in story.rows("events", kind="received")]
    [stored] = [r["time_ms"] for r in story.rows("events", kind="put_away")]

    assert minutes * MINUTE_MS == stored - came


def test_without_handling_units_a_line_is_a_line():
    story = received(None, 96)
    [came] = [r["time_ms"] for r in story.rows("events", kind="received")]
    [stored] = [r["time_ms"] for r in story.rows("events", kind="put_away")]

    assert 10 * MINUTE_MS == stored - came
    assert story.model.site.inventory.unbroken is None
