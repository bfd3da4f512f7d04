"""``peakproof shadow``: what another policy would have changed of a day that has passed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told
from peakproof.commands.options import Sets, Use

HELP = """Let an allocation policy run in the shadow of a recorded day, and say what it would have changed and saved.

Examples:

    peakproof shadow runs/outage-1 --policy cheapest
    peakproof shadow runs/outage-1 --policy fewest_splits --mode cumulative --out runs/shadow
    peakproof shadow --orders sent.csv --stock stock.csv --network my-shop.yaml --policy cheapest

The record is a finished run, or two files: orders with placed_at and the node that sent each row (empty: none did),
and stock with what was there, or came at a time. Per decision the policy sees the stock of the record; cumulative, it
sees what its own decisions have left. Both are printed unless --mode names one.
"""


class Mode(StrEnum):
    """Which stock the policy sees."""

    decision = "decision"
    cumulative = "cumulative"
    both = "both"


@told
def shadow(
    policy: Annotated[str, typer.Option("--policy", metavar="NAME", help="Who decides in the shadow.")],
    run: Annotated[Path | None, typer.Argument(metavar="[RUN]", help="Folder of a run.")] = None,
    orders: Annotated[Path | None, typer.Option("--orders", help="Instead of a run: what was sent.")] = None,
    stock: Annotated[Path | None, typer.Option("--stock", help="What was there, and what came.")] = None,
    network: Annotated[
        str | None, typer.Option("--network", metavar="SCENARIO", help="The network of the files.")
    ] = None,
    mode: Annotated[Mode, typer.Option("--mode", help="Which stock the policy sees.")] = Mode.both,
    top: Annotated[int, typer.Option("--top", min=0, help="How many changes to show.")] = 5,
    set_: Sets = [],  # noqa: B006  # typer reads the default and never changes it
    use: Use = [],  # noqa: B006  # as above
    out: Annotated[Path | None, typer.Option("--out", help="Folder for shadow.json and changes.csv.")] = None,
) -> None:
    """Shadow a record (`HELP` is what the command line shows)."""
    from peakproof.console import say
    from peakproof.outputs import check_free
    from peakproof.service import shadow as shadowing
    from peakproof.service.files import Given
    from peakproof.service.recorded import ShadowError, from_run
    from peakproof.shadow_tables import print_shadow

    if out is not None:
        check_free(out)  # before the work, not after it
    if run is not None and orders is None and stock is None and network is None:
        record = from_run(run)
    elif run is None and orders is not None and stock is not None and network is not None:
        record = shadowing.read_day(Given(network, "allocation", sets=set_, use=use), orders, stock)
    else:
        raise ShadowError("name the folder of a run, or --orders, --stock and --network")
    modes = [m for m in (Mode.decision, Mode.cumulative) if mode in (m, Mode.both)]
    found = [shadowing.shadow(record, policy, cumulative=m is Mode.cumulative) for m in modes]
    for one in found:
        print_shadow(one, record.live, top)
    say(" ".join(shadowing.LIMITS.split()))
    if out is not None:
        shadowing.write_shadow(out, found)
        say(f"Every change: {out / 'changes.csv'}")


shadow.__doc__ = HELP
