"""Which node expects how much demand: the rule behind opening stock and reorder levels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.network import Channel, Geography, Network

Matrix = NDArray[np.float64]


def expected_daily_units(network: Network, carries: NDArray[np.bool_], node_shares: Mapping[int, float]) -> Matrix:
    """Units of each SKU that each node expects to give out in a day, to customers and to other nodes.

    Parameters
    ----------
    network
        Nodes, channels, products.
    carries : ndarray of bool, shape (nodes, products)
        Which node carries what.
    node_shares
        Shares of demand set by hand, by node.

    Returns
    -------
    ndarray, shape (nodes, products)
        See `scenarios.schema.stock.StockSpec` for the rule.
    """
    miles = Geography(network).miles
    expected = np.zeros(carries.shape)
    for index, channel in enumerate(network.channels):
        units = channel.expected_orders_per_day * channel.line_count.mean * channel.quantity.mean
        if units > 0:
            servers = [n for n, node in enumerate(network.nodes) if node.can_serve(index)]
            by_node = _channel_shares(network, channel, servers, miles, carries, node_shares)
            expected += units * by_node * _product_shares(network, channel)
    return _with_replenished(network, expected * carries)


def _product_shares(network: Network, channel: Channel) -> Matrix:
    """What share of the channel's units each product is, shape (products,)."""
    weights = np.array([product.demand_weight for product in network.products])
    if channel.category_weights is not None:
        weights *= np.array(channel.category_weights)[[product.category for product in network.products]]
    total = float(weights.sum())
    return weights / total if total > 0 else weights


def _region_weights(network: Network, channel: Channel) -> Matrix:
    weights = network.segments[channel.segment].region_weights
    found = np.array(weights if weights is not None else [region.population for region in network.regions])
    return found / max(float(found.sum()), 1e-300)


def _channel_shares(
    network: Network,
    channel: Channel,
    servers: list[int],
    miles: Matrix,
    carries: NDArray[np.bool_],
    node_shares: Mapping[int, float],
) -> Matrix:
    """The share of a channel's demand for each SKU that each node expects, shape (nodes, products)."""
    by_hand = np.array([node_shares.get(n, 0.0) if n in servers else 0.0 for n in range(len(network.nodes))])
    rest = [n for n in servers if n not in node_shares]
    main = [n for n in rest if network.nodes[n].kind != "store" and network.nodes[n].source is None]
    dividing = main or rest
    shares = by_hand[:, None] * carries
    left = np.clip(1.0 - shares.sum(axis=0), 0.0, None)
    region_weights = _region_weights(network, channel)
    # Few products differ in who carries them: divide once for each such group.
    patterns, group = np.unique(carries[dividing], axis=1, return_inverse=True)
    for number, pattern in enumerate(patterns.T):
        carrying = np.array(dividing, dtype=np.int64)[pattern]
        if len(carrying):
            nearest = carrying[np.argmin(miles[carrying], axis=0)]
            division = np.bincount(nearest, weights=region_weights, minlength=len(network.nodes))
            members = group.ravel() == number
            shares[:, members] += division[:, None] * left[members]
    return shares


def _with_replenished(network: Network, own: Matrix) -> Matrix:
    """Adds to each node the demand of those that it replenishes, however indirectly."""
    total = own.copy()
    for node in sorted(range(len(network.nodes)), key=lambda n: -_depth(network, n)):
        source = network.nodes[node].source
        if source is not None:
            total[source] += total[node]
    return total


def _depth(network: Network, node: int) -> int:
    """How many replenishing nodes stand above ``node``."""
    depth, source = 0, network.nodes[node].source
    while source is not None:
        depth, source = depth + 1, network.nodes[source].source
    return depth
