"""Margins by SKU, order or channel, as tables."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from reports.html import Grid
from scenarios.display import display
from sim.run import Run

SHOWN = 8

# Column of `sim.measures.margins` to what it is called; handling is labour and packaging.
_COLUMNS = {
    "net_revenue_cents": "net revenue",
    "gross_margin_cents": "gross margin",
    "freight_cents": "freight",
    "handling_cents": "handling",
    "fees_cents": "fees",
    "aftermath_cents": "returns and losses",
    "other_cents": "other",
    "contribution_cents": "contribution",
}


def margin_grid(frame: pd.DataFrame, currency: str, caption: str = "") -> Grid:
    """Rows of `sim.measures.margins.margins` as people read them; a column without any amount is left out."""
    by = str(frame.columns[0])
    frame = frame.assign(handling_cents=frame["labour_cents"] + frame["packaging_cents"])
    shown = [column for column in _COLUMNS if column == "contribution_cents" or (frame[column] != 0).any()]
    columns = (by, "units", *(_COLUMNS[column] for column in shown), "of revenue")
    rows = tuple(_row(row, by, shown, currency) for row in frame.to_dict("records"))
    return Grid(caption, columns, rows, tuple(range(1, len(columns))))


def margin_tables(run: Run, currency: str) -> tuple[Grid, ...]:
    """Margin by channel, and the SKUs that earned most and least."""
    channels, skus = run.margins("channel"), run.margins("sku")
    skus = skus[skus["sku"].notna()]
    grids = [margin_grid(channels, currency, "Margin by channel")]
    if len(skus) > SHOWN:
        grids.append(margin_grid(skus.head(SHOWN), currency, "The SKUs that earned most"))
        grids.append(margin_grid(skus.iloc[::-1].head(SHOWN), currency, "The SKUs that earned least"))
    return tuple(grid for grid in grids if grid.rows)


def _row(row: Mapping[Hashable, Any], by: str, shown: list[str], currency: str) -> tuple[str, ...]:
    revenue, left = float(row["net_revenue_cents"]), float(row["contribution_cents"])
    name = "(none)" if pd.isna(row[by]) else str(row[by])
    amounts = (display(float(row[column]), "cents", currency) for column in shown)
    return (name, f"{int(row['units']):,}", *amounts, display(left / revenue, "share") if revenue > 0 else "")
