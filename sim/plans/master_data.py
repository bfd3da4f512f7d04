"""Faults of master data that are always there: addresses of customers, weights, costs and prices of SKUs."""

from __future__ import annotations

from dataclasses import dataclass

CHECKS = ("nobody", "people", "rules")
"""Who looks at an address before an order goes on."""


@dataclass(frozen=True, slots=True)
class AddressFaults:
    """``share`` of the orders bear an address that does not exist: a draw of the customer's own.

    Where ``nobody`` checks, the parcel goes out, is brought in vain and comes back. Where ``people`` do, the order is
    held until the desk for data faults has mended the address; ``rules`` mend ``mended_share`` of them at once, by the
    same draw whatever else happens, and leave the others to the desk.
    """

    share: float
    check: str = "people"
    mended_share: float = 0.8


@dataclass(frozen=True, slots=True)
class RecordFaults:
    """``share`` of the SKUs have ``factor`` times the true figure on record, and nobody checks."""

    share: float
    factor: float


@dataclass(frozen=True, slots=True)
class MasterDataPlan:
    """What is wrong on an ordinary day; None: nothing of that kind."""

    addresses: AddressFaults | None = None
    weights: RecordFaults | None = None
    costs: RecordFaults | None = None
    prices: RecordFaults | None = None
