"""The founding story: what fragmented systems cost in a peak, and which single change recovers how much.

Writes docs/founding-story.md from `fragmented` and its four overrides, each alone, all but each, all together and in
the order of their gain, on the same customers.

    python benchmarks/founding_story.py [--replications 6] [--jobs 2] [--out docs/founding-story.md]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reports.changes_page import METHOD, tables
from reports.html import Grid
from scenarios.changes import Attribution, attribute

CHANGES = ("live_sync", "priority_release", "node_balancing", "rules_for_exceptions")

HEAD = """# The founding story: fragmented against synchronised

This page is made by `python benchmarks/founding_story.py`; do not edit it.

`fragmented` is a shop in a peak (four times its orders for six hours) whose channels hear of stock by a 15-minute
batch, whose floors release everything first come, first served, whose nodes do not help one another, and whose reviews,
data faults and tickets all wait for one back office. `synchronised` is the same shop, on the same customers, with four
changes, each an override in the scenario's file:

| change | what it does |
|---|---|
| `live_sync` | all channels sell from the ledger itself and reserve as they sell |
| `priority_release` | a wave takes what the floor can pack by the next one, least time to the ship-by first |
| `node_balancing` | what a node with more than 4 hours of work would release last goes to a near one with less |
| `rules_for_exceptions` | addresses and data are checked by rules, cards are scored: fewer and better suspicions |
"""

TAIL = """## How to ask this of your own company

```
peakproof changes fragmented -c live_sync -c priority_release -c node_balancing -c rules_for_exceptions
peakproof changes peak -c "more packers: nodes.AVP.shifts.0.pack=16" -c "slack: policies.release=slack"
```

A change is any named override of a scenario file, or a name of your own with settings. `--criterion` says by which
measure the order of roll-out goes, `--kpi` which measures to ask for. From Python: `peakproof.changes`.

## One order after the other

`peakproof harm runs/fragmented-1` follows the orders of one run. In the first chain, a stale view sells what is not
there; its promise breaks, the customer asks, the sale is lost. In the second, an order that is held for people waits
while the same people answer tickets; it reaches the floor too late, misses its carrier, and is lost. `--timelines`
tells one order's story for each. Promises break three working days after the peak, so that tickets meet reviews only
where demand goes on for longer than in the study above: `peakproof run fragmented --set horizon.end=9d`.

## What is not in it

What the changes cost to make; people who learn; a second peak. Late parcels lose customers only where they cancel
(`late_cancel_share`): there is no lifetime value. The period counts as explained when 99% of its value is shipped or
cancelled (`close_lag_hours`), and nobody's backorders are shorter for better software: where goods are short, that does
not move.
"""


def page(found: Attribution) -> str:
    """The page in Markdown."""
    seeds = f"{found.comparison.replications} paired replications, seeds from {found.comparison.seed}."
    grids = "\n".join(map(_markdown, tables(found)))
    says = f"## What it says\n\n{found.summary()} {seeds}"
    return f"{HEAD}\n{says}\n\n{grids}\n{METHOD} ▲ surely better, ▼ surely worse.\n\n{TAIL}"


def _markdown(grid: Grid) -> str:
    marks = ["---:" if n in grid.numbers else "---" for n in range(len(grid.columns))]
    lines = [f"### {grid.caption}", "", _row(grid.columns), f"|{'|'.join(marks)}|"]
    return "\n".join([*lines, *map(_row, grid.rows), ""])


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def show_share(done: float) -> None:
    """Progress, on one line."""
    print(f"\r  {done:4.0%}", end="" if done < 1 else "\n", file=sys.stderr, flush=True)


def main() -> None:
    """Run the study and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--replications", type=int, default=6)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("docs/founding-story.md"))
    arguments = parser.parse_args()
    found = attribute("fragmented", CHANGES, arguments.replications, jobs=arguments.jobs, progress=show_share)
    arguments.out.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
