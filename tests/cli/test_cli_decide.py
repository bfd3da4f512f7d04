"""Decisions on files: computed by hand, every problem at once, nothing partial."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

SHOP = Path(__file__).parent / "two_rooms.yaml"


def written(path: Path, text: str) -> Path:
    path.write_text(text.replace(" ", "").replace(";", "\n") + "\n", encoding="utf-8")
    return path


@pytest.fixture
def ask(tmp_path: Path, peakproof):
    """Calls ``decide`` with an answer in JSON; its arguments are options, or files by their text."""

    def call(decision: str, *options: Any, **files: str) -> dict[str, Any]:
        given = [part for name, text in files.items() for part in (f"--{name}", written(tmp_path / name, text))]
        out = tmp_path / "answer.json"
        result = peakproof("decide", decision, "--network", SHOP, *given, *options, "--out", out)
        assert 0 == result.exit_code, result.output
        answer: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return answer

    return call


def parcels(decision: dict[str, Any]) -> list[tuple[str, list[tuple[str, int]], int]]:
    return [(p["node"], [(g["sku"], g["units"]) for g in p["goods"]], p["cost_cents"]) for p in decision["parcels"]]


def test_an_order_goes_from_the_nearest_node_with_everything(ask):
    answer = ask(
        "allocation",
        orders="order_ref,sku,units,channel,region; a,007,2,web,Newark; a,LAMP,1,web,Newark",
        stock="node,sku,available; EAST,007,2; EAST,LAMP,1; WEST,007,9; WEST,LAMP,9",
    )
    (decision,) = answer["decisions"]

    # 1.7 kg: 6.00 nearby or 12.00 across, and a parcel's packaging.
    assert [("EAST", [("007", 2), ("LAMP", 1)], 700)] == parcels(decision)
    assert ("WEST", 1300) == (decision["runner_up"], decision["runner_up_cost_cents"])
    assert "nearest and cheapest of 2 nodes with everything" == decision["why"]
    assert "closest" == answer["policy"]


def test_what_no_node_has_is_split_and_what_nobody_has_is_owed(ask):
    answer = ask(
        "allocation",
        orders="order_ref,sku,units,channel,region; a,007,5,web,Fresno; a,LAMP,1,web,Fresno; b,007,1,web,Fresno",
        stock="node,sku,available; EAST,007,2; WEST,007,1; EAST,LAMP,4; SHOP,007,8",
    )
    a, b = answer["decisions"]

    # From EAST 2 x 0.4 + 0.9 = 1.7 kg across, from WEST 0.4 kg nearby.
    assert [("WEST", [("007", 1)], 600), ("EAST", [("007", 2), ("LAMP", 1)], 1300)] == parcels(a)
    assert [("007", 2, "3 of 5 within reach; SHOP has 8 but does not serve the channel")] == [
        (m["sku"], m["units"], m["why"]) for m in a["backorders"]
    ]
    assert "all that is within reach, from 2 nodes" == a["why"]
    assert [] == b["parcels"]
    assert "0 of 1 within reach; SHOP has 8 but does not serve the channel" == b["backorders"][0]["why"]
    assert dict(orders=2, whole=0, split=0, incomplete=2, backordered_units=3, cost_cents=1900) == answer["totals"]


def test_each_order_leaves_its_stock_to_those_after_it(ask):
    rows = "; ".join(f"{ref},007,1,web,Newark" for ref in "abc")
    answer = ask(
        "allocation",
        orders=f"order_ref,sku,units,channel,region; {rows}",
        stock="node,sku,available; EAST,007,1; WEST,007,1",
    )

    assert [["EAST"], ["WEST"], []] == [[p["node"] for p in d["parcels"]] for d in answer["decisions"]]
    assert [
        "nearest and cheapest of 2 nodes with everything",
        "the only node with everything",
        "no node has any of it",
    ] == [d["why"] for d in answer["decisions"]]


def test_an_order_that_ships_complete_waits_for_all_of_it(ask):
    answer = ask(
        "allocation",
        orders="order_ref,sku,units,channel,region; t,007,1,trade,Newark; t,LAMP,2,trade,Newark",
        stock="node,sku,available; EAST,007,5; EAST,LAMP,1",
    )
    (decision,) = answer["decisions"]

    assert [] == decision["parcels"]
    assert ["waits for the rest of its order", "1 of 2 within reach"] == [m["why"] for m in decision["backorders"]]


def test_a_closed_node_sends_nothing_and_another_policy_decides(ask):
    orders = "order_ref,sku,units,channel,latitude,longitude; a,007,1,web,40.9,-74.1"
    stock = "node,sku,available; EAST,007,1; WEST,007,7"
    closed = ask("allocation", "--closed", "EAST", orders=orders, stock=stock)
    fullest = ask("allocation", "--policy", "most_stock", orders=orders, stock=stock)

    assert [("WEST", [("007", 1)], 1000)] == parcels(closed["decisions"][0])
    assert [("WEST", [("007", 1)], 1000)] == parcels(fullest["decisions"][0])
    assert "one of 2 nodes with everything; the nearest is EAST, the cheapest EAST" == fullest["decisions"][0]["why"]
    assert "most_stock" == fullest["policy"]


def test_a_table_and_a_file_of_rows(tmp_path: Path, peakproof):
    orders = pd.DataFrame(
        [["a", "007", 1, "web", "Newark"], ["a", "LAMP", 3, "web", "Newark"]],
        columns=["order_ref", "sku", "units", "channel", "region"],
    )
    orders.to_parquet(tmp_path / "orders.parquet")
    stock = written(tmp_path / "stock.csv", "node,sku,available; EAST,007,1; EAST,LAMP,2")
    files = ("--orders", tmp_path / "orders.parquet", "--stock", stock)
    result = peakproof("decide", "allocation", "--network", SHOP, *files, "--out", tmp_path / "decisions.csv")
    with (tmp_path / "decisions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert "Allocation by closest" in result.output
    assert "1 order: 0 whole from one node, 0 split, 1 incomplete with 1 unit short" in result.output
    assert [("007", "1", "send", "EAST"), ("LAMP", "2", "send", "EAST"), ("LAMP", "1", "backorder", "")] == [
        (r["sku"], r["units"], r["decision"], r["node"]) for r in rows
    ]


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path, peakproof):
    orders = written(
        tmp_path / "orders.csv",
        "order_ref,sku,units,channel,region;a,LAMPP,1,web,Newark;b,007,0,web,Newark; c,007,x,wbe,;c,007,1,web,Fresno",
    )
    stock = written(tmp_path / "stock.csv", "node,sku,available; EAST,007,many; EST,007,1; EAST,LAMP,1; EAST,LAMP,2")
    out = tmp_path / "out.json"
    arguments = ("--orders", orders, "--stock", stock, "--network", SHOP, "--policy", "closests", "--out", out)
    wrong_policy = peakproof("decide", "allocation", *arguments)
    wrong_rows = peakproof("decide", "allocation", *arguments[:-4], "--closed", "WST", "--out", out)

    assert 2 == wrong_policy.exit_code
    assert "there is no allocation policy 'closests'; did you mean 'closest'?" in wrong_policy.output
    assert "orders.csv:3: units: '0' does not fit; accepted: a whole number of 1 or more" in wrong_policy.output
    assert "stock.csv:2: available: 'many' does not fit; accepted: a whole number of 0 or more" in wrong_policy.output
    assert 2 == wrong_rows.exit_code
    assert "11 problems in what was given" in wrong_rows.output
    for told in (
        "closed: there is no node 'WST'; did you mean 'WEST'?",
        "orders.csv:2: sku: there is no product 'LAMPP'; did you mean 'LAMP'?",
        "orders.csv:3: units: '0' does not fit",
        "orders.csv:4: units: 'x' does not fit",
        "orders.csv:4: channel: there is no channel 'wbe'; did you mean 'web'?",
        "orders.csv:4: region: is empty",
        "orders.csv:5: channel: 'web' differs from the order's first row; accepted: one value an order",
        "orders.csv:5: region: 'Fresno' differs from the order's first row",
        "stock.csv:2: available: 'many' does not fit",
        "stock.csv:3: node: there is no node 'EST'; did you mean 'EAST'?",
        "stock.csv:5: sku: 'LAMP' is given twice; accepted: each node and sku once",
    ):
        assert told in wrong_rows.output.replace("\n  ", " ").replace("\n", " "), told
    assert not out.exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("order_ref,sku,unit; a,007,1", "units: there is no such column; did you mean 'unit'?"),
        ("order_ref,sku,units", "has no rows"),
    ],
)
def test_a_file_that_cannot_be_used(text: str, told: str, tmp_path: Path, peakproof):
    orders = written(tmp_path / "orders.csv", text)
    stock = tmp_path / "stok.csv"
    result = peakproof("decide", "allocation", "--orders", orders, "--stock", stock, "--network", SHOP)

    assert 2 == result.exit_code
    assert told in result.output
    assert "there is no file" in result.output


def test_an_answer_goes_into_a_file_that_says_what_it_is(tmp_path: Path, peakproof):
    result = peakproof("decide", "release", "--shipments", "x.csv", "--network", SHOP, "--out", tmp_path / "a.xlsx")

    assert 2 == result.exit_code
    assert "accepted: a file that ends in .csv or .json" in result.output


def test_a_node_orders_up_to_its_level_in_the_suppliers_lots(ask):
    answer = ask(
        "replenishment",
        stock="node,sku,available,on_order,owed; EAST,007,5,0,2; EAST,LAMP,4,1,0; WEST,007,4,0,0; WEST,LAMP,9,0,0",
    )

    # (s, S) = (4, 9). EAST 007: 5 - 2 = 3, so 6 more; LAMP 4 + 1 is above 4. WEST 007: 5 more in lots of 6. Both are
    # below the least that the supplier takes.
    assert [("EAST", "007", 6, 6, 4800, True), ("WEST", "007", 5, 6, 4800, True)] == [
        (o["node"], o["sku"], o["wanted"], o["units"], o["cost_cents"], o["below_minimum"]) for o in answer["orders"]
    ]
    assert "position 3 goes to 9; the plan reorders at 4, up to 9" == answer["orders"][0]["why"]


def test_a_sku_without_a_row_is_not_there_and_a_node_without_a_row_is_not_reviewed(ask):
    answer = ask("replenishment", stock="node,sku,available; EAST,007,9")

    assert [("EAST", "LAMP", 9, 12)] == [(o["node"], o["sku"], o["wanted"], o["units"]) for o in answer["orders"]]


def test_waves_take_what_is_due_first(ask):
    rows = (
        "s1,EAST,2026-11-23T08:00,2026-11-25T00:00; s2,EAST,2026-11-23T09:00,2026-11-24T00:00;"
        "s3,WEST,2026-11-23T07:00,2026-11-24T00:00; s4,EAST,2026-11-23T07:00,2026-11-26T00:00"
    )
    text = f"shipment_ref,node,planned_at,ship_by; {rows}"
    at = ("--at", "2026-11-23T12:00")
    fifo, slack = ask("release", *at, shipments=text), ask("release", *at, "--policy", "slack", shipments=text)

    assert ["s4", "s1", "s2", "s3"] == [r["shipment_ref"] for r in fifo["sequence"]]
    assert ["s2", "s1", "s4", "s3"] == [r["shipment_ref"] for r in slack["sequence"]]
    assert [720, 2160, 3600, 720] == [r["slack_minutes"] for r in slack["sequence"]]


def test_cover_is_levelled(ask):
    answer = ask(
        "transfers",
        "--policy",
        "level_cover:ahead_days=7",
        stock="node,sku,available,daily_demand; EAST,LAMP,28,2; WEST,LAMP,0,2",
    )

    # 28 units for 4 a day: 7 days for each, and a node gets what it sells in 7 days.
    assert [("EAST", "WEST", "LAMP", 14)] == [(m["source"], m["to"], m["sku"], m["units"]) for m in answer["transfers"]]
    assert "14.0 days of cover at EAST, 0.0 days of cover at WEST" == answer["transfers"][0]["why"]
