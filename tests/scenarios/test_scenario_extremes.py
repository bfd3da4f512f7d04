"""Values that fit their key and that no run could bear: each is refused with its place, and none ends in a traceback,
in hours of silence or in books whose numbers have wrapped around."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.errors import Problem, Problems, ScenarioError
from scenarios.load import load, warnings
from scenarios.quantities import QuantityError, duration_ms
from scenarios.yaml_source import parse_yaml

SMALL_TEXT = (Path(__file__).parent / "small_shop.yaml").read_text(encoding="utf-8")
LISTED = SMALL_TEXT[SMALL_TEXT.index("products:\n") : SMALL_TEXT.index("regions:\n")]
HOMES = SMALL_TEXT[SMALL_TEXT.index("regions:\n") : SMALL_TEXT.index("nodes:\n")]


def faults(folder: Path, *changes: tuple[str, str]) -> list[Problem]:
    """What is told of the small shop with these changes."""
    text = SMALL_TEXT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "extreme.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return list(caught.value.problems)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("orders_per_day: 400", "orders_per_day: 1000000000", "channels.web.orders_per_day"),
        ("lines: {discrete: {1: 0.5, 2: 0.5}}", "lines: 1e6", "channels.web.lines"),
        ("lines: {discrete: {1: 0.5, 2: 0.5}}", "quantity: {discrete: {1: 1, 1e9: 1}}", "channels.web.quantity"),
        ("cv: 0.3", "cv: 1e9", "nodes.West.stations.pick.work"),
        ("3-8: 4}", "3-8: 1e12}", "carriers.Northway.services.ground.transit_days"),
        ("3-8: 5}", "3-8: 99999}", "carriers.Northway.services.ground.quoted_days"),
        ("start: 2026-11-23 00:00", "start: 9999-12-31 00:00", "start"),
        ("start: 2026-11-23 00:00", "start: 0001-01-01 00:00", "start"),
        ("end: 2d, drain: 20d", "end: 30000d, drain: 30000d", "horizon.end"),
        ("lead_time: 7d", "lead_time: 40000d", "suppliers.Mill.lead_time"),
    ],
)
def test_what_no_shop_has_is_refused_at_its_key(old: str, new: str, key: str, tmp_path: Path):
    assert [key] == [problem.key for problem in faults(tmp_path, (old, new))]


@pytest.mark.parametrize(
    ("changes", "key", "told"),
    [
        ([("  locals: {region_weights: {Boston: 1}}", "  locals: {}"), *((f"population: {p}", "population: 0") for p in
          (1000000, 3000000, 500000))], "regions", "nobody lives anywhere"),
        ([("weight: 350g, category: cups", "weight: 350g, demand_weight: 0"), ("demand_weight: 3", "demand_weight: 0")],
         "channels", "shop sells nothing"),
        ([("orders_per_day: 400", "orders_per_day: 4000000"), ("end: 2d", "end: 400d")], "horizon", "orders would"),
        ([("orders_per_day: 400", "orders_per_day: 400\n    quantity: 1000000")], "stock", "would keep"),
        ([("cost: 5.00", "cost: 9999999999999")], "stock", "MUG"),
        ([("price: 12.99", "price: 9999999999999")], "products", "an order of MUG"),
        ([(LISTED, "products: []\n")], "products", "does not fit"),
        ([(LISTED, "products: {table: none.csv}\n")], "", "has no rows"),
        ([(HOMES, "regions: {table: nowhere.csv}\n")], "", "has no rows"),
        ([(LISTED, "products: {generate: {count: 1000000000, categories: {cups: {price: 1, weight: 1kg}}}}\n")],
         "products.generate.count", "does not fit"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_told_when_all_is_put_together(changes, key: str, told: str, tmp_path: Path):
    (tmp_path / "none.csv").write_text("sku,price,cost,weight_kg\n", encoding="utf-8")
    (tmp_path / "nowhere.csv").write_text("name,latitude,longitude,population\n", encoding="utf-8")

    assert (key, True) in [(p.key, told in p.message) for p in faults(tmp_path, *changes)]


def test_a_node_without_people_is_told(tmp_path: Path):
    """East receives what it passes on to West; without pickers and packers its stock sells and never leaves."""
    path = tmp_path / "nobody.yaml"
    path.write_text(SMALL_TEXT.replace("pick: 4, pack: 4,", "").replace(", pick: 2, pack: 2}", "}"), encoding="utf-8")

    unstaffed = [
        f"nobody ever has a shift at East to {work}: what it is to send never leaves" for work in ("pick", "pack")
    ]
    nobody_receives = "nobody ever has a shift at West to receive: what is ordered for it is never put away"
    assert [*unstaffed, nobody_receives] == warnings(load(path).world)


@pytest.mark.parametrize("parent", ["[a, b]", "{a: b}", "7", "x" * 5_000, '"a\\0b"'])
def test_what_is_no_file_is_not_extended(parent: str, tmp_path: Path):
    path = tmp_path / "child.yaml"
    path.write_text(f"extends: {parent}\n", encoding="utf-8")

    with pytest.raises(ScenarioError) as caught:
        load(path)
    assert ["extends"] == [problem.key for problem in caught.value.problems]


@pytest.mark.parametrize("text", ["a: " + "[" * 5_000 + "]" * 5_000, "".join(" " * i + "a:\n" for i in range(2_000))])
def test_a_bottomless_file_is_told(text: str):
    problems = Problems()
    parse_yaml(text, "deep.yaml", problems)

    assert ["nested too deeply"] == [problem.message for problem in problems]


def test_a_duration_has_an_end():
    assert 36_525 * 86_400_000 == duration_ms("36525d")
    with pytest.raises(QuantityError, match="at most 100 years"):
        duration_ms("36526d")
