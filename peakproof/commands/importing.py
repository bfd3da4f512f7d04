"""``peakproof import``: own orders become a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peakproof.commands.errors import told

HELP = """Turn an export of orders into a scenario that replays them, with a report of what each row was taken
for.

Examples:

    peakproof import orders.csv --format orders-csv --out my-shop
    peakproof import online_retail.parquet --format online-retail --timezone Europe/London
    peakproof run my-shop/scenario.yaml

What an export does not say (costs, weights, opening stock) is filled in by stated rules, which the options
change and the report lists. 'peakproof list formats' shows what can be read.
"""


@told
def import_orders(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The export: Parquet, CSV or gzipped CSV.")],
    format_: Annotated[str, typer.Option("--format", metavar="NAME", help="How it is written down.")],
    out: Annotated[Path | None, typer.Option("--out", help="Folder to make; by default named after the file.")] = None,
    template: Annotated[
        str | None, typer.Option("--template", help="Scenario that brings nodes, carriers and suppliers.")
    ] = None,
    timezone: Annotated[str | None, typer.Option("--timezone", help="Where the file's times are local.")] = None,
    option: Annotated[
        list[str],
        typer.Option("--option", metavar="KEY=VALUE", help="Another rule, such as opening_days=21. Repeatable."),
    ] = [],  # noqa: B006  # typer reads the default and never changes it
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the folder if it exists.")] = False,
) -> None:
    """Import orders (`HELP` is what the command line shows)."""
    from peakproof.console import say
    from peakproof.import_options import read_options
    from peakproof.tables import print_import
    from scenarios.importers.importing import import_orders as run_import

    given = [f"template={template}"] if template else []
    given += [f"timezone={timezone}"] if timezone else []
    given += ["overwrite=true"] if overwrite else []
    folder = out or Path(file.name.split(".")[0])
    report = run_import(file, format_, folder, read_options([*option, *given]))
    found = f"{report.orders:,} orders, {report.products:,} products, {report.regions} regions"
    say(f"{report.total.rows:,} rows: {found}.")
    print_import(report)
    say(f"Written to {folder}; what each row was taken for: {folder / 'report.md'}")
    say(f"Run it: peakproof run {folder / 'scenario.yaml'}")


import_orders.__doc__ = HELP
