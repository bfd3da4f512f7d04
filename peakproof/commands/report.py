"""``peakproof report``: the page of a run or a comparison, made anew."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told

HELP = """Write the report of a run or a comparison that is already there.

Examples:

    peakproof report runs/outage-1
    peakproof report runs/demo --out demo.html
    peakproof report runs/outage-1 --role operations

The page is one file without any outside part: it can be mailed, printed and opened without a network.
"""


@told
def report(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run or a comparison.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="File to write; by default report.html in the folder.")
    ] = None,
    role: Annotated[
        str | None,
        typer.Option(
            "--role",
            help="One role's view of a run: executive, operations, warehouse, procurement, finance, service.",
        ),
    ] = None,
) -> None:
    """Write a report (`HELP` is what the command line shows)."""
    from peakproof import api
    from peakproof.console import say

    say(f"Written to {api.report(folder, out, role=role)}")


report.__doc__ = HELP
