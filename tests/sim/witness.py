"""Recomputes, from the files of a run alone, what must always hold; by hand and not by the engine's code."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

INSIDE = ("available", "committed", "picked", "awaiting", "quarantined", "in_transit")


def frame(folder: Path, book: str) -> pd.DataFrame:
    return pq.read_table(folder / f"{book}.parquet").to_pandas()


def faults(folder: Path) -> list[str]:
    """What is wrong with the stock, the money and the orders of a run; one row of the books after the other."""
    events, ledger, journal = (frame(folder, book) for book in ("events", "ledger", "journal"))
    return [*_of_time(events), *_of_stock(ledger), *_of_money(ledger, journal), *_of_lines(events)]


def _of_time(events: pd.DataFrame) -> list[str]:
    found = []
    if not events["time_ms"].is_monotonic_increasing:
        found.append("time decreases")
    if events["event"].tolist() != list(range(len(events))):
        found.append("events are not numbered through")
    return found


def _of_stock(ledger: pd.DataFrame) -> list[str]:
    """A walk through the movements: units by bucket, and value by cell."""
    units: dict[tuple[str, str, str], int] = defaultdict(int)
    value: dict[tuple[str, str], int] = defaultdict(int)
    held: dict[tuple[str, str], int] = defaultdict(int)
    found = []
    columns = ("event", "sku", "from_node", "from_bucket", "to_node", "to_bucket", "units", "value_cents")
    for event, sku, source, out, target, into, n, cents in zip(*(ledger[c].tolist() for c in columns)):
        for node, bucket, sign in ((source, out, -1), (target, into, 1)):
            if bucket not in INSIDE:
                continue
            units[node, sku, bucket] += sign * n
            if units[node, sku, bucket] < 0:
                found.append(f"event {event} leaves {units[node, sku, bucket]} {bucket} of {sku} at {node}")
            if bucket != "in_transit":
                held[node, sku] += sign * n
        stays = [b in INSIDE and b != "in_transit" for b in (out, into)]
        if stays[0] != stays[1]:
            node = target if stays[1] else source
            value[node, sku] += cents if stays[1] else -cents
            if held[node, sku] == 0 and value[node, sku]:
                found.append(f"event {event}: no {sku} at {node} is worth {value[node, sku]}")
    if sum(units.values()) != _net(ledger):
        found.append("units came from nowhere")
    return found


def _net(ledger: pd.DataFrame) -> int:
    """Units that came from outside, less those that went there."""
    came = ~ledger["from_bucket"].isin(INSIDE)
    went = ~ledger["to_bucket"].isin(INSIDE)
    return int(ledger["units"][came].sum() - ledger["units"][went].sum())


def _of_money(ledger: pd.DataFrame, journal: pd.DataFrame) -> list[str]:
    found = [
        f"event {event} is out of balance"
        for event, total in journal.groupby("event")["amount_cents"].sum().items()
        if total
    ]
    if journal["amount_cents"].sum():
        found.append("the trial balance is not zero")
    on_hand = [b for b in INSIDE if b != "in_transit"]
    for account, buckets in (("inventory", on_hand), ("inventory_in_transit", ["in_transit"])):
        enters, leaves = ledger["to_bucket"].isin(buckets), ledger["from_bucket"].isin(buckets)
        worth = np.where(enters & ~leaves, ledger["value_cents"], 0) - np.where(
            leaves & ~enters, ledger["value_cents"], 0
        )
        booked = journal["amount_cents"][journal["account"] == account].sum()
        if booked != worth.sum():
            found.append(f"{account} is {booked} on the account and {worth.sum()} in the ledger")
    return found


def _of_lines(events: pd.DataFrame) -> list[str]:
    """Of each line: captured = shipped + cancelled + what is still with us, which is none once the order has ended."""
    lines = events[events["line"] >= 0]
    units = lines.pivot_table(
        index="line", columns="kind", values="quantity", aggfunc="sum", fill_value=0, observed=True
    )
    for kind in ("captured", "cancelled_units", "allocated", "deallocated", "put_back", "shipped"):
        if kind not in units:
            units[kind] = 0
    with_us = units["captured"] - units["shipped"] - units["cancelled_units"]
    assigned = units["allocated"] - units["deallocated"] - units["put_back"] - units["shipped"]
    found = [
        f"line {line} has {with_us[line]} left"
        for line in units.index[(with_us < 0) | (assigned < 0) | (assigned > with_us)]
    ]
    ended = set(events["order"][events["kind"].isin(["closed", "cancelled"])])
    order_of = lines.groupby("line")["order"].first()
    left = [line for line in units.index[with_us != 0] if order_of[line] in ended]
    return found + [f"line {line} of an ended order has {with_us[line]} left" for line in left]


LEGAL = {
    "order": {
        "": {"captured"},
        "captured": {"held", "validated", "cancelled"},
        "held": {"held", "hold_cleared", "cancelled"},  # for another reason from then on
        "hold_cleared": {"validated", "held", "cancelled"},
        "validated": {"closed", "cancelled", "held"},
        "closed": {"reopened"},
        "reopened": {"closed"},
    },
    "shipment": {
        "": {"allocated", "consolidated"},
        "allocated": {"released", "voided"},
        "released": {"picked", "voided"},
        "picked": {"packed", "voided", "sent_to_merge", "waits_to_merge", "consolidated"},
        "sent_to_merge": {"waits_to_merge"},
        "waits_to_merge": {"merged", "consolidated"},
        "consolidated": {"packed", "voided"},
        "packed": {"shipped", "voided"},
        "shipped": {"delivered", "lost", "returned_to_sender"},
    },
}
"""What may follow what in the event log."""


def illegal_moves(folder: Path) -> list[str]:
    """Orders and shipments whose events come in a sequence that the lifecycle does not know."""
    events = frame(folder, "events")
    found = []
    for what, follows in LEGAL.items():
        kinds = {k for k in follows if k} | {k for after in follows.values() for k in after}
        mine = events[events["kind"].isin(kinds) & (events[what] >= 0)]
        last: dict[int, str] = {}
        for piece, kind in zip(mine[what].tolist(), mine["kind"].tolist()):
            before = last.get(piece, "")
            if kind == before and kind in ("captured", "allocated", "picked", "shipped"):
                continue  # another line or piece of the same
            if kind not in follows.get(before, set()):
                found.append(f"{what} {piece} goes from {before or 'nothing'} to {kind}")
            last[piece] = kind
    return found
