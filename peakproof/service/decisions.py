"""The decisions that can be asked for: rows and what is said of the moment in, an answer out, or every problem."""

from __future__ import annotations

from peakproof.service.allocation import allocate, read_orders, read_stock
from peakproof.service.network import LiveNetwork
from peakproof.service.releasing import read_shipments, release
from peakproof.service.rows import Sheet
from peakproof.service.supplying import read_positions, replenish, transfer
from peakproof.service.wire import (
    AllocationAnswer,
    Asked,
    CoverRow,
    OrderLine,
    PositionRow,
    ReleaseAnswer,
    ReplenishmentAnswer,
    ShipmentRow,
    StockRow,
    TransfersAnswer,
)
from scenarios.errors import Problems
from sim.world import PolicyChoice


def decide_allocation(
    live: LiveNetwork, asked: Asked, orders: Sheet[OrderLine], stock: Sheet[StockRow], problems: Problems, of: str
) -> AllocationAnswer:
    """Nodes for orders.

    Raises
    ------
    ScenarioError
        With everything that is wrong with the rows.
    """
    choice = live.choice("allocation", asked.policy, problems)
    is_open = live.open_nodes(asked.closed, "closed", problems)
    views = read_orders(live, orders, live.ms(asked.at))
    stock.unique("node", "sku")
    available = read_stock(live, stock)
    return allocate(live, _sound(choice, problems, of), views, available, is_open)


def decide_replenishment(
    live: LiveNetwork, asked: Asked, stock: Sheet[PositionRow], problems: Problems, of: str
) -> ReplenishmentAnswer:
    """Orders for positions; closed nodes order nothing."""
    choice = live.choice("replenishment", asked.policy, problems)
    is_open = live.open_nodes(asked.closed, "closed", problems)
    position, free = read_positions(live, stock)
    sound = _sound(choice, problems, of)
    nodes = sorted({live.known("node")[row.node] for row in stock.rows})
    return replenish(live, sound, position, free, [n for n in nodes if is_open[n]], live.ms(asked.at))


def decide_transfers(
    live: LiveNetwork, asked: Asked, stock: Sheet[CoverRow], problems: Problems, of: str
) -> TransfersAnswer:
    """Transfers for positions and expected sales."""
    choice = live.choice("transfers", asked.policy, problems)
    is_open = live.open_nodes(asked.closed, "closed", problems)
    position, free = read_positions(live, stock)
    return transfer(live, _sound(choice, problems, of), stock, position, free, is_open, live.ms(asked.at))


def decide_release(
    live: LiveNetwork, asked: Asked, shipments: Sheet[ShipmentRow], problems: Problems, of: str
) -> ReleaseAnswer:
    """A sequence for shipments."""
    choice = live.choice("release", asked.policy, problems)
    live.open_nodes(asked.closed, "closed", problems)
    nodes = read_shipments(live, shipments)
    return release(live, _sound(choice, problems, of), shipments.rows, nodes, live.ms(asked.at))


def _sound(choice: PolicyChoice | None, problems: Problems, of: str) -> PolicyChoice:
    """The policy, once nothing is wrong."""
    problems.raise_if_any(of)
    assert choice is not None
    return choice
