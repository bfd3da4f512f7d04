"""``peakproof run``: one scenario, once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told
from peakproof.commands.options import Policies, Quiet, Scenario, Seed, Sets, Use

HELP = """Run a scenario once, measure it, and write its books and a report.

Examples:

    peakproof run baseline
    peakproof run outage --policy allocation=fewest_splits --seed 7
    peakproof run peak --set horizon.end=10d --out runs/short-peak
    peakproof run my-shop.yaml --check

What is written: scenario.yaml (everything resolved), the books (events, ledger, journal and decisions as
Parquet), kpis.json, manifest.json and report.html. Nothing is written if anything is wrong.
"""


@told
def run(
    scenario: Scenario,
    policy: Policies = [],  # noqa: B006  # typer reads the default and never changes it
    set_: Sets = [],  # noqa: B006  # as above
    use: Use = [],  # noqa: B006  # as above
    seed: Seed = 1,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write; by default runs/SCENARIO-SEED, numbered if taken."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Verify every book at every event: slow, and stops at the first fault."),
    ] = False,
    report: Annotated[bool, typer.Option("--report/--no-report", help="Write report.html.")] = True,
    quiet: Quiet = False,
) -> None:
    """Run a scenario once (`HELP` is what the command line shows)."""
    from peakproof import api
    from peakproof.console import progress, say
    from peakproof.tables import print_kpis

    with progress(f"{Path(scenario).stem}, seed {seed}", quiet) as tell:
        result = api.run(
            scenario,
            seed,
            policies=policy,
            sets=set_,
            use=use,
            out=out,
            check=check,
            report=report,
            progress=tell,
        )
    print_kpis(result)
    say(f"Written to {result.folder}")
    if report:
        say(f"  the report        {result.folder / 'report.html'}")
    say(f"  one order's story peakproof timeline {result.folder} ORDER")
    say(f"  another policy    peakproof compare {scenario} --policies closest,cheapest")


run.__doc__ = HELP
