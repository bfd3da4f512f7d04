"""Crews that are paid by their shifts: what is posted when, that nothing is paid twice, and what idle hours cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.distributions import Fixed
from sim.model import Model
from sim.network import CycleCounts, Node, Shift
from sim.plans.floor import PickFace, PutWall
from sim.plans.labour import Overtime, QuietHours
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Horizon, World
from tests.sim.telling import Story, at, visit
from tests.worlds import ALWAYS, a_busy_world, a_node, a_world

P1, BOTH = [(0, 1, 1_000)], [(0, 1, 1_000), (1, 1, 2_500)]
WEEKDAYS = frozenset(range(5))
TWO_SHIFTS = (Shift(ALWAYS, 360, 840, (3, 2, 1, 0)), Shift(WEEKDAYS, 840, 1_440, (1, 1, 0, 1)))
LAST = "+59999ms"


def paid(orders: int = 1, basket: list[tuple[int, int, int]] = P1, days: int = 1, **changes: Any) -> Story:
    """A node at 25.00 an hour and orders that come at seven, on Monday; the run is over when the last day is."""
    node = a_node(wave_interval_ms=MINUTE_MS, **({"paid": "shifts", "shifts": TWO_SHIFTS} | changes))
    horizon = Horizon(days * DAY_MS, 0, days * DAY_MS)
    return visit(a_world(nodes=(node,), horizon=horizon), [(at(0, 7), basket)] * orders)


def test_each_station_is_paid_in_the_last_moment_of_its_shift():
    """Three pickers for eight hours are 24 hours at 25.00, with one order to pick in all of them."""
    story = paid()

    assert [
        (f"0 13:59 {LAST}", "shift_paid", "warehouse:A", "pick", 1_440, 60_000),
        (f"0 13:59 {LAST}", "shift_paid", "warehouse:A", "pack", 960, 40_000),
        (f"0 13:59 {LAST}", "shift_paid", "warehouse:A", "receive", 480, 20_000),
        (f"0 23:59 {LAST}", "shift_paid", "warehouse:A", "pick", 600, 25_000),
        (f"0 23:59 {LAST}", "shift_paid", "warehouse:A", "pack", 600, 25_000),
        (f"0 23:59 {LAST}", "shift_paid", "warehouse:A", "inspect", 600, 25_000),
    ] == story.events("actor", "reason", "quantity", "value_cents", kind="shift_paid")


def test_nothing_is_paid_twice():
    """Packing posts the carton alone, and the fees of a third party."""
    story = paid(3)

    assert 195_000 == story.balance("handling_labour") == -story.balance("accrued_operations") - 3 * 70
    fees = paid(3, BOTH, order_fee_cents=150, line_fee_cents=40)
    assert 195_000 + 3 * (150 + 2 * 40) == fees.balance("handling_labour")


def test_by_default_work_is_paid():
    story = paid(3, paid="work")

    assert [] == story.times("shift_paid")
    assert 3 * (42 + 83) == story.balance("handling_labour")


def test_a_day_on_which_nobody_works_costs_nothing():
    """From Monday to Sunday: seven early shifts of 48 hours, five late ones of 30."""
    story = paid(days=7)

    assert (7 * 48 + 5 * 30) * 2_500 == story.balance("handling_labour")


def test_who_stays_on_is_paid_in_full():
    """One packer stays for an hour: 25.00, and half of that on top."""
    late: dict[str, Any] = {"shifts": (Shift(ALWAYS, 360, 840, (1, 1, 0, 0)),), "overtime": Overtime(1)}
    usual = a_node().stations
    stations = (usual[0], replace(usual[1], work_ms=Fixed(20 * MINUTE_MS)), *usual[2:])
    by_shift, by_work = (paid(23, stations=stations, paid=how, **late) for how in ("shifts", "work"))

    def overtime(story: Story) -> list[tuple[int, int]]:
        return [(row["quantity"], row["value_cents"]) for row in story.rows("events", kind="overtime_worked")]

    assert ([(60, 3_750)], [(60, 1_250)]) == (overtime(by_shift), overtime(by_work))
    assert by_shift.times("packed") == by_work.times("packed")
    assert 16 * 2_500 + 3_750 == by_shift.balance("handling_labour")


def test_of_a_store_only_the_hours_in_which_its_people_pick():
    """Quiet from six to nine: three hours of three people, then a third of them for five."""
    early = (Shift(ALWAYS, 360, 840, (3, 0, 0, 0)),)
    story = paid(shifts=early, quiet_hours=QuietHours(360, 540, 3_334))

    assert [("pick", (9 + 5) * 60)] == [(r["reason"], r["quantity"]) for r in story.rows("events", kind="shift_paid")]


def test_those_at_the_wall_the_face_and_the_counts_are_paid_too():
    """Ten hours of two, one and one; what they do is charged to nothing."""
    early = (Shift(ALWAYS, 360, 960, (1, 1, 0, 0)),)
    aside: dict[str, Any] = {
        "put_wall": PutWall(staff=2),
        "pick_face": PickFace(units=5, below_units=2, staff=1),
        "cycle_counts": CycleCounts((DAY_MS, DAY_MS, DAY_MS), staff=1),
    }
    story = paid(8, BOTH, shifts=early, **aside)
    told = {row["reason"]: row["quantity"] // 60 for row in story.rows("events", kind="shift_paid")}

    assert {"pick": 10, "pack": 10, "sort": 20, "fill": 10, "count": 10} == told
    assert 60 * 2_500 == story.balance("handling_labour")
    assert story.times("sorted")
    assert story.times("face_filled")
    assert story.times("counted")


def test_a_node_pays_from_the_day_on_which_it_opens():
    assert ["1 23:59 +59999ms"] == paid(
        days=2, shifts=(Shift(ALWAYS, 360, 1_440, (1, 0, 0, 0)),), opens_ms=at(1, 12)
    ).times("shift_paid")


def a_shop(how: str, people: int, warm_up_ms: int = 0) -> World:
    world = a_busy_world(300.0, nodes=2, horizon=Horizon(3 * DAY_MS, warm_up_ms, 40 * DAY_MS))
    shifts = (Shift(ALWAYS, 0, 1_440, (people, people, 1, 1)),)
    nodes: tuple[Node, ...] = tuple(replace(n, paid=how, shifts=shifts) for n in world.network.nodes)
    return replace(world, network=replace(world.network, nodes=nodes))


def kept(world: World, folder: Path) -> Run:
    Model(world, 1).run(folder)
    return Run.open(folder)


def labour_an_order(run: Run) -> float:
    return run.kpis(["labour_per_order_cents"])["labour_per_order_cents"]


def test_margins_add_up_and_idle_hours_belong_to_no_order(tmp_path: Path):
    """The labour of the window is its people's hours, to the cent; all of it stands in the row without a name, and the
    rows add up to the run's contribution. The window begins in the middle of a shift."""
    run = kept(a_shop("shifts", 2, warm_up_ms=30 * HOUR_MS), tmp_path)
    rostered = sum(hours for node in run.manifest["nodes"] for hours in node["rostered_hours"].values())
    assert 2 * 6 * (72 - 30) == rostered

    for by in ("order", "sku", "channel"):
        table = run.margins(by)
        nameless = table[table[by].isna()]
        assert -rostered * 2_500 == nameless["labour_cents"].sum() == pytest.approx(table["labour_cents"].sum())
        assert run.kpis(["contribution_margin_cents"])["contribution_margin_cents"] == pytest.approx(
            table["contribution_cents"].sum()
        )
    shipped = run.books.value("SELECT count(*) FROM orders WHERE in_window AND shipped_units > 0")
    assert rostered * 2_500 / shipped == pytest.approx(labour_an_order(run))


def test_more_people_cost_more_where_shifts_are_paid_alone(tmp_path: Path):
    labour: dict[tuple[str, int], float] = {}
    for how in ("work", "shifts"):
        for people in (2, 4):
            folder = tmp_path / f"{how}{people}"
            folder.mkdir()
            labour[how, people] = labour_an_order(kept(a_shop(how, people), folder))

    assert labour["work", 2] == pytest.approx(labour["work", 4], rel=0.01)
    assert labour["shifts", 4] == pytest.approx(labour["shifts", 2] * 10 / 6, rel=0.01)
