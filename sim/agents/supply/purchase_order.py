"""One order with a supplier, from its placing until nothing of it is under way."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class PurchaseOrder:
    """What is still to come of one order of a node with a supplier.

    ``luck`` numbers its random draws; ``goods`` are records of (units, value) that a delivery is to bring; the ``rest``
    of a delivery in two parts was counted out when the first part left.
    """

    number: int
    supplier: int
    node: int
    luck: int
    urgent: bool
    goods: list[int] = field(default_factory=list)
    late_ms: int = 0
    """By how much it will come later than it should."""
    is_rest: bool = False
    placed_ms: int = 0
