"""``peakproof compare``: several policies on the same customers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told
from peakproof.commands.options import Jobs, Policies, Quiet, Scenario, Seed, Sets, Use

HELP = """Run several policies on the same customers and say which one to deploy, and how sure that is.

Examples:

    peakproof compare outage --policies closest,cheapest,fewest_splits --replications 10
    peakproof compare peak --decision release --policies fifo,earliest_cutoff
    peakproof compare outage --policies closest,cheapest --kpi otif --kpi split_rate --criterion otif
    peakproof compare peak --policies cheapest,exact,shadow_prices --replications 5 --regret

Every replication draws its own customers, and all policies see the same ones; that is why a few replications
tell small differences. What is written: comparison.json, one row a run in replications.csv, and report.html.
"""


@told
def compare(
    scenario: Scenario,
    policies: Annotated[
        str,
        typer.Option(
            "--policies",
            metavar="A,B,C",
            help="Names of policies of one decision; 'peakproof list policies' shows them.",
        ),
    ],
    decision: Annotated[str, typer.Option("--decision", help="The decision point they stand for.")] = "allocation",
    replications: Annotated[
        int, typer.Option("--replications", "-n", min=1, help="Runs of each policy, each with its own seed.")
    ] = 10,
    seed: Seed = 1,
    jobs: Jobs = None,
    kpi: Annotated[list[str], typer.Option("--kpi", metavar="NAME", help="Keep only these measures. Repeatable.")] = [],  # noqa: B006  # typer reads the default and never changes it
    criterion: Annotated[
        str | None, typer.Option("--criterion", metavar="KPI", help="The measure that decides which is best.")
    ] = None,
    regret: Annotated[
        bool, typer.Option("--regret", help="Judge every run in hindsight, and name the worst of each policy.")
    ] = False,
    policy: Policies = [],  # noqa: B006  # as above
    set_: Sets = [],  # noqa: B006  # as above
    use: Use = [],  # noqa: B006  # as above
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write; by default runs/SCENARIO-comparison, numbered if taken."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Compare policies (`HELP` is what the command line shows)."""
    from peakproof import api
    from peakproof.console import progress, say
    from peakproof.tables import print_comparison
    from scenarios.display import percent
    from scenarios.experiments.comparison import CRITERION
    from scenarios.experiments.regret import REGRET, command_to_open, worst_regrets

    names = [name.strip() for name in policies.split(",") if name.strip()]
    with progress(f"{len(names)} policies, {replications} replications", quiet) as tell:
        result, folder = api.compare_to_folder(
            scenario,
            names,
            decision,
            replications,
            seed,
            out=out,
            use=use,
            sets=set_,
            fixed=policy,
            kpis=kpi or None,
            criterion=criterion or CRITERION,
            regret=regret,
            jobs=jobs,
            progress=tell,
        )
    print_comparison(result)
    say(result.summary())
    for outcome in worst_regrets(result):
        say(
            f"Most to regret with {outcome.variant}: {percent(outcome.kpis[REGRET])} in replication "
            f"{outcome.replication}. To open it: {command_to_open(result, outcome)}"
        )
    say(f"The report: {folder / 'report.html'}")


compare.__doc__ = HELP
