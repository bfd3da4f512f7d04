"""Tables beside a scenario: products, stock and regions from CSV and Parquet, with the row of each fault."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenarios.errors import Problem, ScenarioError
from scenarios.load import load
from scenarios.resolve import write_resolved

SMALL = Path(__file__).parent / "small_shop.yaml"
STOCK = "node,sku,units,reorder_point,order_up_to\n"


def shop_with(folder: Path, text: str) -> Path:
    path = folder / "shop.yaml"
    path.write_text(f"extends: {SMALL}\n{text}\n", encoding="utf-8")
    return path


def faults_of(path: Path) -> list[Problem]:
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return list(caught.value.problems)


def test_a_stock_table_sets_units_and_levels(tmp_path: Path):
    (tmp_path / "stock.csv").write_text(STOCK + "East,MUG,5,2,9\nWest,010,7,1,8\n")
    stock = load(shop_with(tmp_path, "stock: {table: stock.csv}")).world.stock

    assert [[5, 0, 0], [0, 0, 7]] == stock.opening_units.tolist()
    assert [[2, 0, 0], [0, 0, 1]] == stock.reorder_point.tolist()
    assert [[9, 0, 0], [0, 0, 8]] == stock.order_up_to.tolist()


def test_a_stock_table_without_levels_gets_them_by_rule(tmp_path: Path):
    (tmp_path / "stock.csv").write_text("node,sku,units\nEast,MUG,5\n")
    stock = load(shop_with(tmp_path, "stock: {table: stock.csv}")).world.stock

    assert [[5, 0, 0], [0, 0, 0]] == stock.opening_units.tolist()
    assert [[True, False, False], [False] * 3] == (stock.reorder_point > 0).tolist()
    assert stock.order_up_to[0, 0] > stock.reorder_point[0, 0]
    assert 0 == stock.order_up_to[0, 1]


def test_faults_of_a_table_bear_their_rows(tmp_path: Path):
    rows = (
        "East,MUG,5,2,9\n\nEst,MUG,1,1,2\nEast,CUP,x,1,2\nEast,010,-1,1,2\nEast,MUG,1,1,2\n"
        "West,,1,1,2\nWest,MUG,1,5,2\nA,B\n"
    )
    (tmp_path / "stock.csv").write_text(STOCK + rows)
    problems = faults_of(shop_with(tmp_path, "stock: {table: stock.csv}"))

    assert [
        (4, "node", "row 4: there is no node 'Est'", "East"),
        (5, "units", "row 5: 'x' does not fit", None),
        (6, "units", "row 6: '-1' does not fit", None),
        (7, "sku", "row 7: 'MUG' is given twice", None),
        (8, "sku", "row 8: is empty", None),
        (9, "order_up_to", "row 9: 2 is below the reorder point", None),
        (10, "", "row 10: has 2 columns instead of 5", None),
    ] == [(p.line, p.key, p.message, p.suggestion) for p in problems]
    assert {"stock.csv"} == {Path(p.file).name for p in problems}


def test_many_faults_of_one_column_are_counted(tmp_path: Path):
    (tmp_path / "stock.csv").write_text(STOCK + "".join(f"Est,SKU{n},1,1,2\n" for n in range(500)))
    messages = [p.message for p in faults_of(shop_with(tmp_path, "stock: {table: stock.csv}"))]

    assert 5 == sum("there is no node" in message for message in messages)
    assert "495 more rows like these, from row 7 on" in messages


@pytest.mark.parametrize(
    ("content", "message", "suggestion"),
    [
        ("node,sku,unit\n", "there is no such column", "unit"),
        ("node,sku,units,reorder_pont\nEast,MUG,1,1\n", "unknown column", "reorder_point"),
        ("", "cannot be read", None),
    ],
)
def test_faults_of_the_header(tmp_path: Path, content: str, message: str, suggestion: str | None):
    (tmp_path / "stock.csv").write_text(content)
    (problem,) = faults_of(shop_with(tmp_path, "stock: {table: stock.csv}"))

    assert message in problem.message
    assert suggestion == problem.suggestion


def test_a_missing_table_is_told_with_the_nearest_file(tmp_path: Path):
    (tmp_path / "stock.csv").write_text(STOCK)
    (problem,) = faults_of(shop_with(tmp_path, "stock: {table: stok.csv}"))

    assert (2, "stock.table", "stock.csv") == (problem.line, problem.key, problem.suggestion)


def test_something_that_is_no_parquet_file(tmp_path: Path):
    (tmp_path / "stock.parquet").write_text("node,sku,units\n")
    (problem,) = faults_of(shop_with(tmp_path, "stock: {table: stock.parquet}"))

    assert "CSV or Parquet" == problem.accepted


def test_products_and_regions_from_tables(tmp_path: Path):
    (tmp_path / "products.csv").write_text(
        "sku,price,cost,weight_kg,category,demand_weight,colour\n"
        "0012,12.99,5.1,0.35,plates,2,red\n0013,0.29,0.1,1.5,,,blue\n"
    )
    pd.DataFrame(
        {"name": ["Boston", "Chicago", "St. Louis"], "latitude": [42.0, 41.8, 38.6],
         "longitude": [-71.0, -87.7, -90.2], "population": [5, 4, 1]}
    ).to_parquet(tmp_path / "regions.parquet")  # fmt: skip
    network = load(
        shop_with(tmp_path, "products: {table: products.csv}\nregions: {table: regions.parquet}")
    ).world.network

    assert [("0012", 1299, 510, 0.35, 1, 2.0, "0012"), ("0013", 29, 10, 1.5, 0, 1.0, "0013")] == [
        (p.sku, p.price_cents, p.cost_cents, p.weight_kg, p.category, p.demand_weight, p.name) for p in network.products
    ]
    assert ["Boston", "Chicago", "St. Louis"] == [region.name for region in network.regions]
    assert 42.0 == network.nodes[0].latitude


def test_a_price_with_three_decimals_and_a_double_sku_are_faults(tmp_path: Path):
    (tmp_path / "products.csv").write_text("sku,price,cost,weight_kg\nA,1.999,1,1\nA,2,1,1\n")
    problems = faults_of(shop_with(tmp_path, "products: {table: products.csv}"))

    assert [(2, "price"), (3, "sku")] == [(p.line, p.key) for p in problems]


def test_ten_thousand_products_in_fifty_nodes_load_in_seconds(tmp_path: Path):
    skus, nodes = 10_000, 50
    names = np.array([f"N{n:02d}" for n in range(nodes)])
    codes = np.array([f"{n:06d}" for n in range(skus)])
    pd.DataFrame({"sku": codes, "price": 9.99, "cost": 4.5, "weight_kg": 0.5}).to_csv(
        tmp_path / "products.csv", index=False
    )
    rows = pd.DataFrame({"node": np.repeat(names, skus), "sku": np.tile(codes, nodes)})
    rows["units"] = np.arange(len(rows)) % 97
    rows.to_csv(tmp_path / "stock.csv", index=False)
    shifts = '[{days: daily, start: "06:00", end: "22:00", pick: 2, pack: 2}]'
    listed = "\n".join(f"  {name}: {{place: Boston, shifts: {shifts}}}" for name in names)
    path = shop_with(
        tmp_path,
        f"products: {{table: products.csv}}\nstock: {{table: stock.csv}}\nnodes:\n{listed}\n",
    )

    begin = time.perf_counter()
    loaded = load(path)
    seconds = time.perf_counter() - begin

    assert (52, skus) == loaded.world.stock.opening_units.shape
    assert 96 == loaded.world.stock.opening_units.max()
    assert int(rows["units"].sum()) == int(loaded.world.stock.opening_units.sum())
    assert seconds < 10  # about 1 s on a free machine

    again = load(write_resolved(loaded, tmp_path / "run" / "scenario.yaml"))
    assert np.array_equal(loaded.world.stock.order_up_to, again.world.stock.order_up_to)


def test_generated_products_are_the_same_everywhere():
    products = load("baseline").world.network.products

    assert 2_000 == len(products)
    assert [400, 360, 480, 380, 380] == np.bincount([p.category for p in products]).tolist()
    assert len({p.sku for p in products}) == len(products)
    assert all(p.cost_cents < p.price_cents and p.weight_kg > 0 for p in products)
    assert ("SKU0001", 11248, 7711, 0.51, "electronics 1") == (
        products[0].sku,
        products[0].price_cents,
        products[0].cost_cents,
        products[0].weight_kg,
        products[0].name,
    )
    assert [1, 2**-0.8, 3**-0.8] == sorted((p.demand_weight for p in products), reverse=True)[:3]


def test_another_category_leaves_the_others_as_they_are():
    plain = load("baseline").world.network.products
    other = load("baseline", sets=["products.generate.categories.toys.price=99"]).world.network.products

    assert [p for p in plain if p.category != 4] == [p for p in other if p.category != 4]
    assert [p for p in plain if p.category == 4] != [p for p in other if p.category == 4]
