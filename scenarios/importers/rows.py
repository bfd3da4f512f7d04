"""What a row of an order export can be taken for, and the one form that every format is brought into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

SALE = "sale"
CREDIT_MATCHED = "credit_matched"
CREDIT_PARTLY_MATCHED = "credit_partly_matched"
CREDIT_UNMATCHED = "credit_unmatched"
STOCK_LOST = "stock_adjustment_down"
STOCK_FOUND = "stock_adjustment_up"
FREE_GOODS = "free_goods"
FEE = "fee"
UNCLASSIFIED = "unclassified"

CLASSES: dict[str, str] = {
    SALE: "a product sold: an order line",
    CREDIT_MATCHED: "a product taken back, every unit found in earlier sales to that customer",
    CREDIT_PARTLY_MATCHED: "a product taken back, some of its units found in earlier sales",
    CREDIT_UNMATCHED: "a product taken back, no unit found in earlier sales: an account of its own",
    STOCK_LOST: "units that left the stock without a customer",
    STOCK_FOUND: "units that came into the stock without a supplier",
    FREE_GOODS: "units given away: they leave the stock and bring nothing",
    FEE: "money without goods: carriage, discounts, charges, vouchers",
    UNCLASSIFIED: "none of these: listed, not in the scenario",
}
"""Every class with what it says of a row. Each row of a file gets exactly one."""

CREDITS = (CREDIT_MATCHED, CREDIT_PARTLY_MATCHED, CREDIT_UNMATCHED)
ADJUSTMENTS = (STOCK_LOST, STOCK_FOUND, FREE_GOODS)


@dataclass(slots=True)
class Rows:
    """A file's rows in the common form: one entry a row, in file order, nothing left out.

    Parameters
    ----------
    document : ndarray of str
        The order, credit note or other paper that the row stands on.
    moment : ndarray of datetime64[s]
        Local time, without zone.
    sku, name : ndarray of str
        Code as written (spaces around it stripped) and description.
    units, price_cents : ndarray of int64
        With the file's own signs: a credit note's units are negative.
    customer : ndarray of str
        Empty for a guest.
    channel, region : ndarray of str
        Names.
    taken_for : ndarray of str
        One of `CLASSES`; credit notes enter as `CREDIT_UNMATCHED` until they have been matched.
    reason : ndarray of str
        The rule that made it so.
    account : ndarray of str
        Of a fee; empty elsewhere.
    note : ndarray of str
        What is odd about the row though it has a class; empty mostly.
    first_row : int
        Number of the first entry in the file: 2 below the header of a CSV, else 1.
    currency : str
        ISO 4217 code, if the file states one.
    strict_regions : bool
        Whether a region without a known place is an error of the file, not dirt to be told of.
    """

    document: NDArray[np.object_]
    moment: NDArray[np.datetime64]
    sku: NDArray[np.object_]
    name: NDArray[np.object_]
    units: NDArray[np.int64]
    price_cents: NDArray[np.int64]
    customer: NDArray[np.object_]
    channel: NDArray[np.object_]
    region: NDArray[np.object_]
    taken_for: NDArray[np.object_]
    reason: NDArray[np.object_]
    account: NDArray[np.object_]
    note: NDArray[np.object_]
    first_row: int
    currency: str = ""
    strict_regions: bool = False

    def __len__(self) -> int:
        return len(self.units)

    @property
    def cents(self) -> NDArray[np.int64]:
        """What each row is worth, signed."""
        return self.units * self.price_cents

    def of(self, *classes: str) -> NDArray[np.int64]:
        """Positions of the rows taken for one of ``classes``, in file order."""
        return np.flatnonzero(np.isin(self.taken_for.astype(str), classes))

    def add_note(self, rows: NDArray[np.int64] | NDArray[np.bool_], text: str) -> None:
        """Write ``text`` beside these rows, after what is already there."""
        old = self.note[rows]
        self.note[rows] = np.where(old == "", text, old + ("; " + text))


def objects(values: pd.Series[str]) -> NDArray[np.object_]:
    """A text column as plain Python strings."""
    return values.to_numpy(dtype=object)


def per_value(values: NDArray[np.object_], say: Callable[[str], Any]) -> NDArray[np.object_]:
    """``say`` of each value, asked once for each distinct one."""
    codes, distinct = pd.factorize(values)
    told = np.empty(len(distinct), dtype=object)
    told[:] = [say(value) for value in distinct]
    return np.asarray(told[codes])
