"""The page `docs/theory.md`: every exact case, what theory says and what the engine gives.

    python benchmarks/theory_table.py [docs/theory.md]

Without a file the page is printed. It takes a minute or two; the figures are those of seed 1, on every machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.theory import desk, supply  # noqa: E402  (found beside this folder, not installed)
from tests.theory.batches import BATCHES, Estimate  # noqa: E402
from tests.theory.test_queueing_theory import CASES as STATIONS  # noqa: E402
from tests.theory.test_queueing_theory import REPLICATIONS  # noqa: E402
from tests.theory.test_queueing_theory import estimate as station_wait  # noqa: E402

Row = tuple[str, str, str, float, Estimate]

INTRO = f"""\
# Theory inside the engine

Queues and stock have exact answers where demand is Poisson and there is one of everything. The engine is held to
them: each row below is a run of the ordinary engine, from an ordinary scenario file of `tests/theory/scenarios/` with
one node and one SKU. *Measured* is read from the books by {BATCHES} batch means, or for a station by itself from
{REPLICATIONS} replications, with a 99% interval. The seed is fixed, so that the page is the same on every machine.

`python benchmarks/theory_table.py docs/theory.md` renews the page; `tests/theory/` asserts the same figures, and that
a level, a cap or a number of people that is one off does not pass. The formulas of stock
are those by which `optimize` finds best policies (docs/decisions.md), the others are in `tests/theory/exact.py`.

"""
OUTRO = """
## What the measures are

| measure | is |
|---|---|
| on_hand, owed | usable units and backordered units, averaged over time |
| end_on_hand, end_owed | the same just before the end of each period (an hour), averaged over periods |
| fill_rate | share of units served at once |
| lost_share | share of units asked for and not had |
| orders | replenishment orders an hour |
| cost | fixed cost of orders + holding + backorders, an hour, by the averages over time |
| period_cost | the same by the ends of periods |
| lost_cost | holding at the ends of periods + lost units, a period |
| system | mean time a case is held at the desk, until decided or given up, in mean services |
| abandoned | share of held orders whose customer gave up |
| wait | mean time in queue, in mean services |

## How the conventions of the cases are met

- **Continuous review** is `nodes.<name>.review_every: 0`: the position is tested with each demand. Periodic review is
  any other interval, from `review_at` of the first day on.
- **Position** (tested by all rules) = usable on hand + on order + inbound - accepted demand that no stock serves yet.
- **Within a period**: what is due arrives, the review orders, a lead time of zero arrives at once, then comes demand.
  An order placed at the start of a period with a lead time of L periods serves from the start of the L-th after it, so
  the end of a period sees the demand of L + 1.
- **Lost sales** are a channel with `accepts_backorders: false` and `refuses: order`; backorders are served first come,
  first served, when stock is put away.
- **The floor** takes no time in these files (`work: 0s` at every station), so supply alone is measured; on hand is what
  nobody has been promised.
- **Erlang A**: a held order in the desk's queue is cancelled when `segments.<name>.hold_patience` ends; a case that is
  being worked on stays.

- **Nodes in series**: what a node under continuous review asks of the node above in vain counts as demand there, and is
  sent when that one's stock is put away.

Not held to an exact case: what needs continuous demand (normal newsvendor), two suppliers for one SKU at once, and
demand in batches.
"""


def rows() -> Iterator[Row]:
    """Case, scenario, measure, exact answer, estimate."""
    for case in (*supply.CASES, *desk.CASES):
        scenario = f"`{case.scenario}.yaml`" + (f", `{case.use}`" if case.use else "")
        with tempfile.TemporaryDirectory() as folder:
            module = supply if isinstance(case, supply.Case) else desk
            found = module.measured(case, Path(folder))
        for measure, answer in case.exact.items():
            yield case.name, scenario, measure, answer, found[measure]
    for name, (work, people, rate, answer) in STATIONS.items():
        yield name, "a station by itself", "wait", answer, Estimate(*station_wait(work, people, rate))


def page() -> str:
    """The whole page, in Markdown."""
    lines = ["| case | scenario, override | measure | exact | measured | within |", "|---|---|---|---|---|---|"]
    for name, scenario, measure, answer, found in rows():
        within = "yes" if found.holds(answer) else "**no**"
        measured = f"{found.mean:.4g} ± {found.half:.2g}"
        lines.append(f"| {name} | {scenario} | {measure} | {answer:.5g} | {measured} | {within} |")
    return INTRO + "\n".join(lines) + "\n" + OUTRO


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("page", type=Path, nargs="?", help="where to write it; the screen, if not given")
    arguments = parser.parse_args()
    if arguments.page:
        arguments.page.write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")


if __name__ == "__main__":
    main()
