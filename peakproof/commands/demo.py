"""``peakproof demo``: a question, an answer, a report, in some minutes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told

SCENARIO = "outage"
POLICIES = ("closest", "cheapest", "fewest_splits")
REPLICATIONS = 5

HELP = """Compare three allocation rules on a peak during which the largest warehouse goes down.

It takes about two minutes on two cores, prints which rule to deploy and how sure that is, and writes a
report.
"""


@told
def demo(
    replications: Annotated[
        int, typer.Option("--replications", "-n", min=1, help="Runs of each policy.")
    ] = REPLICATIONS,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Worker processes.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write; by default runs/demo, numbered.")] = None,
) -> None:
    """Show what Peakproof is for (`HELP` is what the command line shows)."""
    from peakproof import api
    from peakproof.console import progress, say
    from peakproof.outputs import free_folder
    from peakproof.tables import print_comparison
    from scenarios.load import load

    say("Will we survive the peak if a warehouse goes down, and which allocation rule should we deploy?")
    say(load(SCENARIO).description)
    say(f"{len(POLICIES)} rules, {replications} replications each, all on the same customers ...")
    with progress("running") as tell:
        result, folder = api.compare_to_folder(
            SCENARIO,
            POLICIES,
            "allocation",
            replications,
            out=out or free_folder("demo"),
            jobs=jobs,
            progress=tell,
        )
    print_comparison(result)
    say(result.summary())
    say(f"The report: {folder / 'report.html'}")
    say(f"One of these runs in full: peakproof run {SCENARIO} --policy allocation={result.verdict.leader}")


demo.__doc__ = HELP
