"""The exact inventory algorithms against the published cases, all rows, to the digits that are given there.

The cases lie beside the repository, in ``shared/bench``, or where PEAKPROOF_VALIDITY_CASES points; a few of their
figures stand in `test_best_policies_by_number` too, so that something is tested without the file.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optimize.inventory.base_stock import best_periodic_base_stock, continuous_base_stock, periodic_base_stock
from optimize.inventory.demand_chances import cost_by_level, geometric, poisson
from optimize.inventory.dual_sourcing import (
    Orders,
    Sources,
    best_dual_sourcing_cost,
    dual_index,
    dual_sourcing_cost,
    single_index,
    tailored_base_surge,
)
from optimize.inventory.guaranteed_service import Stage, best_service_times
from optimize.inventory.lost_sales import best_base_stock, best_lost_sales_cost, lost_sales_base_stock
from optimize.inventory.lot_size import best_lot_sizes
from optimize.inventory.min_max import best_min_max, min_max
from optimize.inventory.newsvendor import newsvendor_discrete, newsvendor_normal
from optimize.inventory.reorder_quantity import best_reorder_quantity, reorder_quantity
from optimize.inventory.serial_system import best_serial_system, serial_base_stock
from optimize.inventory.two_nodes import TwoNodes, still

BESIDE = Path(__file__).resolve().parents[4] / "shared" / "bench" / "validity_cases.json"
PUBLISHED = Path(os.environ.get("PEAKPROOF_VALIDITY_CASES", BESIDE))
CASES = (
    {case["id"]: case for case in json.loads(PUBLISHED.read_text(encoding="utf-8"))["cases"]}
    if PUBLISHED.is_file()
    else {}
)
needs_cases = pytest.mark.skipif(not CASES, reason="there is no file of published cases at ../shared/bench")
DEMAND = {"poisson": poisson, "geometric": geometric}


def close(published: Any, computed: Any, rel: float = 1e-8) -> None:
    assert pytest.approx(published, rel=rel) == computed


def rows(name: str) -> list[Any]:
    outputs = CASES.get(name, {"outputs": {"rows": []}})["outputs"]
    return [pytest.param(row, id="-".join(str(v) for v in list(row.values())[:4])) for row in outputs["rows"]]


def test_best_policies_by_number():
    newsvendor = newsvendor_discrete(poisson(20), 1, 4)

    assert (24, 6.438004) == (newsvendor.level, round(newsvendor.cost, 6))
    assert (3, 5, 107.923581) == tuple(round(x, 6) for x in best_reorder_quantity(poisson(3), 1.5, 20, 150, 100))
    assert (6, 40, 35.021555) == tuple(round(x, 6) for x in best_min_max(poisson(10), 1, 9, 64))
    assert 4.0407 == round(best_lost_sales_cost(poisson(5), 1, 1, 4), 4)
    assert 23.071429 == round(best_dual_sourcing_cost(Sources(np.full(5, 0.2), 2, 20, 0, 5, 495)), 6)


@needs_cases
def test_newsvendor():
    normal, discrete = CASES["NV_N"]["outputs"], CASES["NV_P"]["outputs"]
    found = newsvendor_normal(50, 8, 0.18, 0.7)
    close((normal["S_opt"], normal["cost_opt"]), (found.level, found.cost))
    found = newsvendor_discrete(poisson(20), 1, 4)
    close((discrete["S_opt"], discrete["cost_opt"]), (found.level, found.cost))
    levels = np.array([int(level) for level in discrete["cost_by_S"]])
    close(list(discrete["cost_by_S"].values()), cost_by_level(levels, poisson(20), 1, 4).tolist())


@needs_cases
def test_base_stock():
    wanted, found = CASES["BS_CONT"]["outputs"], continuous_base_stock(5, 2, 14)
    close(
        [wanted[name] for name in ("fill_rate", "E_onhand", "E_backorders")],
        [found.fill_rate, found.on_hand, found.owed],
    )
    wanted = CASES["BS_PER"]["outputs"]
    close((wanted["S_opt"], wanted["cost"]), best_periodic_base_stock(poisson(5), 2, 1, 9))
    found = periodic_base_stock(poisson(5), 2, 20, 1, 9)
    close(
        [wanted[name] for name in ("fill_rate", "E_end_onhand", "E_end_backorders")],
        [found.fill_rate, found.on_hand, found.owed],
    )
    for level, cost in wanted["cost_by_S"].items():
        close(cost, periodic_base_stock(poisson(5), 2, int(level), 1, 9).cost)


@needs_cases
def test_reorder_quantity():
    wanted, found = CASES["RQ"]["outputs"], reorder_quantity(1.5, 2, 3, 5, 20, 150, 100)
    close(
        [wanted[name] for name in ("r_opt", "Q_opt", "cost_opt")],
        list(best_reorder_quantity(poisson(3), 1.5, 20, 150, 100)),
    )
    close(
        [wanted[name] for name in ("cost_opt", "fill_rate", "E_onhand", "E_backorders", "order_frequency")],
        [found.cost, found.fill_rate, found.on_hand, found.owed, found.orders],
    )
    for point, quantity in ((4, 6), (2, 8)):
        found = reorder_quantity(1.5, 2, point, quantity, 20, 150, 100)
        close(wanted[f"cost_r{point}_Q{quantity}"], found.cost)


@pytest.mark.parametrize("row", rows("SS_ZF"))
def test_min_max(row: dict[str, Any]):
    found = best_min_max(poisson(row["lam"]), row["h"], row["p"], row["K"])

    assert (row["s_opt"], row["S_opt"]) == found[:2]
    close(row["cost_opt"], found[2])


@needs_cases
def test_min_max_that_is_not_the_best():
    wanted = CASES["SS_ZF"]["outputs"]["check_cost_non_opt"]
    close(wanted["cost"], min_max(poisson(wanted["lam"]), wanted["s"], wanted["S"], 1, 9, 64).cost)


@needs_cases
@pytest.mark.parametrize("name", ["SERIAL_SS1", "SERIAL_SS9"])
def test_serial_system(name: str):
    inputs, outputs = CASES[name]["inputs"], CASES[name]["outputs"]
    found = best_serial_system(16, inputs["L"], inputs["h_echelon_4to1"][::-1], 9)
    stages = serial_base_stock(16, inputs["L"], found.local_levels)

    assert tuple(inputs["echelon_base_stock_4to1"][::-1]) == found.echelon_levels
    assert tuple(inputs["local_base_stock_4to1"][::-1]) == found.local_levels
    close(outputs["cost_exact_convolution"], found.cost)
    close(outputs["E_onhand_4to1"][::-1], [stage.on_hand for stage in stages])
    close(outputs["E_backorders_4to1"][::-1], [stage.owed for stage in stages])


@needs_cases
def test_guaranteed_service():
    nodes, wanted = CASES["GSM_65"]["inputs"]["nodes"], CASES["GSM_65"]["outputs"]
    stages = {
        name: Stage(
            node["T"],
            node["h"],
            tuple(str(other) for other in node.get("succ", [])),
            node.get("sd", 0),
            node.get("out_CST_max"),
            node.get("external_SI", 0),
        )
        for name, node in nodes.items()
    }
    found = best_service_times(stages, CASES["GSM_65"]["inputs"]["z"])

    assert wanted["CST"] == found.promises
    close(wanted["cost"], found.cost)


@needs_cases
def test_lot_sizes():
    inputs, wanted = CASES["WW"]["inputs"], CASES["WW"]["outputs"]
    found = best_lot_sizes(inputs["demand"], inputs["K"], inputs["h"])

    assert (tuple(wanted["order_quantities"]), wanted["cost_opt"]) == (found.orders, found.cost)


@pytest.mark.parametrize("row", rows("LOST_ZIPKIN"))
def test_lost_sales(row: dict[str, Any]):
    """Optimum, and best base stock, to the four digits after the point; the best cap that the file found costs what it
    says. Those with a lead time of three periods take a second each: one of each demand is here, all of them in
    `benchmarks/inventory_exact.py`."""
    demand, lead, penalty = DEMAND[row["dist"]](5), row["L"], row["p"]
    capped = lost_sales_base_stock(demand, lead, row["S_cbs"], 1, penalty, row["r_cbs"]).cost
    levels = best_base_stock(demand, lead, 1, penalty)

    assert row["cost_cbs"] == round(capped, 4)
    assert (row["S_bs"], row["cost_bs"]) == (levels.level, round(levels.cost, 4))
    if lead == 1 or penalty == 4:
        assert row["opt"] == round(best_lost_sales_cost(demand, lead, 1, penalty), 4)


POLICIES = {
    "dual_index": lambda row: dual_index(row["Se"], row["Sr"]),
    "capped_dual_index": lambda row: dual_index(row["Se"], row["Sr"], row["cap"]),
    "tailored_base_surge": lambda row: tailored_base_surge(row["Se"], row["cap"]),
    "single_index": lambda row: single_index(row["Se"], row["Sr"]),
}


@pytest.mark.parametrize("row", rows("DUAL"))
def test_dual_sourcing(row: dict[str, Any]):
    """The optimum to four digits; the policies, which the file gives by simulation, within what its demand was off.

    All its runs drew the same demand, of a mean some 0.0005 too high, at 100 a unit.
    """
    sources = Sources(np.full(5, 0.2), row["lr"], row["ce"], row["cr"], row["h"], row["b"])
    off = {}
    for name, policy in POLICIES.items():
        orders: Orders = policy(row[name])
        off[name] = row[name]["cost_sim"] - dual_sourcing_cost(sources, orders)

    assert dict.fromkeys(POLICIES, pytest.approx(0.046, abs=0.005)) == off
    if row["lr"] < 4:
        assert row["opt"] == round(best_dual_sourcing_cost(sources), 4)


@needs_cases
def test_two_nodes():
    inputs, wanted = CASES["BAL_2NODE"]["inputs"], CASES["BAL_2NODE"]["outputs"]
    nodes = TwoNodes(inputs["T"], (1, 1), inputs["proactive"], inputs["reactive"], inputs["p"], inputs["h"])
    start = tuple(inputs["x0"])
    for covers, never, best in ((False, "none", "proactive"), (True, "reactive", "both")):
        close(wanted[never], nodes.cost(still, start, covers=covers))
        close(wanted[best], nodes.best(start, covers=covers))
