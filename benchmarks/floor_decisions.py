"""Release, labour, carriers, promise and who decides: rules and solvers on the same customers of one small shop.

Each group of variants runs on the same seeds; a difference is to the first of its group, paired, with its 95% interval.

    python benchmarks/floor_decisions.py                       all groups, 5 seeds, some ten minutes of one core
    python benchmarks/floor_decisions.py --only release --seeds 20
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHOP = str(ROOT / "benchmarks" / "floor_shop.yaml")

QUICK = ("nodes.East.stations.pack.per_hour=40", "nodes.West.stations.pack.per_hour=40")
TIGHT = (
    *QUICK,
    "carriers.Northway.services.ground.capacity_parcels=70",
    "carriers.Bluebird.services.post.capacity_parcels=60",
)
LATE = (
    "channels.web.sync={mode: batch, interval: 3h}",
    "channels.market.sync={mode: batch, interval: 3h}",
    "stock.days_of_cover=3d",
    *QUICK,
)
SHORT = ("stock.days_of_cover=3d", "rules.transfer_truck_cost=30", "rules.transfer_mile_cost=0.10", *QUICK)
PLANNER = "desks={planners: {handles: [decision], handling: 2h, shifts: [{start: '09:00', end: '17:00', staff: 1}]}}"
ASKED = ("rules.approve_over={transfers: 100, replenishment: 500}", PLANNER)
STOPPED = ("rules.approve_over={transfers: 100}", PLANNER)
LEVELLED = ("allocation=cheapest", "transfers=level_cover")
WRONG = (
    "disruptions.wrong={kind: wrong_rule, decision: transfers, policy: level_cover, at: 1d, duration: 3d}",
    "rules.transfer_every=6h",
)

Group = tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
"""(name, policies, settings) of variants, the first of which the others are compared with."""

GROUPS: dict[str, tuple[tuple[str, ...], Group]] = {
    "release": (
        ("fill_rate", "otif", "click_to_ship_p90_hours"),
        tuple(
            (name, (policy,), sets)
            for name, policy, sets in (
                ("fifo", "release=fifo", ()),
                ("earliest_cutoff", "release=earliest_cutoff", ()),
                ("priority", "release=priority", ()),
                ("slack", "release=slack", ()),
                ("slack, 15 a wave", "release=slack", tuple(f"nodes.{n}.wave_capacity=15" for n in ("East", "West"))),
                ("waves", "release=waves", ()),
                ("waves, 4 h ahead", "release=waves:ahead_hours=4", ()),
            )
        ),
    ),
    "labour": (
        ("fill_rate", "otif", "labour_per_order_cents", "contribution_margin_cents"),
        tuple(
            (policy, (f"labour={policy}",), ())
            for policy in (
                "fixed",
                "backlog_flex",
                "backlog_flex:hours=4",
                "shifts",
                "shifts:late=3",
                "shifts:late=30",
            )
        ),
    ),
    "carriers": (
        ("otif", "freight_per_order_cents", "cycle_time_p90_hours"),
        (
            ("cheapest", ("carrier=cheapest",), TIGHT),
            ("cheapest, refused rerouted", ("carrier=cheapest",), (*TIGHT, "rules.reroute_refused=true")),
            ("fastest", ("carrier=fastest",), TIGHT),
            ("assignment", ("carrier=assignment",), TIGHT),
        ),
    ),
    "promise": (
        ("refused_orders_share", "oversold_share", "otif", "contribution_margin_cents"),
        tuple(
            (policy, (f"promise={policy}",), LATE)
            for policy in ("on_hand", "with_buffer", "with_buffer:units=5", "with_inbound")
        ),
    ),
    "who decides": (
        ("requested_fill_rate", "split_rate", "cost_to_serve_per_order_cents", "contribution_margin_cents"),
        (
            ("central: cheapest", ("allocation=cheapest",), SHORT),
            ("each region for itself: local_first", ("allocation=local_first",), SHORT),
            ("central, cover levelled", LEVELLED, SHORT),
            ("central, cover levelled, approved", LEVELLED, (*SHORT, *ASKED)),
            ("central, a wrong rule levels", ("allocation=cheapest",), (*SHORT, *WRONG)),
            ("central, a wrong rule stopped", ("allocation=cheapest",), (*SHORT, *WRONG, *STOPPED)),
        ),
    ),
}


def table(group: str, seeds: int) -> str:
    """One group's table, in Markdown."""
    from scenarios.experiments.comparison import Variant
    from scenarios.experiments.experiment import Job, check_same_demand, simulate
    from scenarios.experiments.statistics import mean_interval, paired_difference

    kpis, variants = GROUPS[group]
    outcomes = [
        simulate(Job(SHOP, Variant(name, policies, sets), seed, seed, (), kpis))
        for name, policies, sets in variants
        for seed in range(1, seeds + 1)
    ]
    check_same_demand(outcomes)
    values = {v[0]: {k: [o.kpis[k] for o in outcomes if o.variant == v[0]] for k in kpis} for v in variants}
    first = values[variants[0][0]]
    lines = [f"| {group} | " + " | ".join(kpis) + " |", "|---" * (1 + len(kpis)) + "|"]
    for name, own in values.items():
        cells = []
        for kpi in kpis:
            apart = paired_difference(own[kpi], first[kpi])
            difference = f" ({shown(kpi, apart.mean, signed=True)} ± {shown(kpi, apart.half_width)})"
            cells.append(shown(kpi, mean_interval(own[kpi]).mean) + ("" if own is first else difference))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def shown(kpi: str, value: float, *, signed: bool = False) -> str:
    """A figure in its unit: money in whole units of currency, shares in per cent."""
    sign = "+" if signed else ""
    if kpi.endswith("_cents"):
        return f"{value / 100:{sign},.2f}"
    return f"{value:{sign}.1f}" if kpi.endswith("_hours") else f"{100 * value:{sign}.1f}%"


def main() -> None:
    """Run the groups and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--only", choices=GROUPS, help="one group")
    parser.add_argument("--seeds", type=int, default=5, help="how many (5)")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    for group in [arguments.only] if arguments.only else GROUPS:
        print(table(group, arguments.seeds), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
