"""The static world: what exists before the first order, and never changes while the clock runs.

Entities are frozen dataclasses that refer to one another by position (a node's index, a product's
index); names live at the edges. Large per-node, per-SKU tables are NumPy arrays of shape
``(nodes, products)``.
"""

from __future__ import annotations

from sim.network.channels import (
    CHANNEL_KINDS,
    PAYMENT_KINDS,
    RESERVATION_LEVELS,
    RESERVED_AT,
    SETTLEMENT_FROM,
    Channel,
    Payment,
    Promise,
    Rekeying,
    Reservation,
    Segment,
    Sync,
)
from sim.network.company import Entity, FxRate
from sim.network.geography import ZONE_MILES, ZONES, Geography, Region, great_circle_miles
from sim.network.network import Network
from sim.network.nodes import NODE_KINDS, PAID, STATION_NAMES, CycleCounts, Dock, Node, Shift, Station, Storage
from sim.network.products import Category, Product
from sim.network.services import KG_PER_LB, LITRES_PER_CUBIC_INCH, CarrierService, Hub, Pallets, PeakSurcharge
from sim.network.suppliers import KEPT_PROMISES, Supplier

__all__ = [
    "CHANNEL_KINDS",
    "CarrierService",
    "Category",
    "Channel",
    "CycleCounts",
    "Dock",
    "Entity",
    "FxRate",
    "Geography",
    "Hub",
    "KEPT_PROMISES",
    "KG_PER_LB",
    "LITRES_PER_CUBIC_INCH",
    "NODE_KINDS",
    "Network",
    "Node",
    "PAYMENT_KINDS",
    "Pallets",
    "Payment",
    "PeakSurcharge",
    "Product",
    "Promise",
    "RESERVATION_LEVELS",
    "RESERVED_AT",
    "SETTLEMENT_FROM",
    "Region",
    "Rekeying",
    "Reservation",
    "PAID",
    "STATION_NAMES",
    "Segment",
    "Shift",
    "Station",
    "Storage",
    "Supplier",
    "Sync",
    "ZONES",
    "ZONE_MILES",
    "great_circle_miles",
]
