"""What must be true before each move of the lifecycle (`sim.orders`), as questions to the register and the stock.

The tables say it in words; here is the same as functions, one for every move. A checked run (``--check``) asks them at
each move, of orders that go the long way, and raises with the table's words where the answer is no.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING

from sim.agents.orders.allocator import OF_A_SHIPMENT
from sim.lifecycle import GuardedLifecycle, Lifecycle
from sim.orders import (
    ABANDONED,
    ALLOCATED,
    BACKORDERED,
    CANCELLED,
    CAPTURED,
    CLOSED,
    DELIVERED,
    DISPUTED,
    HELD,
    LINE_CANCELLED,
    LINE_MOVES,
    LINE_OFFERED,
    LINE_REFUSED,
    LINE_STATES,
    LOST,
    MERGED,
    OFFERED,
    OPEN,
    ORDER_MOVES,
    ORDER_STATES,
    PACKED,
    PICKED,
    PLANNED,
    READY,
    REFUNDED,
    REFUSED,
    RELEASED,
    REPLACED,
    RESENT,
    RETURN_LABELLED,
    RETURN_LOST,
    RETURN_MOVES,
    RETURN_RECEIVED,
    RETURN_REFUSED,
    RETURN_REQUESTED,
    RETURN_STATES,
    RETURNED_TO_SENDER,
    SENT_TO_MERGE,
    SHIPMENT_MOVES,
    SHIPMENT_STATES,
    SHIPPED,
    VALIDATED,
    VOIDED,
    WAITS_TO_MERGE,
    Move,
)

if TYPE_CHECKING:
    from sim.agents.site import Site

Question = Callable[["Site", int], bool]


def enforce(site: Site) -> None:
    """From now on the entry rule of every move is asked."""
    for what, (states, moves, questions) in TABLES.items():
        plain: Lifecycle = getattr(site, f"{what}_states")
        asked = {pair: _bound(question, site) for pair, question in questions.items()}
        setattr(site, f"{what}_states", GuardedLifecycle(what, states, moves, plain.column, asked))


def _bound(question: Question, site: Site) -> Callable[[int], bool]:
    return lambda record: question(site, record)


# Orders.


def has_lines(site: Site, order: int) -> bool:
    """Something of it was accepted."""
    return site.register.orders.pending[order] > 0


def has_none(site: Site, order: int) -> bool:
    """Nothing of it was accepted."""
    return site.register.orders.pending[order] == 0


def nothing_holds_it(site: Site, order: int) -> bool:
    """No check has stopped it, or its cause is cleared."""
    return order not in site.register.holds


def has_open_units(site: Site, order: int) -> bool:
    """Some of it has no node: what had one and waited for a wave went back on the shelf first."""
    open_units = site.register.lines.open_units
    return any(open_units[line] for line in site.register.orders.lines(order))


def nothing_left_or_open(site: Site, order: int) -> bool:
    """No unit is open, none is with a shipment, none was sent."""
    return site.register.orders.pending[order] == 0 == site.register.orders.left[order]


def all_is_settled(site: Site, order: int) -> bool:
    """All pieces are at an end, all windows have passed, all money is in."""
    return site.register.orders.pending[order] == 0 == site.register.orders.windows[order]


def is_called_back(site: Site, order: int) -> bool:
    """Its customer was told that some of it must come back."""
    return site.called_back is not None and site.called_back.has_told(order)


ORDER_RULES: dict[tuple[int, int], Question] = {
    (OFFERED, REFUSED): has_none,
    (OFFERED, ABANDONED): has_none,
    (OFFERED, CAPTURED): has_lines,
    (CAPTURED, VALIDATED): nothing_holds_it,
    (CAPTURED, HELD): has_open_units,
    (VALIDATED, HELD): has_open_units,
    (HELD, HELD): has_open_units,
    (HELD, VALIDATED): nothing_holds_it,
    (HELD, CANCELLED): nothing_left_or_open,
    (CAPTURED, CANCELLED): nothing_left_or_open,
    (VALIDATED, CANCELLED): nothing_left_or_open,
    (VALIDATED, CLOSED): all_is_settled,
    (CLOSED, VALIDATED): is_called_back,
}

# Lines.


def wants_units(site: Site, line: int) -> bool:
    """Units of it have no node."""
    return site.register.lines.open_units[line] > 0


def wants_nothing(site: Site, line: int) -> bool:
    """All units have a node, or are not wanted any more."""
    return site.register.lines.open_units[line] == 0


def is_not_wanted(site: Site, line: int) -> bool:
    """All units are cancelled."""
    lines = site.register.lines
    return lines.open_units[line] == 0 and lines.cancelled_units[line] == lines.units[line]


def lost_its_shipment(site: Site, line: int) -> bool:
    """A shipment that held it was taken apart, or lost."""
    register = site.register
    states, pieces = register.shipments.state, register.pieces
    return any(
        states[s] in (*REPLACED, LOST) and any(pieces.line[p] == line for p in register.pieces_of(s))
        for s in register.shipments_of(register.lines.order[line])
    )


LINE_RULES: dict[tuple[int, int], Question] = {
    (LINE_OFFERED, LINE_REFUSED): wants_nothing,
    (LINE_OFFERED, OPEN): wants_units,
    (OPEN, ALLOCATED): wants_nothing,
    (OPEN, BACKORDERED): wants_units,
    (BACKORDERED, ALLOCATED): wants_nothing,
    (ALLOCATED, OPEN): lost_its_shipment,
    (OPEN, LINE_CANCELLED): is_not_wanted,
    (BACKORDERED, LINE_CANCELLED): is_not_wanted,
}

# Shipments.


def may_be_picked(site: Site, shipment: int) -> bool:
    """Nothing holds its order, unless another part of it was stranded; and its node is open."""
    columns, holds = site.register.shipments, site.register.holds
    order = columns.order[shipment]
    goes_on = site.register.orders.state[order] == VALIDATED or holds.get(order) == "carrier"
    return goes_on and bool(site.open_nodes[columns.node[shipment]])


def has_committed(site: Site, shipment: int) -> bool:
    """Its units are committed at its node."""
    return _has(site, shipment, site.inventory.committed)


def has_picked(site: Site, shipment: int) -> bool:
    """Its units are picked at its node."""
    return _has(site, shipment, site.inventory.picked)


def is_on_a_manifest(site: Site, shipment: int) -> bool:
    """Its units are picked, and a carrier was chosen (a customer who comes for it needs none)."""
    fetched = site.pickups is not None and site.register.shipments.state[shipment] == READY
    return has_picked(site, shipment) and (fetched or site.register.shipments.service[shipment] >= 0)


def has_left(site: Site, shipment: int) -> bool:
    """It left its node."""
    return site.register.orders.left[site.register.shipments.order[shipment]] > 0


def is_waited_for(site: Site, shipment: int) -> bool:
    """Its order waits for it to be delivered and settled."""
    return site.register.orders.pending[site.register.shipments.order[shipment]] >= OF_A_SHIPMENT


def is_resent_by_the_house(site: Site, shipment: int) -> bool:
    """The house sends lost parcels again."""
    return site.resending is not None


def is_merged_by_the_house(site: Site, shipment: int) -> bool:
    """The house merges parts of orders, and this one is waited for."""
    return site.merging is not None and is_waited_for(site, shipment)


def _has(site: Site, shipment: int, bucket: list[array[int]]) -> bool:
    wanted: dict[int, int] = {}
    for product, units in site.register.contents((shipment,)):
        wanted[product] = wanted.get(product, 0) + units
    held = bucket[site.register.shipments.node[shipment]]
    return all(held[product] >= units for product, units in wanted.items())


SHIPMENT_RULES: dict[tuple[int, int], Question] = {
    (PLANNED, RELEASED): may_be_picked,
    (RELEASED, PICKED): has_committed,
    (PICKED, PACKED): has_picked,
    (PACKED, SHIPPED): is_on_a_manifest,
    (SHIPPED, DELIVERED): has_left,
    (SHIPPED, LOST): has_left,
    (LOST, RESENT): is_resent_by_the_house,
    (SHIPPED, RETURNED_TO_SENDER): has_left,
    (PLANNED, VOIDED): has_committed,
    (RELEASED, VOIDED): has_committed,
    (PICKED, VOIDED): has_picked,
    (PACKED, VOIDED): has_picked,
    (PACKED, READY): has_picked,
    (READY, SHIPPED): is_on_a_manifest,
    (READY, VOIDED): has_picked,
    (PICKED, SENT_TO_MERGE): is_merged_by_the_house,
    (PICKED, WAITS_TO_MERGE): is_merged_by_the_house,
    (SENT_TO_MERGE, WAITS_TO_MERGE): is_merged_by_the_house,
    (WAITS_TO_MERGE, PICKED): is_waited_for,
    (WAITS_TO_MERGE, MERGED): is_waited_for,
}

# Returns.


def its_parcel_arrived(site: Site, number: int) -> bool:
    """What it is of was delivered, or brought back by the carrier."""
    register = site.register
    shipment = register.pieces.shipment[register.returns.piece[number]]
    return register.shipments.state[shipment] in (DELIVERED, RETURNED_TO_SENDER)


def was_opened(site: Site, number: int) -> bool:
    """No inspector has it before them any more."""
    return number not in site.warehouses[site.register.returns.node[number]].inspect.jobs()


RETURN_RULES: dict[tuple[int, int], Question] = {
    (RETURN_REQUESTED, RETURN_RECEIVED): its_parcel_arrived,
    (RETURN_RECEIVED, REFUNDED): was_opened,
    (RETURN_REQUESTED, RETURN_LABELLED): its_parcel_arrived,
    (RETURN_REQUESTED, RETURN_REFUSED): its_parcel_arrived,
    (RETURN_REQUESTED, REFUNDED): its_parcel_arrived,
    (RETURN_REQUESTED, RETURN_LOST): its_parcel_arrived,
    (RETURN_LABELLED, RETURN_RECEIVED): its_parcel_arrived,
    (RETURN_LABELLED, RETURN_LOST): its_parcel_arrived,
    (RETURN_LOST, REFUNDED): its_parcel_arrived,
    (RETURN_RECEIVED, RETURN_REFUSED): was_opened,
    (RETURN_RECEIVED, DISPUTED): was_opened,
    (DISPUTED, REFUNDED): was_opened,
    (DISPUTED, RETURN_REFUSED): was_opened,
}

TABLES: dict[str, tuple[tuple[str, ...], tuple[Move, ...], dict[tuple[int, int], Question]]] = {
    "order": (ORDER_STATES, ORDER_MOVES, ORDER_RULES),
    "line": (LINE_STATES, LINE_MOVES, LINE_RULES),
    "shipment": (SHIPMENT_STATES, SHIPMENT_MOVES, SHIPMENT_RULES),
    "return": (RETURN_STATES, RETURN_MOVES, RETURN_RULES),
}
"""States, moves and entry rules of each table."""
