"""Credit notes find the sales they take back: by customer and SKU, first in first out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scenarios.importers.rows import CREDIT_MATCHED, CREDIT_PARTLY_MATCHED, CREDIT_UNMATCHED, CREDITS, Rows


@dataclass(frozen=True, slots=True)
class Matches:
    """Which units of a credit row take back which sale row. All arrays of one length.

    Parameters
    ----------
    credit, sale : ndarray of int64
        Positions in the file's rows; ``sale`` is -1 for units that found none. Sorted by credit, then by age
        of the sale.
    units : ndarray of int64
        Positive; the entries of one credit row add up to its units.
    """

    credit: NDArray[np.int64]
    sale: NDArray[np.int64]
    units: NDArray[np.int64]

    @property
    def found(self) -> NDArray[np.bool_]:
        """Which entries have a sale."""
        return self.sale >= 0


Key = tuple[str, str, str]


def match_credits(rows: Rows, sales: NDArray[np.int64], sold_at: NDArray[np.datetime64]) -> Matches:
    """Match every credit row of ``rows``.

    A unit matches the oldest sale of its SKU to its customer, at or before the credit note's time, that has
    units left. A credit that names an order of the file looks among that order's lines first. A guest is a
    customer of one order only, so a guest's credit note that names no order finds nothing.

    Parameters
    ----------
    rows : Rows
        The file.
    sales : ndarray of int64
        Positions of the sale rows, oldest first.
    sold_at : ndarray of datetime64[s]
        When their orders were placed.
    """
    credits = rows.of(*CREDITS)
    credits = credits[np.argsort(rows.moment[credits], kind="stable")]
    shelves = _Shelves(rows, sales, sold_at, credits)
    entries: list[tuple[int, int, int]] = []
    for credit in credits.tolist():
        needed = abs(int(rows.units[credit]))
        for sale, units in shelves.take(credit, needed):
            entries.append((credit, sale, units))
            needed -= units
        if needed:
            entries.append((credit, -1, needed))
    entries.sort(key=lambda entry: entry[0])  # stable: one credit's sales stay oldest first
    columns = np.array(entries, dtype=np.int64).reshape(-1, 3)
    return Matches(columns[:, 0], columns[:, 1], columns[:, 2])


def classify_credits(rows: Rows, matches: Matches) -> None:
    """Say in ``rows`` how far each credit row was matched."""
    credit_rows, where = np.unique(matches.credit, return_inverse=True)
    found = np.bincount(where, weights=matches.found * matches.units, minlength=len(credit_rows))
    wanted = np.bincount(where, weights=matches.units, minlength=len(credit_rows))
    partly = np.where(found > 0, CREDIT_PARTLY_MATCHED, CREDIT_UNMATCHED)
    rows.taken_for[credit_rows] = np.where(found == wanted, CREDIT_MATCHED, partly).astype(object)
    guest = (rows.customer[credit_rows] == "") & (found == 0)
    rows.add_note(credit_rows[guest], "a guest's credit note: no customer to match by")
    named = matches.found.copy()
    named[named] = rows.price_cents[matches.credit[named]] != rows.price_cents[matches.sale[named]]
    rows.add_note(np.unique(matches.credit[named]), "credited at another price than it was sold")


class _Shelves:
    """Units sold and not yet taken back, oldest first, by order and by customer."""

    def __init__(
        self,
        rows: Rows,
        sales: NDArray[np.int64],
        sold_at: NDArray[np.datetime64],
        credits: NDArray[np.int64],
    ) -> None:
        self._rows = rows
        # Few SKUs of few customers ever come back; only their sales are looked at one by one.
        concerned = pd.Series(rows.sku[sales]).isin(set(rows.sku[credits])).to_numpy()
        self._queues: defaultdict[Key, list[int]] = defaultdict(list)
        self._left: dict[int, int] = {}
        self._sold_at: dict[int, np.datetime64] = {}
        for sale, at in zip(sales[concerned].tolist(), sold_at[concerned]):
            self._left[sale] = int(rows.units[sale])
            self._sold_at[sale] = at
            for key in self._keys(sale):
                self._queues[key].append(sale)

    def _keys(self, row: int) -> list[Key]:
        sku, customer = self._rows.sku[row], self._rows.customer[row]
        keys: list[Key] = [("order", self._rows.document[row], sku)]
        if customer:
            keys.append(("customer", customer, sku))
        return keys

    def take(self, credit: int, needed: int) -> list[tuple[int, int]]:
        """(sale row, units) for as much of ``needed`` as there is."""
        taken: list[tuple[int, int]] = []
        at = self._rows.moment[credit]
        for key in self._keys(credit):
            queue = self._queues.get(key, [])
            for sale in queue:
                if not needed or self._sold_at[sale] > at:
                    break
                units = min(needed, self._left[sale])
                if units:
                    taken.append((sale, units))
                    self._left[sale] -= units
                    needed -= units
            while queue and not self._left[queue[0]]:
                queue.pop(0)
        return taken
