"""``peakproof margin``: what each SKU, order or channel earned."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told

HELP = """Tell what each SKU, order or channel of a run earned, from net revenue to contribution.

Examples:

    peakproof margin runs/baseline-1
    peakproof margin runs/baseline-1 --by order --worst --top 20
    peakproof margin runs/baseline-1 --by sku --csv margins.csv

Amounts follow from the journal and sum to the run's contribution margin. What is posted for a parcel is divided among
its lines by their net value.
"""


@told
def margin(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    by: Annotated[str, typer.Option("--by", help="sku, order or channel.")] = "sku",
    top: Annotated[int, typer.Option("--top", min=1, help="How many rows to show.")] = 10,
    worst: Annotated[bool, typer.Option("--worst", help="Begin with those that earned least.")] = False,
    csv: Annotated[Path | None, typer.Option("--csv", help="Also write all rows to this file.")] = None,
) -> None:
    """Show margins (`HELP` is what the command line shows)."""
    from peakproof.console import say
    from peakproof.tables import print_margins
    from sim.run import Run

    opened = Run.open(run)
    frame = opened.margins(by)
    print_margins(opened, frame.iloc[::-1] if worst else frame, top)
    if csv is not None:
        frame.to_csv(csv, index=False, lineterminator="\n")
        say(f"All {len(frame):,} rows: {csv}")


margin.__doc__ = HELP
