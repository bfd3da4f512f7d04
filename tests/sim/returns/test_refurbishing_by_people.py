"""Refurbishing by people: a queue at the bench of a node, shifts, handling times, and what their work costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from scenarios.errors import ScenarioError
from scenarios.load import load
from sim.disruptions.labour_shortage import LabourShortage
from sim.disruptions.node_outage import NodeOutage
from sim.disruptions.recall import RecallOfGoods
from sim.distributions import Fixed, Lognormal
from sim.measures.registry import split
from sim.model import Model
from sim.network import Category, Node, Shift
from sim.plans.floor import Refurbishing
from sim.plans.return_rules import Disposition, ReturnRules
from sim.run import Run
from sim.units import BASIS_POINTS, DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon
from tests.sim.telling import Story, at, clock, tell, visit
from tests.worlds import ALWAYS, a_busy_world, a_channel, a_node, a_world

STEPS = ("refurbish_waits", "refurbish_began", "refurbished")
HOUR_EACH = Disposition(refurbish_share=1.0, refurbish_ms=Fixed(HOUR_MS), refurbish_cents=350)
EARLY = (Shift(ALWAYS, 360, 840, (2, 2, 1, 1)),)
"""Six to fourteen."""
SHOP = Path(__file__).parents[2] / "scenarios" / "small_shop.yaml"


def refurbished(node: Node, *units: int, how: Disposition = HOUR_EACH, **changes: Any) -> Story:
    """Each customer has so many units of P1, and sends them all back; they are handed over on day 8 at eight, each
    return takes five minutes to inspect."""
    world = a_world(nodes=(node,), categories=(Category("all", restock_share=0.0, disposition=how),), **changes)
    many = len(units)
    drawn = {
        "return_units": list(units),
        "return_delay_ms": [3 * DAY_MS] * many,
        "return_transit_ms": [2 * DAY_MS] * many,
    }
    return visit(world, [(at(0, 9), [(0, count, 1_000)]) for count in units], **drawn)


def steps(story: Story) -> list[tuple[str, str]]:
    return story.events(kind=STEPS)


def test_one_return_after_the_other():
    """Two hours and one; the second waits for the first. An hour costs 25.00, the parts for a unit 3.50."""
    story = refurbished(a_node(refurbish=Refurbishing()), 2, 1)

    assert [
        ("8 08:05", "refurbish_waits"),
        ("8 08:05", "refurbish_began"),
        ("8 08:10", "refurbish_waits"),
        ("8 10:05", "refurbished"),
        ("8 10:05", "refurbish_began"),
        ("8 11:05", "refurbished"),
    ] == steps(story)
    assert ["8 10:05", "8 11:05"] == [clock(row["due_ms"]) for row in story.rows("events", kind="refurbish_began")]
    assert [5_700, -5_700, 2_850, -2_850] == [cents for _, cents in story.postings(kind="refurbished")]
    assert {"returns_handling", "accrued_operations"} == {account for account, _ in story.postings(kind="refurbished")}
    assert 100 == story.model.site.inventory.available[0][0]


def test_two_people_take_one_each():
    story = refurbished(a_node(refurbish=Refurbishing(2)), 2, 1)

    assert ["8 09:10", "8 10:05"] == story.times("refurbished")


def test_what_a_shift_does_not_finish_the_next_one_does():
    """Ten hours of work in shifts of eight: begun on day 8 at 8:05, 5:55 until 14:00, the rest from six on day 9."""
    story = refurbished(a_node(shifts=EARLY, refurbish=Refurbishing()), 10)

    assert [("8 08:05", "refurbish_waits"), ("8 08:05", "refurbish_began"), ("9 10:05", "refurbished")] == steps(story)
    assert 10 * (350 + 2_500) == -story.postings(kind="refurbished")[1][1]


def test_people_who_are_paid_by_shift_cost_nothing_more():
    """Parts alone are charged to the goods; the bench is on the payroll, eight hours a day."""
    story = refurbished(a_node(shifts=EARLY, paid="shifts", refurbish=Refurbishing()), 1)

    assert [("returns_handling", 350), ("accrued_operations", -350)] == story.postings(kind="refurbished")
    assert {8 * 60} == {r["quantity"] for r in story.rows("events", kind="shift_paid", reason="refurbish")}


def test_an_outage_gives_the_work_back():
    """Closed from nine to noon; the hour that was begun at 8:05 begins anew."""
    closed = NodeOutage(0, at(8, 9), 3 * HOUR_MS)
    story = refurbished(a_node(refurbish=Refurbishing()), 1, disruptions=(closed,))

    assert [("8 08:05", "refurbish_began"), ("8 13:00", "refurbished")] == steps(story)[1:]


@pytest.mark.parametrize(
    ("present_bp", "expected"),
    [(BASIS_POINTS, ["8 09:10", "8 10:05"]), (5_000, ["8 10:05", "8 11:05"]), (0, ["8 14:00", "8 15:00"])],
)
def test_who_is_missing_is_missing_at_the_bench(present_bp: int, expected: list[str]):
    """Two people with two hours of work and one; one or both of them are ill until one in the afternoon."""
    flu = LabourShortage(0, at(8, 0), 13 * HOUR_MS, BASIS_POINTS, BASIS_POINTS, refurbish_bp=present_bp)
    story = refurbished(a_node(refurbish=Refurbishing(2)), 2, 1, disruptions=(flu,))

    assert expected == story.times("refurbished")


def test_a_scenario_says_who_is_missing_at_the_bench():
    flu = "disruptions={flu: {kind: labour_shortage, node: West, at: 1d, duration: 1d, refurbish: 40%}}"
    [shortage] = [d for d in load(SHOP, sets=[flu]).world.disruptions if isinstance(d, LabourShortage)]

    assert (5_000, 5_000, 10_000, 10_000, 4_000) == shortage.present_bp


def test_work_at_the_bench_is_work_and_its_people_are_on_the_roster(tmp_path: Path):
    """Three weeks of eight hours a day at each of two nodes."""
    world = a_busy_world(120.0, horizon=Horizon(21 * DAY_MS, 0, 40 * DAY_MS))
    how = Disposition(refurbish_share=0.3, refurbish_ms=Lognormal(HOUR_MS, 0.8))
    nodes = tuple(replace(n, refurbish=Refurbishing(), shifts=EARLY) for n in world.network.nodes)
    categories = (Category("all", return_share=0.4, restock_share=0.5, disposition=how),)
    Model(
        replace(world, network=replace(world.network, nodes=nodes, categories=categories), returns=ReturnRules())
    ).run(tmp_path)
    run = Run.open(tmp_path)
    began = run.events("refurbish_began", until=21 * DAY_MS)
    worked_ms = (began["due_ms"] - began["time_ms"]).sum()

    by_station = split(run.books, "labour_utilisation_by_station").set_index("station")["value"]

    assert worked_ms / (len(nodes) * 21 * 8 * HOUR_MS) == pytest.approx(by_station["refurbish"])
    assert 0.2 < by_station["refurbish"] < 1.0
    assert {"pick", "pack", "receive", "inspect", "refurbish"} == set(by_station.index)


def test_with_people_enough_it_is_as_without():
    """Around the clock, a hand for each: the same moments as where it takes nobody's time."""
    long = Disposition(refurbish_share=1.0, refurbish_ms=Lognormal(5 * HOUR_MS, 0.5), refurbish_cents=350)
    units = (1, 3, 2, 1)
    usual = refurbished(a_node(), *units, how=long)
    staffed = refurbished(a_node(refurbish=Refurbishing(4)), *units, how=long)

    assert usual.times("refurbished") == staffed.times("refurbished")
    moved = ("time_ms", "units", "from_bucket", "to_bucket")
    assert [[r[c] for c in moved] for r in usual.rows("ledger")] == [
        [r[c] for c in moved] for r in staffed.rows("ledger")
    ]
    assert [] == usual.times("refurbish_waits")
    assert 4 == len(staffed.times("refurbish_waits"))


def test_what_comes_off_the_bench_goes_to_who_waits_for_it():
    """All hundred are sold; the last order gets what was refurbished."""
    category = Category("all", restock_share=0.0, disposition=HOUR_EACH)
    channels = (a_channel(accepts_backorders=True),)
    world = a_world(nodes=(a_node(refurbish=Refurbishing()),), categories=(category,), channels=channels)
    orders = [(at(0, 9), [(0, 1, 1_000)]), (at(0, 10), [(0, 99, 1_000)]), (at(1, 9), [(0, 1, 1_000)])]
    drawn = {"return_units": [1, 0, 0], "return_delay_ms": [3 * DAY_MS] * 3, "return_transit_ms": [2 * DAY_MS] * 3}
    story = visit(world, orders, **drawn)

    assert ["8 09:05"] == story.times("refurbished")
    assert ["8 09:05"] == story.times("allocated", order=2)


def test_recalled_goods_come_off_the_bench_into_quarantine():
    hold = RecallOfGoods(at(8, 8, 30), DAY_MS, frozenset({0}))
    story = refurbished(a_node(refurbish=Refurbishing()), 1, disruptions=(hold,))

    assert [("8 08:30", 99), ("8 09:05", 1)] == [(t, n) for t, _, n in story.events("quantity", kind="quarantined")]


@pytest.mark.parametrize("bench", [None, Refurbishing()])
def test_what_was_condemned_meanwhile_is_scrapped_when_it_comes_off_the_bench(bench: Refurbishing | None):
    """A recall that begins and ends on the scrap heap within the hour that the work takes."""
    hold = RecallOfGoods(at(8, 8, 30), 10 * MINUTE_MS, frozenset({0}), scrap=True, contact_share_bp=1)
    story = refurbished(a_node(refurbish=bench), 1, disruptions=(hold,))

    assert [("8 09:05", "scrapped", 1)] == story.events("quantity", kind=("refurbished", "scrapped"))
    assert [("write_offs", 400), ("inventory", -400)] == story.postings(kind="scrapped")


@pytest.mark.parametrize("paid", ["work", "shifts"])
def test_on_many_orders_the_books_agree(paid: str):
    """Audited, with an outage, more work than one person does by day, and what is not done at the end of it."""
    world = a_busy_world(120.0, horizon=Horizon(3 * DAY_MS, 0, 40 * DAY_MS))
    slow = Disposition(refurbish_share=0.3, refurbish_ms=Lognormal(3 * HOUR_MS, 0.8), refurbish_cents=200)
    network = replace(
        world.network,
        nodes=tuple(replace(n, refurbish=Refurbishing(), shifts=EARLY, paid=paid) for n in world.network.nodes),
        categories=(Category("all", return_share=0.4, restock_share=0.5, disposition=slow),),
    )
    closed = NodeOutage(0, at(9, 7), 20 * HOUR_MS)
    story = tell(replace(world, network=network, disruptions=(closed,), returns=ReturnRules()), 5)

    waited, began, done = (len(story.times(kind)) for kind in STEPS)
    assert 60 < done == began == waited
    moments = [row["time_ms"] % DAY_MS for row in story.rows("events", kind="refurbish_began")]
    assert 6 * HOUR_MS <= min(moments)
    assert max(moments) < 14 * HOUR_MS


GOODS = "categories: {cups: {restock_share: 50%, refurbish_share: 30%}}\n"


def test_a_scenario_names_them(tmp_path: Path):
    def benches(text: str) -> list[Refurbishing | None]:
        path = tmp_path / "shop.yaml"
        path.write_text(f"extends: {SHOP}\nname: shop\n{text}", encoding="utf-8")
        return [node.refurbish for node in load(path).world.network.nodes]

    first, *others = benches(GOODS + "nodes: {East: {refurbish: {staff: 3}}}")

    assert Refurbishing(3) == first
    assert {None} == set(others)
    for text, fault in (
        ("nodes: {East: {refurbish: {}}}", "there is nothing to refurbish"),
        (GOODS + "nodes: {East: {refurbish: {}, shifts: []}}", "nobody is ever there"),
        (GOODS + "nodes: {East: {refurbish: {staff: 0}}}", "refurbish.staff: 0 does not fit"),
        (GOODS + "nodes: {East: {refurbish: {people: 1}}}", "unknown key"),
    ):
        with pytest.raises(ScenarioError, match=fault):
            benches(text)
