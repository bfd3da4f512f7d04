"""Orders that have ended leave memory, nobody misses them, and so memory does not grow with the length of a run."""

from __future__ import annotations

import mmap
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from scenarios.load import load
from sim.books import leaving, log
from sim.books.columns import Column, Table, as_numpy
from sim.books.register import Register
from sim.disruptions.recall import RecallOfGoods
from sim.errors import PeakproofError
from sim.model import Model
from sim.orders import CANCELLED, CLOSED, VALIDATED
from sim.units import DAY_MS
from sim.world import Horizon, World
from tests.worlds import a_busy_world

TABLES = ("orders", "lines", "shipments", "pieces", "returns")
ALL = (*TABLES, "goods", "notes")


class Pairs(Table):
    """A table for these tests."""

    COLUMNS: ClassVar[dict[str, str]] = {"small": "B", "large": "q", "begins": "i"}
    BEGINS: ClassVar[str] = "begins"
    small: Column
    large: Column
    begins: Column


def filled(blocks: int) -> Pairs:
    """Every record says its own number; the begins, one more."""
    table = Pairs()
    for number in range(blocks * Pairs.BLOCK):
        assert table.begin() == number
        table.small[number], table.large[number], table.begins[number] = number % 256, number, number + 1
    return table


# Columns.


def test_records_keep_their_place_when_others_leave():
    table, size = filled(40), Pairs.BLOCK
    gone = np.array([1, 2, 3, 5, 16, 17, 18, 19, 20, 21, 22, 23, 24, 39])

    table.leave(gone[:3])
    table.leave(gone[3:])

    present = table.present()
    assert [b for b in range(40) if b not in gone] == np.unique(present // size).tolist()
    assert (len(present), table.held, len(table)) == (26 * size, 26 * size, 40 * size)
    assert (as_numpy(table.large)[present] == present).all()
    assert (as_numpy(table.small)[present] == present % 256).all()
    # Where a record ends is where the next one begins, though that has left.
    before_gone = present[np.isin(present + 1, gone * size)]
    assert (as_numpy(table.begins)[before_gone + 1] == before_gone + 2).all()
    assert table.have_left(np.array([0, size, 39 * size + 7])).tolist() == [False, True, True]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="what a page reads like that was given back")
def test_memory_of_what_left_is_given_back():
    table, size = filled(40), Pairs.BLOCK

    table.leave(np.arange(8, 24))

    for column, item in (("small", 1), ("large", 8), ("begins", 4)):
        kept_page = mmap.PAGESIZE // item if column == Pairs.BEGINS else 0
        assert not as_numpy(getattr(table, column))[8 * size + kept_page : 24 * size].any()


def test_addresses_may_be_few(monkeypatch: pytest.MonkeyPatch):
    """A system that gives no more is asked for less; and who has more records than that is told."""
    real, sizes = mmap.mmap, []

    def scarce(number: int, length: int, **rest: Any) -> mmap.mmap:
        sizes.append(length)
        if length > 1 << 23:
            raise OSError("out of memory")
        return real(number, length, **rest)

    monkeypatch.setattr(mmap, "mmap", scarce)
    table = Pairs()

    assert table.capacity * 14 == sizes[-1] <= 1 << 23 < sizes[-2]
    with pytest.raises(PeakproofError, match=r"at most 524,288 pairs"):
        table.make_room(table.capacity)


# Who leaves.


def a_register(blocks: int = 4) -> Register:
    """Orders of one line, one shipment of one piece each, one an hour, all closed."""
    register, many = Register(), blocks * Table.BLOCK
    for table in (register.orders, register.lines):
        table.extend(many)
    numbers = np.arange(many)
    as_numpy(register.orders.at_ms)[:] = numbers * 3_600_000
    as_numpy(register.orders.deliver_by_ms)[:] = numbers * 3_600_000 + 5 * DAY_MS
    as_numpy(register.orders.first_line)[:] = np.arange(many + 1)
    as_numpy(register.orders.state)[:] = CLOSED
    as_numpy(register.lines.order)[:] = numbers
    as_numpy(register.shipments.order)[:many] = as_numpy(register.pieces.shipment)[:many] = numbers
    register.shipments.count = register.pieces.count = many
    return register


def held(register: Register, tables: tuple[str, ...] = TABLES) -> list[int]:
    """Records kept, table by table."""
    return [getattr(register, name).held for name in tables]


def test_ended_orders_leave_after_a_while():
    register, size = a_register(), Table.BLOCK
    last_ms = int(register.orders.deliver_by_ms[len(register.orders) - 1])

    register.leaving.look(last_ms)
    assert held(register) == [4 * size] * 4 + [0]
    register.leaving.look(last_ms + leaving.IN_HAND_MS - 1)
    assert held(register) == [4 * size] * 4 + [0]
    register.leaving.look(last_ms + leaving.IN_HAND_MS + leaving.LOOK_MS)
    assert held(register) == [0] * 5
    assert register.leaving.census == {"closed": 4 * size}


@pytest.mark.parametrize("reason", ["open", "asked for", "promised", "may still be cancelled"])
def test_one_order_keeps_its_block_and_no_other(reason: str):
    register, size, order = a_register(), Table.BLOCK, Table.BLOCK + 7
    now_ms = int(register.orders.deliver_by_ms[len(register.orders) - 1])
    late_ms = now_ms + leaving.IN_HAND_MS + DAY_MS
    if reason == "open":
        register.orders.state[order] = VALIDATED
    elif reason == "asked for":
        register.leaving.ask(lambda: [order])
    elif reason == "promised":
        register.orders.deliver_by_ms[order] = late_ms + 1
    else:
        register.orders.cancel_ms[order] = late_ms + 1

    register.leaving.look(now_ms)
    register.leaving.look(late_ms)

    assert held(register) == [size] * 4 + [0]
    assert register.orders.present().tolist() == list(range(size, 2 * size))


def test_who_looks_back_further_is_heard():
    register = a_register()
    register.leaving.remember(100 * DAY_MS)
    last_ms = int(register.orders.deliver_by_ms[len(register.orders) - 1])

    for day in (0, 50, 99):
        register.leaving.look(last_ms + day * DAY_MS)
    assert held(register)[0] == 4 * Table.BLOCK
    register.leaving.look(last_ms + 101 * DAY_MS)
    assert held(register)[0] == 0


def test_a_shipment_stays_as_long_as_any_order_of_its_block():
    register, size = a_register(), Table.BLOCK
    # The last order's shipment is among the first ones, as if it had been planned with them.
    register.shipments.order[3] = len(register.orders) - 1
    as_numpy(register.orders.state)[3 * size :] = VALIDATED
    last_ms = int(register.orders.deliver_by_ms[len(register.orders) - 1])

    register.leaving.look(last_ms)
    register.leaving.look(last_ms + leaving.IN_HAND_MS + DAY_MS)

    assert held(register) == [size, size, 2 * size, 2 * size, 0]


def test_goods_and_notes_leave_when_nobody_comes_back_to_them():
    register, size = Register(), Table.BLOCK
    goods, notes, asked = register.goods, register.notes, [size + 3]
    for number in range(3 * size + 1):
        assert goods.add(0, 0, 1, 100) == notes.add(order=number) == number
    goods.hold([5, 6, 5])
    register.leaving.hold(notes, lambda: asked)
    register.leaving.look(0)

    register.leaving.look(leaving.IN_HAND_MS)
    assert (goods.staying().tolist(), notes.staying().tolist()) == ([0], [1])
    goods.free([5, 6])
    asked.clear()
    register.leaving.look(2 * leaving.IN_HAND_MS)
    assert (goods.staying().tolist(), notes.staying().tolist()) == ([0], [])
    goods.free([5])
    register.leaving.look(3 * leaving.IN_HAND_MS)
    assert (goods.held, notes.held) == (1, 1)


def test_what_is_known_of_them_is_forgotten():
    register, size = a_register(), Table.BLOCK
    register.orders.state[0] = CANCELLED
    register.orders.state[2 * size] = VALIDATED
    told, answers = {1, 2 * size + 1}, {5: "a", 2 * size + 5: "b"}
    register.leaving.forget(register.orders, told, answers)
    last_ms = int(register.orders.deliver_by_ms[len(register.orders) - 1])

    register.leaving.look(last_ms)
    register.leaving.look(last_ms + leaving.IN_HAND_MS + DAY_MS)

    assert (told, answers) == ({2 * size + 1}, {2 * size + 5: "b"})
    assert register.leaving.census == {"cancelled": 1, "closed": 3 * size - 1}


# Whole runs.


def over(world: World, days: int, drain_days: int) -> World:
    """The world with demand for so long."""
    return replace(world, horizon=Horizon(days * DAY_MS, 0, (days + drain_days) * DAY_MS))


def most_held(days: int, folder: Path) -> list[int]:
    """The most records that were kept at one time, table by table, over a run with demand for so many days."""
    model = Model(over(a_busy_world(60.0), days, 5), seed=2)
    most = [0] * len(ALL)

    def look(_: float) -> None:
        most[:] = map(max, most, held(model.site.register, ALL))

    folder.mkdir()
    model.run(folder, progress=look)
    return most


def test_a_run_of_twice_the_length_holds_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The window of 30 days, what people have in hand, and blocks that one order keeps: all of it is the same."""
    monkeypatch.setattr(log, "FLUSH_IDS", 4_000)
    monkeypatch.setattr(Table, "BLOCK", 64)

    once, twice = most_held(75, tmp_path / "once"), most_held(150, tmp_path / "twice")

    assert all(b <= 1.1 * a + Table.BLOCK for a, b in zip(once, twice, strict=True)), (once, twice)
    assert twice[0] < 90 * 70  # of 90 orders a day, those of ten weeks


def wipe(table: Any, name: str, first: int, end: int) -> None:
    """What giving a page back does, to the record."""
    first += name == table.BEGINS and first > 0
    as_numpy(getattr(table, name))[first:end] = 0


def digests(world: World, folder: Path) -> dict[str, Any]:
    """What the books are, and the census."""
    folder.mkdir()
    manifest = Model(world, seed=3).run(folder)
    assert manifest["counters"]["orders_offered"] > 1_000
    return {**manifest["files"], "census": manifest["census"], "counters": manifest["counters"]}


RECALLS = (
    RecallOfGoods(55 * DAY_MS, DAY_MS, frozenset({0, 1}), sent_back_share_bp=5_000, ordered_within_ms=50 * DAY_MS),
    RecallOfGoods(65 * DAY_MS, DAY_MS, frozenset({2}), contact_share_bp=5_000),
)
MISSED: dict[str, World | str] = {
    "busy": over(a_busy_world(80.0), 30, 60),
    "everything": "benchmarks/everything.yaml",
    "apart": "systems-apart",
    "layers": "benchmarks/layers.yaml",
    "recalls": replace(over(a_busy_world(40.0), 60, 40), disruptions=RECALLS),
}
LAYERS = ("record and shelf", "workflow", "contracts", "returns", "accounting", "transfers", "carriers in full")


@pytest.mark.parametrize("case", MISSED)
def test_nobody_misses_who_left(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The books are the same to the byte where each record is wiped that may leave, at once, and where all stay."""
    source = MISSED[case]
    if isinstance(source, str):
        name = str(Path(__file__).parents[3] / source) if "/" in source else source
        layers = list(LAYERS) if case == "layers" else []
        channels = load(name, layers).world.network.channels
        share = 60 / sum(c.orders_per_day for c in channels)
        sets = [f"channels.{c.name}.orders_per_day={c.orders_per_day * share:.3f}" for c in channels]
        world = load(name, layers, sets=[*sets, "horizon.warm_up=0h", "horizon.end=25d", "horizon.drain=80d"]).world
    else:
        world = source
    monkeypatch.setattr(log, "FLUSH_IDS", 1_500)
    with monkeypatch.context() as patch:
        patch.setattr(leaving.Leaving, "look", lambda self, now_ms: None)
        kept = digests(world, tmp_path / "kept")
    monkeypatch.setattr(Table, "BLOCK", 1)
    monkeypatch.setattr(leaving, "LOOK_MS", 0)
    monkeypatch.setattr(Table, "_give_back", wipe)
    assert digests(world, tmp_path / "wiped") == kept


def test_an_audited_run_keeps_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The audit counts every line anew."""
    monkeypatch.setattr(log, "FLUSH_IDS", 1_000)
    model = Model(over(a_busy_world(20.0), 10, 70), seed=1, check=True)
    model.run(tmp_path)
    assert model.site.register.orders.held == len(model.site.register.orders) > 0
