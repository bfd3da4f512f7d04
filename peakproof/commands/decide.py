"""``peakproof decide``: what a policy would do with these orders and this stock."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peakproof.commands.errors import told
from peakproof.commands.options import Sets, Use

if TYPE_CHECKING:
    from pydantic import BaseModel

    from peakproof.service.files import Given

HELP = """Let a policy decide about live data: files in, decisions with their reasons out.

Examples:

    peakproof decide allocation --orders orders.csv --stock stock.csv --network baseline --policy cheapest
    peakproof decide replenishment --stock positions.csv --network my-shop.yaml --out orders.csv
    peakproof decide release --shipments waiting.csv --network baseline --at 2026-11-24T14:00
    peakproof decide transfers --stock cover.csv --network baseline --policy level_cover

The policy is the very object that simulations run; the network is a scenario. Files are CSV or Parquet;
docs/decision-service.md lists their columns. Nothing is written if anything is wrong.
"""

ALLOCATION = """Say which node should send which units of each order, at what cost, and why.

Examples:

    peakproof decide allocation --orders orders.csv --stock stock.csv --network baseline
    peakproof decide allocation --orders orders.csv --stock stock.csv --network baseline --policy fewest_splits
    peakproof decide allocation --orders o.csv --stock s.parquet --network shop.yaml --closed AVP --out d.json

Orders: order_ref, sku, units, channel, region (or latitude and longitude), placed_at, deliver_by; one row a line.
Stock: node, sku, available; what is not listed is not there. Orders are decided in the sequence of the file, each
with the stock that those before it left.
"""

REPLENISHMENT = """Say what each node should order, of whom, in which lots, and at what landed cost.

Examples:

    peakproof decide replenishment --stock positions.csv --network baseline
    peakproof decide replenishment --stock positions.csv --network shop.yaml --policy base_stock:order_at_most=40

Stock: node, sku, available, and on_order, in_transit, owed where they are not 0. Nodes without a row are not
reviewed; a SKU without a row counts as nothing there.
"""

RELEASE = """Say in which sequence each node's next wave should take the shipments that wait.

Examples:

    peakproof decide release --shipments waiting.csv --network baseline --at 2026-11-24T14:00 --policy slack

Shipments: shipment_ref, node, planned_at, ship_by, and lines, priority, cutoff where they are known.
"""

TRANSFERS = """Say which stock should go from one node to another ahead of demand.

Examples:

    peakproof decide transfers --stock cover.csv --network baseline --policy level_cover:ahead_days=7

Stock: node, sku, available, daily_demand, and on_order, in_transit, owed where they are not 0.
"""

decide = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)

Network = Annotated[
    str, typer.Option("--network", metavar="SCENARIO", help="A scenario of the library, or a scenario file.")
]
Stock = Annotated[Path, typer.Option("--stock", help="CSV or Parquet.")]
Policy = Annotated[
    str | None,
    typer.Option(
        "--policy", metavar="NAME", help="Who decides, NAME or NAME:PARAMETER=VALUE,...; by default the scenario's own."
    ),
]
Closed = Annotated[list[str], typer.Option("--closed", metavar="NODE", help="A node that is closed now. Repeatable.")]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help="Now; by default the scenario's start.")]
Out = Annotated[Path | None, typer.Option("--out", help="Also write all decisions to this .csv or .json file.")]


@told
def allocation(
    orders: Annotated[Path, typer.Option("--orders", help="CSV or Parquet, one row a line.")],
    stock: Stock,
    network: Network,
    policy: Policy = None,
    closed: Closed = [],  # noqa: B006  # typer reads the default and never changes it
    at: At = None,
    set_: Sets = [],  # noqa: B006  # as above
    use: Use = [],  # noqa: B006  # as above
    out: Out = None,
) -> None:
    """Allocate orders (`ALLOCATION` is what the command line shows)."""
    from peakproof.decision_tables import print_allocation
    from peakproof.service import files

    given = _given(network, "allocation", policy, set_, use, closed, at, out)
    answer = files.decide_allocation(given, orders, stock)
    print_allocation(answer, given.live)
    _write(out, answer)


@told
def replenishment(
    stock: Stock,
    network: Network,
    policy: Policy = None,
    closed: Closed = [],  # noqa: B006  # as above
    at: At = None,
    set_: Sets = [],  # noqa: B006  # as above
    use: Use = [],  # noqa: B006  # as above
    out: Out = None,
) -> None:
    """Order stock (`REPLENISHMENT` is what the command line shows)."""
    from peakproof.decision_tables import print_replenishment
    from peakproof.service import files

    given = _given(network, "replenishment", policy, set_, use, closed, at, out)
    answer = files.decide_replenishment(given, stock)
    print_replenishment(answer, given.live)
    _write(out, answer)


@told
def release(
    shipments: Annotated[Path, typer.Option("--shipments", help="CSV or Parquet.")],
    network: Network,
    policy: Policy = None,
    at: At = None,
    set_: Sets = [],  # noqa: B006  # as above
    use: Use = [],  # noqa: B006  # as above
    out: Out = None,
) -> None:
    """Put shipments in sequence (`RELEASE` is what the command line shows)."""
    from peakproof.decision_tables import print_release
    from peakproof.service import files

    given = _given(network, "release", policy, set_, use, [], at, out)
    answer = files.decide_release(given, shipments)
    print_release(answer)
    _write(out, answer)


@told
def transfers(
    stock: Stock,
    network: Network,
    policy: Policy = None,
    closed: Closed = [],  # noqa: B006  # as above
    at: At = None,
    set_: Sets = [],  # noqa: B006  # as above
    use: Use = [],  # noqa: B006  # as above
    out: Out = None,
) -> None:
    """Move stock (`TRANSFERS` is what the command line shows)."""
    from peakproof.decision_tables import print_transfers
    from peakproof.service import files

    given = _given(network, "transfers", policy, set_, use, closed, at, out)
    answer = files.decide_transfers(given, stock)
    print_transfers(answer)
    _write(out, answer)


def _given(
    network: str,
    decision: str,
    policy: str | None,
    sets: list[str],
    use: list[str],
    closed: list[str],
    at: str | None,
    out: Path | None,
) -> Given:
    from peakproof.service.files import Given, check_format

    check_format(out)
    return Given(network, decision, policy, sets=sets, use=use, closed=closed, at=at)


def _write(out: Path | None, answer: BaseModel) -> None:
    from peakproof.console import say
    from peakproof.service.files import write_answer

    if out is not None:
        write_answer(out, answer)
        say(f"All of it: {out}")


COMMANDS = (
    ("allocation", allocation, "Which node sends what.", ALLOCATION),
    ("replenishment", replenishment, "What each node should order.", REPLENISHMENT),
    ("release", release, "What the next waves should take first.", RELEASE),
    ("transfers", transfers, "What should move ahead of demand.", TRANSFERS),
)
