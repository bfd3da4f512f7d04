"""The published inventory cases and what the project's exact algorithms give, in a table.

Every row of the file of published cases (``--cases``; by default ``shared/bench/validity_cases.json`` beside the
repository), the best policy and its cost as published and as computed, and for lost sales and two sources the best of
each family of simple policies, over all levels and caps in reach, by exact cost.

    python benchmarks/inventory_exact.py [--cases FILE] [--into docs/inventory.md]

It takes a minute or two.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from optimize.inventory.base_stock import best_periodic_base_stock, continuous_base_stock
from optimize.inventory.demand_chances import geometric, poisson
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
from optimize.inventory.lost_sales import (
    best_base_stock,
    best_capped_base_stock,
    best_lost_sales_cost,
    lost_sales_base_stock,
)
from optimize.inventory.lot_size import best_lot_sizes
from optimize.inventory.min_max import best_min_max
from optimize.inventory.newsvendor import newsvendor_discrete, newsvendor_normal
from optimize.inventory.reorder_quantity import best_reorder_quantity
from optimize.inventory.serial_system import best_serial_system
from optimize.inventory.two_nodes import TwoNodes, still

ROOT = Path(__file__).resolve().parent.parent
CASES = ROOT.parent / "shared" / "bench" / "validity_cases.json"

Row = tuple[str, str, str, str, str]
"""Case, what is best, as published, as computed, whether they agree."""

INTRO = """\
# Exact inventory cases

What `optimize/` computes for the published cases of inventory theory, each by its own algorithm: closed forms,
renewal, exact search or dynamic programming ([decisions](decisions.md) says which). `python
benchmarks/inventory_exact.py --into docs/inventory.md` renews the page; `tests/optimize/` asserts the same figures and
compares them with stockpyl and with brute force.

"""


def say(value: Any) -> str:
    """Numbers to six digits, parameters as they are."""
    if isinstance(value, float):
        return f"{value:.7g}"
    return ", ".join(say(v) for v in value) if isinstance(value, (list, tuple)) else str(value)


def row(case: str, what: str, published: Any, computed: Any, digits: float = 1e-6) -> Row:
    """One comparison; numbers agree to a relative ``digits``."""
    flat, other = np.ravel(np.array(published, dtype=float)), np.ravel(np.array(computed, dtype=float))
    agrees = "yes" if np.allclose(flat, other, rtol=digits, atol=0) else "**no**"
    return case, what, say(published), say(computed), agrees


def simple_rows(cases: dict[str, Any]) -> Iterator[Row]:
    """Newsvendor, base stock, (r, Q), (s, S), serial, guaranteed service, lot sizes, two nodes."""
    out = {name: case["outputs"] for name, case in cases.items()}
    normal, discrete = newsvendor_normal(50, 8, 0.18, 0.7), newsvendor_discrete(poisson(20), 1, 4)
    wanted = out["NV_N"]
    yield row("NV_N", "S, cost", [wanted["S_opt"], wanted["cost_opt"]], [normal.level, normal.cost])
    wanted = out["NV_P"]
    yield row("NV_P", "S, cost", [wanted["S_opt"], wanted["cost_opt"]], [discrete.level, discrete.cost])
    wanted, standing = out["BS_CONT"], continuous_base_stock(5, 2, 14)
    names = ("fill_rate", "E_onhand", "E_backorders")
    found = [standing.fill_rate, standing.on_hand, standing.owed]
    yield row("BS_CONT", "fill rate, on hand, owed", [wanted[name] for name in names], found)
    wanted = out["BS_PER"]
    yield row(
        "BS_PER", "S, cost", [wanted["S_opt"], wanted["cost"]], list(best_periodic_base_stock(poisson(5), 2, 1, 9))
    )
    wanted = out["RQ"]
    published = [wanted["r_opt"], wanted["Q_opt"], wanted["cost_opt"]]
    yield row("RQ", "r, Q, cost", published, list(best_reorder_quantity(poisson(3), 1.5, 20, 150, 100)))
    for case in out["SS_ZF"]["rows"]:
        published = [case["s_opt"], case["S_opt"], case["cost_opt"]]
        best = best_min_max(poisson(case["lam"]), case["h"], case["p"], case["K"])
        yield row(f"SS_ZF, mean {case['lam']:g}", "s, S, cost", published, list(best))
    for name in ("SERIAL_SS1", "SERIAL_SS9"):
        inputs = cases[name]["inputs"]
        serial = best_serial_system(inputs["lam"], inputs["L"], inputs["h_echelon_4to1"][::-1], inputs["p"])
        published = [*inputs["echelon_base_stock_4to1"][::-1], out[name]["cost_exact_convolution"]]
        yield row(name, "echelon levels, cost", published, [*serial.echelon_levels, serial.cost])
    yield tree_row(cases["GSM_65"])
    inputs, wanted = cases["WW"]["inputs"], out["WW"]
    lots = best_lot_sizes(inputs["demand"], inputs["K"], inputs["h"])
    yield row("WW", "orders, cost", [*wanted["order_quantities"], wanted["cost_opt"]], [*lots.orders, lots.cost])
    nodes, start = TwoNodes(10, (1, 1), moved=1, covered=2, lost=10, held=0.1), (12, 2)
    for mode, cost in (
        ("none", nodes.cost(still, start)),
        ("reactive", nodes.cost(still, start, covers=True)),
        ("proactive", nodes.best(start)),
        ("both", nodes.best(start, covers=True)),
    ):
        yield row(f"BAL_2NODE, {mode}", "cost", out["BAL_2NODE"][mode], cost)


def tree_row(case: dict[str, Any]) -> Row:
    """The tree of guaranteed service."""
    stages = {
        name: Stage(
            node["T"],
            node["h"],
            tuple(str(other) for other in node.get("succ", [])),
            node.get("sd", 0),
            node.get("out_CST_max"),
            node.get("external_SI", 0),
        )
        for name, node in case["inputs"]["nodes"].items()
    }
    found, wanted = best_service_times(stages), case["outputs"]
    order = sorted(stages)
    published = [*[wanted["CST"][name] for name in order], wanted["cost"]]
    return row("GSM_65", "service times, cost", published, [*[found.promises[name] for name in order], found.cost])


def lost_sales_rows(case: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """The bed of Zipkin (2008): optimum, best base stock, best capped base stock."""
    for wanted in case["outputs"]["rows"]:
        demand = (poisson if wanted["dist"] == "poisson" else geometric)(5)
        lead, penalty = wanted["L"], wanted["p"]
        best = best_lost_sales_cost(demand, lead, 1, penalty)
        base, capped = best_base_stock(demand, lead, 1, penalty), best_capped_base_stock(demand, lead, 1, penalty)
        same_cap = lost_sales_base_stock(demand, lead, wanted["S_cbs"], 1, penalty, wanted["r_cbs"]).cost
        agrees = (wanted["opt"], wanted["cost_bs"], wanted["cost_cbs"]) == tuple(
            round(cost, 4) for cost in (best, base.cost, same_cap)
        )
        yield (
            f"{wanted['dist']}, p {penalty}, L {lead}",
            f"{wanted['opt']:.4f}",
            f"{best:.4f}",
            f"{wanted['cost_bs']:.4f} ({wanted['S_bs']})",
            f"{base.cost:.4f} ({base.level})",
            f"{wanted['cost_cbs']:.4f} ({wanted['S_cbs']}, {wanted['r_cbs']})",
            f"{capped.cost:.4f} ({capped.level}, {capped.at_most})",
            "yes" if agrees else "**no**",
        )


def cheapest(sources: Sources, policies: Iterable[tuple[str, Orders]]) -> tuple[str, float]:
    """The best of some policies, by exact cost."""
    costs = {name: dual_sourcing_cost(sources, orders, most=40) for name, orders in policies}
    name = min(costs, key=lambda key: (round(costs[key], 9), key))
    return name, costs[name]


def families() -> dict[str, Callable[[int], Iterator[tuple[str, Orders]]]]:
    """Policies of each family by lead time: levels up to what two periods, and all periods, can ask for."""
    return {
        "dual_index": lambda lead: (
            (f"{e}, {r}", dual_index(e, r)) for e in range(2, 7) for r in range(e, 4 * lead + 3)
        ),
        "capped_dual_index": lambda lead: (
            (f"{e}, {r}, {cap}", dual_index(e, r, cap))
            for e in range(2, 7)
            for r in range(e, 4 * lead + 3)
            for cap in (1, 2, 3)
        ),
        "tailored_base_surge": lambda lead: (
            (f"{e}, {regular}", tailored_base_surge(e, regular)) for e in range(2, 7) for regular in (0, 1)
        ),
        "single_index": lambda lead: (
            (f"{e}, {r}", single_index(e, r)) for e in range(2, 11) for r in range(e, 4 * lead + 3)
        ),
    }


AS_PUBLISHED: dict[str, Callable[[dict[str, Any]], Orders]] = {
    "dual_index": lambda case: dual_index(case["Se"], case["Sr"]),
    "capped_dual_index": lambda case: dual_index(case["Se"], case["Sr"], case["cap"]),
    "tailored_base_surge": lambda case: tailored_base_surge(case["Se"], case["cap"]),
    "single_index": lambda case: single_index(case["Se"], case["Sr"]),
}


def dual_rows(case: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Two sources: optimum; each family at the published parameters, and its best."""
    for wanted in case["outputs"]["rows"]:
        prices = (wanted["ce"], wanted["cr"], wanted["h"], wanted["b"])
        sources = Sources(np.full(5, 0.2), wanted["lr"], *prices)
        best, name = best_dual_sourcing_cost(sources), f"lr {wanted['lr']}, ce {wanted['ce']:g}"
        yield name, "optimal", f"{wanted['opt']:.4f}", f"{best:.4f}", "", "", ""
        for family, policies in families().items():
            published = wanted[family]
            same = dual_sourcing_cost(sources, AS_PUBLISHED[family](published))
            found, cost = cheapest(sources, policies(wanted["lr"]))
            yield (
                name,
                family,
                f"{published['cost_sim']:.3f} (simulated)",
                f"{same:.4f}",
                found,
                f"{cost:.4f}",
                f"{cost / best - 1:.3%}",
            )


def table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    """A table in Markdown."""
    columns = head.count("|") - 1
    return "\n".join([head, "|" + "---|" * columns, *("| " + " | ".join(cells) + " |" for cells in rows)]) + "\n"


LOST_SALES = """
## Lost sales

Mean demand 5, holding 1; in brackets the level and the cap. The published caps were found by simulation; *best capped*
is exact, over all caps.

"""
TWO_SOURCES = """
## Two sources

The published costs of the policies are simulated, that of the optimum is exact. All of them lie {low:.3f} to {high:.3f}
above the exact cost: the one sample of demand behind them has a mean some 0.0005 too high, at 100 a unit.

"""


def page(cases: dict[str, Any]) -> str:
    """The whole page."""
    dual = cases["DUAL"]["outputs"]["crosscheck"]
    prices = (dual["ce"], dual["cr"], dual["h"], dual["b"])
    crosscheck = best_dual_sourcing_cost(Sources(np.full(5, 0.2), dual["lr"], *prices))
    of_two = list(dual_rows(cases["DUAL"]))
    off = [float(cells[2].split()[0]) - float(cells[3]) for cells in of_two if "simulated" in cells[2]]
    lost = table(
        "| case | optimal, published | computed | base stock, published | computed | capped, published "
        "| best capped | published figures agree |",
        lost_sales_rows(cases["LOST_ZIPKIN"]),
    )
    two = table(
        "| case | policy | published | exact, same parameters | best parameters | exact | above the optimum |", of_two
    )
    parts = [
        INTRO,
        table("| case | best | published | computed | agree |", simple_rows(cases)),
        LOST_SALES + lost,
        TWO_SOURCES.format(low=min(off), high=max(off)) + two,
        f"\nLead time {dual['lr']}, expedited {dual['ce']}, regular {dual['cr']}: published {dual['opt']}, computed"
        f" {crosscheck:.7f}.\n",
    ]
    return "".join(parts)


def main() -> None:
    """Print or write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=Path, default=CASES)
    parser.add_argument("--into", type=Path)
    arguments = parser.parse_args()
    cases = {case["id"]: case for case in json.loads(arguments.cases.read_text(encoding="utf-8"))["cases"]}
    text = page(cases)
    if arguments.into is None:
        print(text, end="")
    else:
        arguments.into.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
