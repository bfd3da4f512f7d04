"""The supply side against the exact cases of inventory theory, each an ordinary scenario file of one node and one SKU.

The formulas are compared with the file of published cases too, where there is one: beside the repository, in
``shared/bench``, or where PEAKPROOF_VALIDITY_CASES points.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from scenarios.load import load
from sim.model import Model
from tests.theory import exact
from tests.theory.supply import CASES, SCENARIOS, Case, measured

FILES = sorted({case.scenario for case in CASES})
FIRST = {case.scenario: case for case in reversed(CASES)}
BESIDE = Path(__file__).resolve().parents[3] / "shared" / "bench" / "validity_cases.json"
PUBLISHED = Path(os.environ.get("PEAKPROOF_VALIDITY_CASES", BESIDE))
BY_NAME = {case.name: case for case in CASES}


def to_figures(answers: dict[str, float], figures: int = 9) -> dict[str, float]:
    return {name: float(f"{value:.{figures}g}") for name, value in answers.items()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_engine_gives_the_exact_answers(case: Case, tmp_path: Path):
    found = measured(case, tmp_path)

    assert set(case.exact) == set(found)
    assert dict.fromkeys(found, True) == {name: e.holds(case.exact[name]) for name, e in found.items()}, found


@pytest.mark.parametrize(
    ("scenario", "wrong"),
    [
        ("base_stock_continuous", "low"),
        ("base_stock_periodic", "high"),
        ("reorder_quantity", "high"),
        ("min_max", "low"),
        ("newsvendor", "low"),
        ("lost_sales", "high"),
    ],
)
def test_a_level_that_is_one_off_shows(scenario: str, wrong: str, tmp_path: Path):
    """The intervals are narrow enough to find it: the stock on hand is not that of the case."""
    case = FIRST[scenario]
    found = measured(case, tmp_path, use=wrong)
    stock = "on_hand" if "on_hand" in found else "end_on_hand"

    assert not found[stock].holds(case.exact[stock]), found


def test_a_cap_on_orders_shows(tmp_path: Path):
    plain, capped = BY_NAME["LOST_ZIPKIN"], BY_NAME["LOST_ZIPKIN, capped"]
    found = measured(capped, tmp_path)

    assert not found["end_on_hand"].holds(plain.exact["end_on_hand"])


def test_a_stage_with_one_more_shows(tmp_path: Path):
    found = measured(BY_NAME["SERIAL_SS1"], tmp_path)
    other = exact.serial_base_stock(16, 0.25, (8, 5, 5, 5))

    assert not found["on_hand Stage 4"].holds(other["on_hand Stage 4"])
    assert not found["on_hand Stage 3"].holds(other["on_hand Stage 3"])


@pytest.mark.parametrize("scenario", FILES)
def test_the_auditor_agrees(scenario: str, tmp_path: Path):
    """Three days of each case with every movement checked as it happens."""
    world = load(SCENARIOS / f"{scenario}.yaml", sets=["horizon.end=3d", "horizon.warm_up=0d"]).world
    manifest = Model(world, 2, check=True).run(tmp_path)

    assert manifest["counters"]["orders_offered"] > 50
    assert {"closed", "refused"} >= set(manifest["census"])


def test_the_formulas_give_the_published_values():
    assert {"fill_rate": 0.864464423, "on_hand": 4.18693715, "owed": 0.186937153} == to_figures(
        dict(BY_NAME["BS_CONT"].exact)
    )
    assert [7.12300025, 107.923581, 8.03411156, 35.0215553, 36.6126942, 6.43800370, 8.44137826] == [
        to_figures(dict(BY_NAME[name].exact))[measure]
        for name, measure in [
            ("BS_PER", "period_cost"),
            ("RQ", "cost"),
            ("SS_ZF", "period_cost"),
            ("SS_ZF, 10 a period", "period_cost"),
            ("SS_ZF, not optimal", "period_cost"),
            ("NV_P", "lost_cost"),
            ("NV_P, 28 units", "lost_cost"),
        ]
    ]
    assert [4.1628, 4.0654, 4.975] == [
        round(BY_NAME[f"LOST_ZIPKIN{which}"].exact["lost_cost"], 4) for which in ("", ", capped", ", L = 3")
    ]


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="there is no file of published cases at ../shared/bench")
def test_the_formulas_give_the_values_of_the_published_file():
    cases = {case["id"]: case["outputs"] for case in json.loads(PUBLISHED.read_text(encoding="utf-8"))["cases"]}

    def close(published: Any, computed: Any) -> None:
        assert pytest.approx(published, rel=1e-7) == computed

    for ours, theirs in (("fill_rate", "fill_rate"), ("on_hand", "E_onhand"), ("owed", "E_backorders")):
        close(cases["BS_CONT"][theirs], BY_NAME["BS_CONT"].exact[ours])
        close(cases["RQ"][theirs], BY_NAME["RQ"].exact[ours])
    for ours, theirs in (("end_on_hand", "E_end_onhand"), ("end_owed", "E_end_backorders"), ("fill_rate", "fill_rate")):
        close(cases["BS_PER"][theirs], BY_NAME["BS_PER"].exact[ours])
    for level, cost in cases["BS_PER"]["cost_by_S"].items():
        close(cost, exact.periodic_base_stock(5, 2, int(level), 1, 9)["period_cost"])
    for level, cost in cases["NV_P"]["cost_by_S"].items():
        close(cost, exact.newsvendor(20, int(level), 1, 4)["lost_cost"])
    for row in cases["SS_ZF"]["rows"]:
        prices = (row["h"], row["p"], row["K"])
        close(row["cost_opt"], exact.min_max(row["lam"], row["s_opt"], row["S_opt"], *prices)["period_cost"])
    serial = [BY_NAME["SERIAL_SS1"].exact[f"on_hand Stage {stage}"] for stage in (4, 3, 2, 1)]
    close(cases["SERIAL_SS1"]["E_onhand_4to1"], serial)
    lost = [row for row in cases["LOST_ZIPKIN"]["rows"] if row["dist"] == "poisson" and row["L"] == 1]
    for row in lost:
        found = exact.lost_sales(5, 1, row["S_bs"], 1, row["p"])["lost_cost"]
        capped = exact.lost_sales(5, 1, row["S_cbs"], 1, row["p"], row["r_cbs"])["lost_cost"]
        assert (row["cost_bs"], row["cost_cbs"]) == (round(found, 4), round(capped, 4))
