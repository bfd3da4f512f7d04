"""The same world, policies and seed give the same books; another policy, the same customers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sim.model import Model
from sim.network import Category
from sim.world import Horizon, PolicyChange, PolicyChoice, World
from tests.sim.telling import at
from tests.sim.test_invariants import WORLDS
from tests.sim.witness import frame
from tests.worlds import POLICIES, a_busy_world, a_channel, a_node

ROOT = Path(__file__).resolve().parents[2]
BOOKS = ("events", "ledger", "journal", "decisions")


def books_of(world: World, folder: Path, seed: int = 4, **model: Any) -> dict[str, Any]:
    folder.mkdir()
    return Model(world, seed, **model).run(folder)


def with_allocation(world: World, name: str) -> World:
    return replace(world, policies=POLICIES | {"allocation": PolicyChoice(name)})


@pytest.mark.parametrize("name", WORLDS)
def test_two_runs_are_one_byte_for_byte(name: str, tmp_path: Path):
    world = WORLDS[name]()
    first, second = (books_of(world, tmp_path / n) for n in "ab")

    assert first == second
    for book in BOOKS:
        assert (tmp_path / "a" / f"{book}.parquet").read_bytes() == (tmp_path / "b" / f"{book}.parquet").read_bytes()


SCRIPT = """
import json, sys
from pathlib import Path
from sim.model import Model
from tests.sim.test_invariants import WORLDS
folders = [Path(f) for f in sys.argv[2:]]
files = {}
for name, folder in zip(sys.argv[1].split(","), folders):
    folder.mkdir()
    files[name] = Model(WORLDS[name](), 4).run(folder)["files"]
print(json.dumps(files))
"""


def test_another_process_with_another_hash_seed_writes_the_same_bytes(tmp_path: Path):
    names = ("scarce", "peak_and_outage", "stores")
    here = {name: books_of(WORLDS[name](), tmp_path / name)["files"] for name in names}
    folders = [str(tmp_path / f"{name}-again") for name in names]
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, ",".join(names), *folders],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "4242", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert told.returncode == 0, told.stderr
    assert here == json.loads(told.stdout)


def test_a_run_does_not_depend_on_what_ran_before_it(tmp_path: Path):
    """Nothing is kept from one model to the next, nor between two that live at once."""
    world = a_busy_world()
    alone = books_of(world, tmp_path / "alone")
    idle = Model(world, 9)
    books_of(WORLDS["scarce"](), tmp_path / "other")
    again = books_of(world, tmp_path / "again")

    assert alone == again
    assert idle.streams.seed == 9


@pytest.mark.parametrize("name", ["fewest_splits", "most_stock", "first_location"])
def test_another_allocation_policy_meets_the_same_customers(name: str, tmp_path: Path):
    world = a_busy_world()
    closest, other = books_of(world, tmp_path / "a"), books_of(with_allocation(world, name), tmp_path / "b")

    assert closest["demand_hash"] == other["demand_hash"]
    assert closest["counters"]["orders_offered"] == other["counters"]["orders_offered"]
    assert closest["files"]["events.parquet"] != other["files"]["events.parquet"]


def test_a_policy_shifts_nobodys_luck(tmp_path: Path):
    """Both policies hold the same orders; a parcel that both send whole from one place arrives the same day."""
    world = a_busy_world(1_000.0)
    plenty = replace(world, stock=replace(world.stock, opening_units=world.stock.opening_units * 100))
    events = []
    for name in ("closest", "site_priority"):
        books_of(with_allocation(plenty, name), tmp_path / name)
        events.append(frame(tmp_path / name, "events"))
    held = [set(zip(e["order"][e["kind"] == "held"], e["time_ms"][e["kind"] == "held"])) for e in events]
    lost = [set(e["order"][e["kind"] == "lost"]) for e in events]

    assert held[0] == held[1]
    assert len(held[0]) > 50
    assert lost[0] == lost[1]
    assert len(lost[0]) > 2


def test_another_seed_is_another_run(tmp_path: Path):
    first, second = (books_of(a_busy_world(), tmp_path / str(s), seed=s) for s in (1, 2))

    assert first["demand_hash"] != second["demand_hash"]
    assert set(first["files"].values()).isdisjoint(second["files"].values())


SWAP = at(1, 9, 30)


def swapped_at(world: World, decision: str, name: str) -> World:
    return replace(world, policy_changes=(PolicyChange(SWAP, decision, PolicyChoice(name)),))


@pytest.mark.parametrize(
    ("decision", "name"),
    [("allocation", "most_stock"), ("release", "priority"), ("carrier", "fastest"), ("replenishment", "base_stock")],
)
def test_until_a_policy_is_swapped_nothing_differs(decision: str, name: str, tmp_path: Path):
    world = a_busy_world(horizon=Horizon(at(3, 0), 0, at(40, 0)))
    books_of(world, tmp_path / "kept")
    books_of(swapped_at(world, decision, name), tmp_path / "swapped")
    kept, swapped = ({book: frame(tmp_path / n, book) for book in BOOKS} for n in ("kept", "swapped"))
    for book in BOOKS:
        before, after = (plain(b[book][b[book]["time_ms"] < SWAP]) for b in (kept, swapped))
        pd.testing.assert_frame_equal(before, after)

    row = swapped["events"][swapped["events"]["kind"] == "policy_changed"]
    assert [SWAP] == row["time_ms"].tolist()
    if decision != "release":  # without haste all sequences are alike
        later = [plain(b["events"][b["events"]["time_ms"] > SWAP]).drop(columns="event") for b in (kept, swapped)]
        assert not later[0].equals(later[1])


def plain(rows: pd.DataFrame) -> pd.DataFrame:
    """With names instead of their codes, numbered from 0."""
    return rows.astype(dict.fromkeys(rows.select_dtypes("category"), object)).reset_index(drop=True)


def test_from_then_on_the_new_policy_decides(tmp_path: Path):
    books_of(swapped_at(a_busy_world(), "allocation", "most_stock"), tmp_path / "run")
    decisions = frame(tmp_path / "run", "decisions")

    before = decisions["time_ms"] < SWAP
    assert ({"closest"}, {"most_stock"}) == (set(decisions["policy"][before]), set(decisions["policy"][~before]))


def test_a_swap_to_the_same_policy_changes_no_decision(tmp_path: Path):
    world = a_busy_world()
    books_of(world, tmp_path / "kept")
    books_of(swapped_at(world, "allocation", "closest"), tmp_path / "swapped")
    kept, swapped = (frame(tmp_path / n, "decisions").drop(columns="event") for n in ("kept", "swapped"))

    pd.testing.assert_frame_equal(kept, swapped)


def offered(world: World, folder: Path) -> set[tuple[int, str, str, int, int]]:
    """What each channel was asked for, whatever became of it: when, where, what, how many, for how much."""
    books_of(world, folder)
    events = frame(folder, "events")
    asked = events[events["kind"].isin(["captured", "refused"])]
    return set(zip(*(asked[c].tolist() for c in ("time_ms", "channel", "sku", "quantity", "value_cents"))))


def test_another_channel_changes_nobody_elses_demand(tmp_path: Path):
    world = a_busy_world()
    network = world.network
    more = replace(network, channels=(*network.channels, a_channel("store", orders_per_day=200.0)))
    before, after = offered(world, tmp_path / "a"), offered(replace(world, network=more), tmp_path / "b")

    assert before == {row for row in after if row[1] != "store"}
    assert len(after) > len(before)


def test_nor_does_another_node(tmp_path: Path):
    world = a_busy_world()
    network = world.network
    more = replace(network, nodes=(*network.nodes, a_node("NORTH", 45.0, -93.0)))
    wide = replace(a_busy_world(nodes=4), network=more)

    assert offered(world, tmp_path / "a") == offered(wide, tmp_path / "b")


def test_nor_do_returns_depend_on_what_others_buy(tmp_path: Path):
    """Twice the returns of a category are those of before, and more."""
    world = a_busy_world()
    often = replace(world, network=replace(world.network, categories=(Category("all", 0.2, 0.7),)))
    wanted = []
    for name, w in (("a", world), ("b", often)):
        model = Model(w, 4)
        (tmp_path / name).mkdir()
        model.run(tmp_path / name)
        wanted.append({n for n, units in enumerate(model.site.register.lines.return_units) if units})

    assert wanted[0] < wanted[1]
