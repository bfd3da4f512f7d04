"""The founding story: what fragmented systems cost in a peak, and which single change recovers how much.

Writes docs/founding-story.md from `fragmented` and its four overrides, each alone, all but each, all together and in
the order of their gain, on the same customers. Some twenty minutes of one core for ten replications. The close of a
period hangs on few lost files and needs more: it is asked of more seeds, of the two ends of the story alone (another
quarter of an hour for forty).

    python benchmarks/founding_story.py [--replications 10] [--closes 40] [--jobs 2] [--out docs/founding-story.md]
    python benchmarks/founding_story.py --closes-only    # that section of the page alone
    python benchmarks/founding_story.py --changes-only   # all but that section
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reports.changes_page import METHOD, tables
from reports.html import Grid
from scenarios.display import display
from scenarios.experiments.changes import ALL, AS_IT_IS, HARMS, Attribution, attribute
from scenarios.experiments.comparison import Comparison, Variant
from scenarios.experiments.experiment import compare

CHANGES = ("live_sync", "priority_release", "node_balancing", "rules_for_exceptions")
CLOSES = ("close_mean_hours", "late_close_share", "unreconciled_items", "unreconciled_cents", "cash_delayed_cents")
ASKED = (*(name for name in HARMS if name != "close_lag_hours"), "close_mean_hours", "late_close_share")
"""The links from stale data to lost margin, and the accountants' close instead of what the operation explains."""

HEAD = """# The founding story: fragmented against synchronised

This page is made by `python benchmarks/founding_story.py`; do not edit it.

`fragmented` is a shop in a peak (four times its orders for six hours) whose systems exchange files: channels hear of
stock every 15 minutes, finance of what left the floor every 30, accounting of everything once a night; a file in 200 is
lost. Its floors release everything first come, first served, its nodes do not help one another, and reviews, wrong
addresses, tickets and statuses that differ all wait for one back office of seven. `synchronised` is the same shop, on
the same customers, of whose addresses the same 2% are wrong and of whose cards the same ones are stolen, with four
changes, each an override in the scenario's file:

| change | what it does |
|---|---|
| `live_sync` | channels sell from the ledger itself and reserve as they sell; confirmations and tracking are told at \
once, and again until they are acknowledged; accounting is fed every hour; service sees the floor and the carriers |
| `priority_release` | a wave takes what the floor can pack by the next one, least time to the ship-by first |
| `node_balancing` | what a node with more than 4 hours of work would release last goes to a near one with less |
| `rules_for_exceptions` | rules mend four of five wrong addresses; a score of an order's facts and of what its \
gateway and device say decides who is reviewed, instead of what it is worth |

Nothing is drawn for late closes. The accountants' week is closed when its documents are delivered, what was refused is
corrected, and what left and was not invoiced is explained, by one accountant at 8 minutes each: what a lost file or a
busy back office leaves behind. That hangs on few events, how much was in the files that were lost near the end of a
week, so that its interval is wide: it is asked of more seeds, [below](#the-close).
"""

CLOSE_TITLE = "## The close"

TAIL = """## How to ask this of your own company

```
peakproof changes fragmented -c live_sync -c priority_release -c node_balancing -c rules_for_exceptions
peakproof changes peak -c "more packers: nodes.AVP.shifts.0.pack=16" -c "slack: policies.release=slack"
```

A change is any named override of a scenario file, or a name of your own with settings. `--criterion` says by which
measure the order of roll-out goes, `--kpi` which measures to ask for. From Python: `peakproof.changes`.

## One order after the other

`peakproof run fragmented` and `peakproof harm runs/fragmented-1` follow the orders of one run. In the first chain, a
stale view sells what is not there; its promise breaks, the customer asks, the sale is lost. With seed 1 that is short:
24 orders were oversold, 7 promises broke, one customer asked. In the second, an order that is held for people waits
while the same people answer tickets; it reaches the floor too late, misses its carrier, and is lost: 1,041 orders were
held, 946 of them behind tickets, 808 of these were released late, 783 missed their carrier, and 541, worth $78,458,
were lost.
`--timelines` tells one order's story for each.

## What is not in it

What the changes cost to make; people who learn; a second peak. Late parcels lose customers only where they cancel
(`late_cancel_share`): there is no lifetime value. Nobody's backorders are shorter for better software. The mean close
is over the four weeks that end before the drain does, of which the first holds the peak; a quarter of late closes is
that one week. How much of the fraud the better score sees (`fraud.signal`), and how many addresses rules can mend
(`mended_share`), are assumptions of the scenario; what they save in queues is not.
"""


def page(found: Attribution, closes: str) -> str:
    """The page in Markdown."""
    seeds = f"{found.comparison.replications} paired replications, seeds from {found.comparison.seed}."
    grids = "\n".join(map(_markdown, tables(found)))
    says = f"## What it says\n\n{found.summary()} {seeds}"
    return f"{HEAD}\n{says}\n\n{grids}\n{METHOD} ▲ surely better, ▼ surely worse.\n\n{closes}\n\n{TAIL}"


def close_section(found: Comparison) -> str:
    """What the accountants' close takes at the two ends of the story."""
    lines = [
        f"{CLOSE_TITLE}\n\n{found.replications} paired replications, seeds from {found.seed}; "
        "in brackets the 95% interval of the difference.\n",
        f"| | {AS_IT_IS} | {ALL} | difference |",
        "|---|---:|---:|---:|",
    ]
    for name in CLOSES:
        measure, gap = found.measure(name), found.difference(ALL, AS_IT_IS, name)
        means = (display(found.mean(end, name).mean, measure.unit) for end in (AS_IT_IS, ALL))
        ends = [display(value, measure.unit, signed=True) for value in (gap.mean, gap.low, gap.high)]
        lines.append(f"| {measure.title} | {' | '.join(means)} | {ends[0]} ({ends[1]} to {ends[2]}) |")
    sure = [found.measure(n).title.lower() for n in CLOSES if found.difference(ALL, AS_IT_IS, n).excludes_zero]
    lines.append(f"\nBeyond chance: {', '.join(sure) or 'nothing'}.")
    return "\n".join(lines)


def ask_closes(replications: int, jobs: int) -> str:
    """The section on the close, its runs made."""
    ends = (Variant(AS_IT_IS), Variant(ALL, use=CHANGES))
    return close_section(
        compare(
            "fragmented",
            variants=ends,
            replications=replications,
            kpis=CLOSES,
            criterion=CLOSES[0],
            guard=None,
            jobs=jobs,
            progress=show_share,
        )
    )


def with_closes(text: str, closes: str) -> str:
    """The page with another section on the close."""
    before, after = text.split(CLOSE_TITLE)
    return before + closes + "\n\n" + after[after.index("## How to ask") :]


def closes_of(text: str) -> str:
    """The section on the close of a page."""
    section = text[text.index(CLOSE_TITLE) :]
    return section[: section.index("## How to ask")].rstrip()


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
    parser.add_argument("--replications", type=int, default=10)
    parser.add_argument("--closes", type=int, default=40, help="replications of the section on the close")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--closes-only", action="store_true", help="renew that section, and keep the rest of the page")
    only.add_argument("--changes-only", action="store_true", help="renew the rest of the page, and keep that section")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("docs/founding-story.md"))
    arguments = parser.parse_args()
    if (arguments.closes_only or arguments.changes_only) and not arguments.out.is_file():
        parser.error(f"there is no page {arguments.out} of which the rest could be kept")
    if arguments.changes_only:
        closes = closes_of(arguments.out.read_text(encoding="utf-8"))
    else:
        closes = ask_closes(arguments.closes, arguments.jobs)
    if arguments.closes_only:
        text = with_closes(arguments.out.read_text(encoding="utf-8"), closes)
        arguments.out.write_text(text, encoding="utf-8")
        return
    found = attribute(
        "fragmented", CHANGES, arguments.replications, kpis=ASKED, jobs=arguments.jobs, progress=show_share
    )
    arguments.out.write_text(page(found, closes), encoding="utf-8")


if __name__ == "__main__":
    main()
