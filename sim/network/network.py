"""The network: everything that exists, by position."""

from __future__ import annotations

from dataclasses import dataclass

from sim.network.channels import Channel, Segment
from sim.network.company import Entity, FxRate
from sim.network.geography import Region
from sim.network.nodes import Node
from sim.network.products import Category, Product
from sim.network.services import CarrierService
from sim.network.suppliers import Supplier
from sim.plans.border import Border
from sim.plans.handling_units import HandlingPlan


@dataclass(frozen=True, slots=True)
class Network:
    """Everything that exists, by position."""

    products: tuple[Product, ...]
    regions: tuple[Region, ...]
    nodes: tuple[Node, ...]
    services: tuple[CarrierService, ...]
    suppliers: tuple[Supplier, ...]
    channels: tuple[Channel, ...]
    segments: tuple[Segment, ...] = (Segment("everyone"),)
    entities: tuple[Entity, ...] = (Entity("company"),)
    fx_rates: tuple[FxRate, ...] = ()
    borders: tuple[Border, ...] = ()
    categories: tuple[Category, ...] = (Category("all"),)
    miles_override: tuple[tuple[int, int, float], ...] = ()
    """(node, region, miles) where the great circle is not the distance to charge."""
    handling_units: HandlingPlan | None = None
    """None: whatever is ordered is single units."""
