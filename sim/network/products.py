"""What is sold."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.plans.return_rules import Disposition


@dataclass(frozen=True, slots=True)
class Category:
    """What products of one kind share: how often and in what state they come back, and what becomes of them."""

    name: str
    return_share: float = 0.0
    restock_share: float = 1.0
    disposition: Disposition = field(default_factory=Disposition)


@dataclass(frozen=True, slots=True)
class Product:
    """One SKU. ``category`` and ``supplier`` are indices; ``demand_weight`` is relative popularity."""

    sku: str
    price_cents: int
    cost_cents: int
    weight_kg: float
    volume_l: float = 1.0
    category: int = 0
    supplier: int = 0
    demand_weight: float = 1.0
    name: str = ""
    substitutes: tuple[int, ...] = ()
    """What may be offered in its place where a rule says so, in this sequence."""
