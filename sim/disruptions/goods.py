"""Which SKUs a disruption is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.network import Network

Named = frozenset[int] | None


def chosen_products(network: Network, products: Named, categories: Named) -> frozenset[int]:
    """By number, by category, or both; every SKU if neither is named."""
    return frozenset(
        number
        for number, product in enumerate(network.products)
        if (products is None and categories is None)
        or number in (products or ())
        or product.category in (categories or ())
    )
