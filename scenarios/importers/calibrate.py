"""Rules that fill what an export leaves out: cost, weight, supplier, popularity, opening stock, the horizon.

Each rule is stated in the import's report and can be overridden by `ImportOptions`, or in the scenario file
that the import writes.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scenarios.importers.options import BASIS_POINTS, ImportOptions
from scenarios.importers.orders import TraceTables
from scenarios.importers.rows import ADJUSTMENTS, CREDITS, SALE, Rows
from scenarios.importers.template import Template

DAY = np.timedelta64(24, "h")
SKU_STEM = 5
"""Colours and sizes of one article share their first characters, and so their supplier."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the rules say: tables, the sections of the scenario file, and the rules in words."""

    products: pd.DataFrame
    extra_stock: pd.Series[int]
    """Opening units by SKU for what corrections take out, beyond what is laid in for sales."""
    sections: dict[str, Any]
    assumptions: list[str]


def calibrate(rows: Rows, trace: TraceTables, template: Template, options: ImportOptions) -> Calibration:
    """Apply every rule."""
    start, end = _period(rows)
    days = int((end - start) / np.timedelta64(1, "D"))
    mistakes = _taken_back_within_a_day(rows, trace)
    suppliers = template.suppliers(options.suppliers)
    sections = {
        "start": f"{start} 00:00",
        "timezone": options.timezone,
        "horizon": {"end": f"{end} 00:00"},
        "channels": _channels(trace, mistakes, template, days),
        "stock": {
            "days_of_cover": f"{options.opening_days:g}d",
            "safety_days": f"{options.safety_days:g}d",
            "order_cover": f"{options.order_days:g}d",
        },
    }
    if rows.currency:
        sections["entities"] = {template.entity: {"currency": rows.currency}}
    products = _products(rows, trace, mistakes, suppliers, options)
    assumptions = _assumptions(options, suppliers, str(start), str(end))
    return Calibration(products, _written_off(trace), sections, assumptions)


def _period(rows: Rows) -> tuple[np.datetime64, np.datetime64]:
    """From the midnight before the first row to the midnight after the last."""
    return rows.moment.min().astype("datetime64[D]"), rows.moment.max().astype("datetime64[D]") + 1


def _taken_back_within_a_day(rows: Rows, trace: TraceTables) -> NDArray[np.int64]:
    """Units of each line that were credited within 24 hours: slips of the hand, not demand."""
    matches = trace.matches
    found = matches.found
    placed = pd.Series(trace.orders["placed_at"].to_numpy(), index=trace.orders["order_ref"])
    sold_at = placed.reindex(rows.document[matches.sale[found]]).to_numpy()
    soon = rows.moment[matches.credit[found]] - sold_at <= DAY
    units = np.zeros(len(rows), dtype=np.int64)
    np.add.at(units, matches.sale[found][soon], matches.units[found][soon])
    return units[trace.sale_rows]


def _written_off(trace: TraceTables) -> pd.Series[int]:
    """The most that corrections have taken out of a SKU's stock at any time, less what they put in; by SKU."""
    moves = trace.adjustments.groupby("sku")["units"]
    taken = (-moves.cumsum()).groupby(trace.adjustments["sku"]).max()
    return taken[taken > 0].rename("units")


def _products(
    rows: Rows,
    trace: TraceTables,
    mistakes: NDArray[np.int64],
    suppliers: tuple[str, ...],
    options: ImportOptions,
) -> pd.DataFrame:
    """One row for each SKU whose stock any row moves, by SKU."""
    moved = rows.of(SALE, *CREDITS, *ADJUSTMENTS)
    skus = pd.Index(sorted(set(rows.sku[moved])), name="sku")
    price = _list_prices(rows, skus)
    cost = np.maximum(1, (price * options.cost_bp + BASIS_POINTS // 2) // BASIS_POINTS)
    net = trace.lines["units"] - mistakes
    return pd.DataFrame(
        {
            "sku": skus,
            "name": _names(rows, skus),
            "price": [_decimal(cents) for cents in price.tolist()],
            "cost": [_decimal(cents) for cents in cost.tolist()],
            "weight_kg": options.weight_kg,
            "supplier": [suppliers[zlib.crc32(sku[:SKU_STEM].encode()) % len(suppliers)] for sku in skus],
            "demand_weight": net.groupby(trace.lines["sku"]).sum().reindex(skus, fill_value=0).to_numpy(),
        }
    )


def _list_prices(rows: Rows, skus: pd.Index[str]) -> NDArray[np.int64]:
    """The median price of each SKU's sales; of its credit notes if it has none; else of all products."""
    sold, credited = rows.of(SALE), rows.of(*CREDITS)
    medians = [
        pd.Series(rows.price_cents[where]).groupby(rows.sku[where]).median().reindex(skus) for where in (sold, credited)
    ]
    price = medians[0].fillna(medians[1])
    price = price.fillna(price.median()).fillna(1)
    return np.maximum(1, np.floor(price.to_numpy() + 0.5)).astype(np.int64)


def _names(rows: Rows, skus: pd.Index[str]) -> list[str]:
    """Each SKU's most frequent description among its sales, else among all its rows, else the SKU."""
    frame = pd.DataFrame({"sku": rows.sku, "name": rows.name, "sold": rows.taken_for == SALE})
    frame = frame[(frame["name"] != "") & frame["sku"].isin(skus)]
    counts = frame.groupby(["sku", "name"], sort=True)["sold"].agg(["sum", "size"]).reset_index()
    best = counts.sort_values(["sum", "size"], ascending=False, kind="stable").drop_duplicates("sku")
    known = dict(zip(best["sku"], best["name"]))
    return [known.get(sku, sku) for sku in skus]


def _channels(
    trace: TraceTables, mistakes: NDArray[np.int64], template: Template, days: int
) -> dict[str, dict[str, Any]]:
    """Mean demand of each channel, from which the scenario's stock rule works."""
    # A template's channel that sold nothing here must not add to the demand that stock is laid in for.
    channels: dict[str, dict[str, Any]] = {name: {"orders_per_day": 0} for name in template.names("channels")}
    orders = trace.orders
    channel_of_line = orders.set_index("order_ref")["channel"].reindex(trace.lines["order_ref"]).to_numpy()
    net = trace.lines["units"].to_numpy() - mistakes
    for name, own in orders.groupby("channel", sort=True):
        lines = trace.lines[channel_of_line == name]
        per_order = lines.groupby("order_ref", sort=False).size().to_numpy()
        placed = own["placed_at"].dt
        channels[str(name)] = {
            "orders_per_day": round(len(own) / days, 4),
            "lines": _spread(per_order, float(per_order.mean())),
            "quantity": _spread(lines["units"].to_numpy(), _mean_quantity(net[channel_of_line == name])),
            "hour_of_week": {
                "hours": np.bincount(placed.hour, minlength=24).tolist(),
                "days": np.bincount(placed.day_of_week, minlength=7).tolist(),
            },
            "accepts_backorders": True,
        }
    return channels


def _spread(values: NDArray[np.int64], mean: float) -> Any:
    """A lognormal with the median of ``values`` and this mean, or the mean where it has no such tail."""
    median = float(np.median(values))
    if mean <= median:
        return round(mean, 4)
    # mean = median exp(s^2 / 2) and cv^2 = exp(s^2) - 1
    return {"lognormal": {"median": round(median, 4), "cv": round(math.sqrt((mean / median) ** 2 - 1), 6)}}


def _mean_quantity(net: NDArray[np.int64]) -> float:
    """Above 0 even where every unit was taken back: a channel's lines have units."""
    return max(float(net.mean()), 1 / len(net))


def _decimal(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _assumptions(options: ImportOptions, suppliers: tuple[str, ...], start: str, end: str) -> list[str]:
    return [
        f"Template `{options.template}`: nodes, carriers, suppliers, rules. Option `template`.",
        f"Times are local times of {options.timezone}; the clock runs from {start} to {end}, midnight to "
        "midnight. Option `timezone`.",
        "An order's time, customer, channel and region are those of its first line in the file. A guest's "
        "order is a customer of its own, `guest-` and its number.",
        "Prices are rounded to the minor unit, half away from zero, before anything is multiplied; they are "
        "taken as net of tax.",
        "List price: median of a SKU's sale prices; of its credit notes if it was never sold; else of all.",
        f"Cost: {options.cost_bp / 100:g}% of the list price, at least one minor unit. Option `cost_bp`.",
        f"Weight: {options.weight_kg:g} kg each. Option `weight_kg`.",
        f"Supplier: by checksum of the SKU's first {SKU_STEM} characters, over {', '.join(suppliers)}. "
        "Option `suppliers`.",
        "Demand: a SKU's mean daily units over the whole period, less units taken back within 24 hours.",
        f"Opening stock: {options.opening_days:g} days of demand. Option `opening_days`, or "
        "`stock.days_of_cover` in the scenario.",
        f"Reorder point: demand over lead time, review and {options.safety_days:g} days; order-up-to: "
        f"{options.order_days:g} days more. Options `safety_days`, `order_days`, or `stock.safety_days`, "
        "`stock.order_cover` in the scenario.",
        "Credit notes are matched by customer and SKU, as written, oldest sale first, at or before the "
        "credit note's time; the credit note's own price counts.",
        "Every channel accepts backorders: all orders of the file enter, whatever the stock.",
        "What corrections take out was there: the most that they take from a SKU, less what they put in, is on "
        "hand at the start beyond the days of sales, where the SKU sells most (`stock.csv`; `stock.extra: null` "
        "in the scenario leaves it out). What was sold or moved before a correction comes cannot be taken out "
        "any more; the run says so, event by event.",
    ]
