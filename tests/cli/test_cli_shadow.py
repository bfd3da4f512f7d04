"""Shadow mode: a policy in its own shadow changes nothing; another changes what a hand would find."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from peakproof.service.files import Given
from peakproof.service.recorded import Recorded, ShadowError, from_run
from peakproof.service.replaying import Shadow
from peakproof.service.shadow import read_day, shadow, told_parcels

SHOP = Path(__file__).parent / "two_rooms.yaml"
HEAD = "order_ref,sku,units,channel,region,placed_at,node"


def day(tmp_path: Path, orders: str, stock: str) -> Recorded:
    for name, text in (("orders", f"{HEAD};{orders}"), ("stock", stock)):
        (tmp_path / name).write_text(text.replace(" ", "").replace(";", "\n") + "\n", encoding="utf-8")
    return read_day(Given(SHOP, "allocation"), tmp_path / "orders", tmp_path / "stock")


def changes(found: Shadow) -> dict[str, tuple[str, str, float]]:
    return {c.reference: (told_parcels(c.recorded), told_parcels(c.shadow), c.saved_cents) for c in found.changes}


@pytest.mark.parametrize("cumulative", [False, True])
def test_a_policy_in_its_own_shadow_changes_nothing(cumulative: bool, run_folder: Path):
    """With an outage inside, so that shipments are taken apart and placed anew."""
    found = shadow(from_run(run_folder), "closest", cumulative=cumulative)

    assert found.recorded.parcels > 300
    assert [] == found.changes
    assert found.recorded == found.shadow
    assert 0 == found.uncovered_units


def test_per_decision_stock_is_that_of_the_record(tmp_path: Path):
    """Both went across: 0.4 kg cost 9.00 + 1.00 across and 5.00 + 1.00 nearby."""
    record = day(
        tmp_path,
        "a,007,1,web,Newark,2026-11-23T08:00,WEST; b,007,1,web,Newark,2026-11-23T09:00,WEST",
        "node,sku,available; EAST,007,1; WEST,007,5",
    )
    found = shadow(record, "closest")

    # Each time, EAST has its unit: nobody has taken it.
    expected = ("WEST: 1 007", "EAST: 1 007", 400.0)
    assert {"a": expected, "b": expected} == changes(found)
    assert (2000.0, 1200.0, 800.0) == (found.recorded.cost_cents, found.shadow.cost_cents, found.saved_cents)
    assert [2, 2] == [found.recorded.by_node["WEST"].parcels, found.shadow.by_node["EAST"].units]


def test_cumulative_stock_is_what_its_own_decisions_left(tmp_path: Path):
    record = day(
        tmp_path,
        "a,007,1,web,Newark,2026-11-23T08:00,WEST; b,007,1,web,Newark,2026-11-23T09:00,EAST",
        "node,sku,available; EAST,007,1; WEST,007,1",
    )
    found = shadow(record, "closest", cumulative=True)

    # It takes for a what b would need: 4.00 saved, 4.00 lost.
    assert {"a": ("WEST: 1 007", "EAST: 1 007", 400.0), "b": ("EAST: 1 007", "WEST: 1 007", -400.0)} == changes(found)
    assert 0.0 == found.saved_cents
    assert {"a": ("WEST: 1 007", "EAST: 1 007", 400.0)} == changes(shadow(record, "closest"))


def test_what_the_shadow_could_not_send_is_sent_when_stock_comes(tmp_path: Path):
    """`most_stock` takes a's lamp from EAST, so that t, which ships complete, waits until another one comes there."""
    orders = (
        "a,LAMP,1,web,Fresno,2026-11-23T08:00,WEST; t,LAMP,3,trade,Newark,2026-11-23T09:00,EAST;"
        "c,007,1,web,Newark,2026-11-23T11:00,"
    )
    stock = "node,sku,available,at; EAST,LAMP,3,; WEST,LAMP,1,; EAST,LAMP,1,2026-11-23T10:00"
    record = day(tmp_path, orders, stock)
    found = shadow(record, "most_stock", cumulative=True)

    # The 2 that are left at EAST and 1 of WEST are the 3 that t wants, in two parcels instead of one.
    assert [0, 1] == [found.recorded.split, found.shadow.split]
    assert [1, 1] == [found.recorded.short_units, found.shadow.short_units]
    # With 4 there are too few until 10:00; the record says that there were more than the stock file knows.
    short = shadow(day(tmp_path, orders.replace("LAMP,3,trade", "LAMP,4,trade"), stock), "most_stock", cumulative=True)
    assert ("EAST: 3 LAMP + WEST: 1 LAMP", 1) == (changes(short)["t"][1], short.shadow.short_units)


def test_units_that_left_without_an_order_may_not_be_there_any_more(run_folder: Path):
    found = shadow(from_run(run_folder), "cheapest", cumulative=True)

    assert found.changes
    assert found.recorded.units == found.shadow.units
    assert found.uncovered_units >= 0
    assert found.saved_cents > 0


def test_the_command_tells_and_writes(run_folder: Path, tmp_path: Path, peakproof):
    result = peakproof("shadow", run_folder, "--policy", "cheapest", "--mode", "decision", "--out", tmp_path / "shadow")
    told = json.loads((tmp_path / "shadow" / "shadow.json").read_text(encoding="utf-8"))
    rows = pd.read_csv(tmp_path / "shadow" / "changes.csv")

    assert 0 == result.exit_code, result.output
    assert "decisions would have been otherwise; estimated saving $" in result.output
    assert len(rows) == told[0]["changes"] > 10
    assert told[0]["saved_cents"] == pytest.approx(rows["saved_cents"].sum(), abs=1)
    assert "not followed up" in told[0]["limits"]


def test_what_cannot_be_shadowed_is_told(run_folder: Path, tmp_path: Path, peakproof):
    neither = peakproof("shadow", "--policy", "cheapest")
    unknown = peakproof("shadow", run_folder, "--policy", "cheapst")
    elsewhere = tmp_path / "other-customers"
    elsewhere.mkdir()
    for file in run_folder.iterdir():
        if file.is_file():
            (elsewhere / file.name).write_bytes(file.read_bytes())
    manifest = elsewhere / "manifest.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"seed": 3', '"seed": 4'), encoding="utf-8")

    assert 2 == neither.exit_code
    assert "name the folder of a run, or --orders, --stock and --network" in neither.output
    assert 2 == unknown.exit_code
    assert "did you mean 'cheapest'?" in unknown.output
    with pytest.raises(ShadowError, match="cannot be drawn again"):
        from_run(elsewhere)
