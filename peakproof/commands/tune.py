"""``peakproof tune``: parameters of a policy, searched against the simulation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told
from peakproof.commands.options import Jobs, Quiet, Scenario, Seed, Sets, Use

HELP = """Search the parameters of a policy that serve a measure best, and say what that is worth on fresh customers.

Examples:

    peakproof tune peak --decision transfers --policy level_cover --param ahead_days=2..14 --param short_share=30%..95%
    peakproof tune baseline --decision release --policy slack --param minutes_per_line=0..10 --measure otif
    peakproof tune my-shop.yaml --decision replenishment --policy forecast_order_up_to --param service_level=80%..99%

Every numeric parameter of a policy can be varied; 'peakproof list policies' shows them. All trials see the same
customers. The gain on the seeds that were searched flatters; the one to expect is that on held-out seeds. Trials are
kept in the folder as they are made: the same command with the same --out goes on after an interruption, and several
may work on one folder. It needs the extra: peakproof[tuning].
"""


@told
def tune(
    scenario: Scenario,
    decision: Annotated[str, typer.Option("--decision", help="The decision point.")],
    policy_name: Annotated[
        str, typer.Option("--policy", metavar="NAME", help="Whose parameters: NAME or NAME:PARAMETER=VALUE,...")
    ],
    param: Annotated[
        list[str], typer.Option("--param", "-p", metavar="KEY=LOW..HIGH", help="What to vary, from where to where.")
    ],
    measure: Annotated[str | None, typer.Option("--measure", metavar="KPI", help="What to improve.")] = None,
    trials: Annotated[int, typer.Option("--trials", "-t", min=1, help="Points to try in all.")] = 40,
    replications: Annotated[int, typer.Option("--replications", "-n", min=1, help="Seeds of each trial.")] = 5,
    hold_out: Annotated[int, typer.Option("--hold-out", min=1, help="Fresh seeds to judge the best on.")] = 10,
    seed: Seed = 1,
    jobs: Jobs = None,
    fixed: Annotated[
        list[str], typer.Option("--fixed", metavar="DECISION=NAME", help="Who takes other decisions. Repeatable.")
    ] = [],  # noqa: B006  # typer reads the default and never changes it
    set_: Sets = [],  # noqa: B006  # as above
    use: Use = [],  # noqa: B006  # as above
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder to write; by default runs/SCENARIO-DECISION-tuning, numbered if taken."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Tune a policy (`HELP` is what the command line shows)."""
    from peakproof.console import progress, say
    from peakproof.tables import print_grids
    from peakproof.tuned import tune_to_folder
    from reports.tuning_page import gains
    from reports.tuning_page import trials as best_trials
    from scenarios.experiments.comparison import CRITERION

    with progress(f"{trials} trials, {replications} replications", quiet) as tell:
        found, folder = tune_to_folder(
            scenario,
            decision,
            policy_name,
            param,
            out=out,
            measure=measure or CRITERION,
            trials=trials,
            replications=replications,
            hold_out=hold_out,
            seed=seed,
            fixed=fixed,
            sets=set_,
            use=use,
            jobs=jobs,
            progress=tell,
        )
    print_grids(best_trials(found, 10), gains(found), whole_names=False)
    say(found.summary())
    say(f"The report: {folder / 'report.html'}")


tune.__doc__ = HELP
