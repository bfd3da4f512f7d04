"""``peakproof alerts``: what acting on alerts would have saved."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told
from peakproof.commands.options import Jobs, Policies, Quiet, Scenario, Seed, Sets, Use

HELP = """Run a scenario whose alerts only tell, and again with each of them acting, on the same customers.

Examples:

    peakproof alerts watched-peak
    peakproof alerts watched-peak --kpi promise_breaches --kpi otif --replications 10
    peakproof alerts watched-peak --set 'alerts.overdue.policies={release: slack}'

An alert acts if it names `policies`, which decide while it is raised. Printed is what all of them acting changes, and,
where there are several, what each does alone and where all others act. What is written: alerts.json, one row a run in
replications.csv, report.html.
"""


@told
def alerts(
    scenario: Scenario,
    replications: Annotated[
        int, typer.Option("--replications", "-n", min=1, help="Runs of each variant, each with its own seed.")
    ] = 5,
    seed: Seed = 1,
    jobs: Jobs = None,
    kpi: Annotated[list[str], typer.Option("--kpi", metavar="NAME", help="Ask for these measures. Repeatable.")] = [],  # noqa: B006  # typer reads the default and never changes it
    policy: Policies = [],  # noqa: B006  # as above
    set_: Sets = [],  # noqa: B006  # as above
    use: Use = [],  # noqa: B006  # as above
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write; by default runs/SCENARIO-alerts, numbered if taken."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Tell what acting saves (`HELP` is what the command line shows)."""
    from peakproof.changed_runs import acting
    from peakproof.console import progress, say
    from peakproof.tables import print_grids
    from reports.changes_page import tables
    from scenarios.experiments.acting import SAVED

    with progress(f"alerts that tell and alerts that act, {replications} replications", quiet) as tell:
        found, folder = acting(
            scenario,
            replications,
            seed,
            out=out,
            use=use,
            sets=set_,
            policies=policy,
            kpis=kpi or SAVED,
            jobs=jobs,
            progress=tell,
        )
    print_grids(*tables(found), whole_names=False)
    say(found.summary())
    say(f"The report: {folder / 'report.html'}")


alerts.__doc__ = HELP
