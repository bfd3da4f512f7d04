"""``peakproof changes``: which single change recovers how much."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told
from peakproof.commands.options import Jobs, Policies, Quiet, Scenario, Seed, Sets, Use

HELP = """Make changes of a scenario one by one, all together, and all but each, on the same customers.

Examples:

    peakproof changes fragmented -c live_sync -c priority_release -c node_balancing -c rules_for_exceptions
    peakproof changes peak -c "more packers: nodes.AVP.shifts.0.pack=16" -c "slack: policies.release=slack"
    peakproof changes peak -c batch_sync --kpi oversold_units --criterion oversold_units --replications 10

A change is one of the scenario's own overrides, or NAME: KEY=VALUE; several of one name are one change. Printed is
what each recovers alone, what it adds where all others are made, and the order in which to roll them out: each time the
one that improves the criterion most. What is written: changes.json, one row a run in replications.csv, report.html.
"""


@told
def changes(
    scenario: Scenario,
    change: Annotated[
        list[str],
        typer.Option("--change", "-c", metavar="CHANGE", help="An override's name, or NAME: KEY=VALUE. Repeatable."),
    ],
    replications: Annotated[
        int, typer.Option("--replications", "-n", min=1, help="Runs of each variant, each with its own seed.")
    ] = 5,
    seed: Seed = 1,
    jobs: Jobs = None,
    kpi: Annotated[list[str], typer.Option("--kpi", metavar="NAME", help="Ask for these measures. Repeatable.")] = [],  # noqa: B006  # typer reads the default and never changes it
    criterion: Annotated[
        str | None, typer.Option("--criterion", metavar="KPI", help="The measure that decides the order.")
    ] = None,
    policy: Policies = [],  # noqa: B006  # as above
    set_: Sets = [],  # noqa: B006  # as above
    use: Use = [],  # noqa: B006  # as above
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write; by default runs/SCENARIO-changes, numbered if taken."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Attribute what all changes do to each (`HELP` is what the command line shows)."""
    from peakproof.changed_runs import changes as run_changes
    from peakproof.console import progress, say
    from peakproof.tables import print_grids
    from reports.changes_page import tables
    from scenarios.experiments.changes import HARMS, read_changes
    from scenarios.experiments.comparison import CRITERION

    asked = read_changes(change)
    with progress(f"{len(asked)} changes, {replications} replications", quiet) as tell:
        found, folder = run_changes(
            scenario,
            asked,
            replications,
            seed,
            out=out,
            use=use,
            sets=set_,
            policies=policy,
            kpis=kpi or HARMS,
            criterion=criterion or CRITERION,
            jobs=jobs,
            progress=tell,
        )
    print_grids(*tables(found), whole_names=False)
    say(found.summary())
    say(f"The report: {folder / 'report.html'}")


changes.__doc__ = HELP
