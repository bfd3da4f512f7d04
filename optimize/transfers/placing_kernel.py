"""Which units go on which lane, product by product, at prices of a lane's weight: compiled code.

Units wanted are slots, filled by successive shortest paths: the next unit goes where it saves most, and to free it a
source may hand over slots to others, which hand over theirs, until one gives a unit of its own (Ahuja, Magnanti and
Orlin 1993, chapter 9). What a unit costs at each source at the end is the dual solution, which makes the bound.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from optimize.transfers.tables_kernel import Cells

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_NOTHING = 1e-9
_OWN = -1
_UNIT = 2.0**20
"""Values are in whole parts of a cent by it, so that sums and differences are exact. With rounding errors, slots that
are worth the same can be handed round in a circle for ever."""


def in_whole_parts(cells: Cells) -> Cells:
    """The same, of values whose sums are exact."""
    return cells._replace(value=np.round(cells.value * _UNIT) / _UNIT)


class _Work(NamedTuple):
    """One product's state, sources and cells that want it counted from 0.

    By source: units sent, what one more costs, the slot that would be freed for it and who would take that over; by two
    sources, what it costs that the second takes over a slot of the first, and which. By slot: which cell it is of, its
    worth from each source, who fills it. By cell: slots so far, worth of the next.
    """

    sent: Ints
    dist: Floats
    freed_slot: Ints
    freed_by: Ints
    hand_over: Floats
    handed_slot: Ints
    slot_to: Ints
    slot_by: Ints
    slot_worth: Floats
    got: Ints
    next_worth: Floats


@njit(cache=True, nogil=True)
def _work_space(sources: int, wants: int, slots: int) -> _Work:
    return _Work(
        np.empty(sources, np.int64),
        np.empty(sources),
        np.empty(sources, np.int64),
        np.empty(sources, np.int64),
        np.empty((sources, sources)),
        np.empty((sources, sources), np.int64),
        np.empty(slots + 1, np.int64),
        np.empty(slots + 1, np.int64),
        np.empty((slots + 1, sources)),
        np.empty(wants, np.int64),
        np.empty((wants, sources)),
    )


@njit(cache=True, nogil=True)
def place_units(
    gains: Cells,
    losses: Cells,
    lead: Ints,
    price: Floats,
    weight: Floats,
    begin: int,
    end: int,
    moves: Ints,
    load: Floats,
    unit: Floats,
    slot: Floats,
) -> tuple[int, float]:
    """The moves of products from ``begin`` to ``end`` that save most, less their weight's price; how many there
    are, and what any moves save at most.

    Parameters
    ----------
    gains, losses
        Where a product is wanted and can be spared.
    lead, price
        Lead class of each lane, and cents for a unit of weight on it, infinite where nothing runs, shape (nodes,
        nodes).
    weight
        By product, above zero.
    moves
        (cell that sends, cell that gets, units), written, shape (at least the units of these products' ``losses``, 3).
    load
        Weight by lane; written, shape (nodes, nodes).
    unit, slot
        What a unit of each cell of ``losses`` and each slot of ``gains`` is worth; written, shapes (cells,) and
        (slots,).
    """
    load[:] = 0.0
    count, most = 0, 0.0
    work = _work_space(len(price), len(price), _largest(losses.at, losses.first))
    for product in range(begin, end):
        filled = _fill(gains, losses, lead, price, weight[product], product, work)
        most += _rents(gains, losses, lead, price, weight[product], product, work, unit, slot)
        kept = count
        for filled_slot in range(filled):
            source = losses.first[product] + work.slot_by[filled_slot]
            to = gains.first[product] + work.slot_to[filled_slot]
            load[losses.node[source], gains.node[to]] += weight[product]
            place = kept
            while place < count and (moves[place, 0] != source or moves[place, 1] != to):
                place += 1
            if place == count:
                moves[count, 0], moves[count, 1], moves[count, 2] = source, to, 0
                count += 1
            moves[place, 2] += 1
    return count, most


@njit(cache=True, nogil=True)
def _largest(at: Ints, first: Ints) -> int:
    """The most units of a product."""
    most = 0
    for product in range(len(first) - 1):
        most = max(most, at[first[product + 1]] - at[first[product]])
    return most


@njit(cache=True, nogil=True)
def _fill(gains: Cells, losses: Cells, lead: Ints, price: Floats, weight: float, product: int, work: _Work) -> int:
    """Fill slots of one product while that saves anything; how many."""
    wants = gains.first[product + 1] - gains.first[product]
    sources = losses.first[product + 1] - losses.first[product]
    work.sent[:] = 0
    work.got[:] = 0
    work.hand_over[:] = np.inf
    for to in range(wants):
        _look_at_next(gains, losses, lead, price, weight, product, to, work)
    filled = 0
    while True:
        _distances(losses, product, filled, False, work)
        best, by, to = _NOTHING, -1, -1
        for d in range(wants):
            for s in range(sources):
                saves = work.next_worth[d, s] - work.dist[s]
                if saves > best:
                    best, by, to = saves, s, d
        if by < 0:
            _distances(losses, product, filled, True, work)
            return filled
        work.slot_to[filled], work.slot_by[filled] = to, by
        work.slot_worth[filled, :sources] = work.next_worth[to, :sources]
        filled += 1
        work.got[to] += 1
        _look_at_next(gains, losses, lead, price, weight, product, to, work)
        _offer(filled - 1, sources, work)
        while work.freed_slot[by] != _OWN:
            slot, giver = work.freed_slot[by], work.freed_by[by]
            work.slot_by[slot] = giver
            _offer(slot, sources, work)
            _offer_anew(by, sources, filled, work)
            by = giver
        work.sent[by] += 1


@njit(cache=True, nogil=True)
def _offer(slot: int, sources: int, work: _Work) -> None:
    """Let others take a slot over from who fills it."""
    by, worth = work.slot_by[slot], work.slot_worth[slot]
    for s in range(sources):
        costs = worth[by] - worth[s]
        if s != by and costs < work.hand_over[by, s]:
            work.hand_over[by, s], work.handed_slot[by, s] = costs, slot


@njit(cache=True, nogil=True)
def _offer_anew(by: int, sources: int, filled: int, work: _Work) -> None:
    """Let others take over the slots of a source that has lost one."""
    work.hand_over[by, :sources] = np.inf
    for slot in range(filled):
        if work.slot_by[slot] == by:
            _offer(slot, sources, work)


@njit(cache=True, nogil=True)
def _look_at_next(
    gains: Cells, losses: Cells, lead: Ints, price: Floats, weight: float, product: int, to: int, work: _Work
) -> None:
    """What the next unit at a cell is worth from each source."""
    cell, begin = gains.first[product] + to, losses.first[product]
    k, j = gains.at[cell] + work.got[to], gains.node[cell]
    for s in range(losses.first[product + 1] - begin):
        if k < gains.at[cell + 1]:
            i = losses.node[begin + s]
            work.next_worth[to, s] = gains.value[lead[i, j], k] - np.floor(weight * price[i, j] * _UNIT) / _UNIT
        else:
            work.next_worth[to, s] = -np.inf


@njit(cache=True, nogil=True)
def _distances(losses: Cells, product: int, filled: int, may_empty: bool, work: _Work) -> None:
    """What one more unit costs at each source: its own next one, or a slot of its that another takes over (or, at the
    end, that is emptied)."""
    begin, dist = losses.first[product], work.dist
    sources = losses.first[product + 1] - begin
    for s in range(sources):
        m = losses.at[begin + s] + work.sent[s]
        dist[s] = losses.value[0, m] if m < losses.at[begin + s + 1] else np.inf
        work.freed_slot[s] = _OWN
    if may_empty:
        for slot in range(filled):
            by = work.slot_by[slot]
            dist[by] = min(dist[by], work.slot_worth[slot, by])
    changed = True
    while changed:
        changed = False
        for by in range(sources):
            for s in range(sources):
                costs = dist[s] + work.hand_over[by, s]
                if costs < dist[by] - _NOTHING:
                    dist[by], work.freed_slot[by], work.freed_by[by] = costs, work.handed_slot[by, s], s
                    changed = True


@njit(cache=True, nogil=True)
def _rents(
    gains: Cells,
    losses: Cells,
    lead: Ints,
    price: Floats,
    weight: float,
    product: int,
    work: _Work,
    unit: Floats,
    slot: Floats,
) -> float:
    """What moves of a product can save at most: what slots and units earn at the sources' final costs, whatever they
    are (weak duality)."""
    total = 0.0
    begin = losses.first[product]
    sources = losses.first[product + 1] - begin
    for s in range(sources):
        unit[begin + s] = work.dist[s]
        for m in range(losses.at[begin + s], losses.at[begin + s + 1]):
            if losses.value[0, m] >= work.dist[s]:
                break
            total += work.dist[s] - losses.value[0, m]
    for to in range(gains.first[product + 1] - gains.first[product]):
        work.got[to] = 0
        cell = gains.first[product] + to
        slot[gains.at[cell] : gains.at[cell + 1]] = 0.0
        for k in range(gains.at[cell], gains.at[cell + 1]):
            _look_at_next(gains, losses, lead, price, weight, product, to, work)
            best = 0.0
            for s in range(sources):
                best = max(best, work.next_worth[to, s] - work.dist[s])
            if best <= 0.0:
                break
            slot[k] = best
            total += best
            work.got[to] += 1
    return total


@njit(cache=True, nogil=True)
def heaviest_loads(gains: Cells, losses: Cells, weight: Floats, load: Floats) -> None:
    """The most that a lane can be asked to carry, whatever it costs, into ``load``, shape (nodes, nodes)."""
    load[:] = 0.0
    for product in range(len(weight)):
        for to in range(gains.first[product], gains.first[product + 1]):
            for source in range(losses.first[product], losses.first[product + 1]):
                units = min(gains.at[to + 1] - gains.at[to], losses.at[source + 1] - losses.at[source])
                load[losses.node[source], gains.node[to]] += units * weight[product]


@njit(cache=True, nogil=True)
def saved_by(gains: Cells, losses: Cells, lead: Ints, moves: Ints) -> float:
    """What moves save, less handling and what is missed where they come from; what arrives first is counted first."""
    classes = gains.value.shape[0]
    by_class = np.zeros((len(gains.node), classes), np.int64)
    sent = np.zeros(len(losses.node), np.int64)
    for move in range(len(moves)):
        source, to, units = moves[move]
        by_class[to, lead[losses.node[source], gains.node[to]]] += units
        sent[source] += units
    total = 0.0
    for to in range(len(gains.node)):
        k = gains.at[to]
        for one in range(classes):
            for _ in range(by_class[to, one]):
                total += gains.value[one, k]
                k += 1
    for source in range(len(losses.node)):
        for m in range(losses.at[source], losses.at[source] + sent[source]):
            total -= losses.value[0, m]
    return total


@njit(cache=True, nogil=True)
def fill_trucks(
    gains: Cells, losses: Cells, lead: Ints, weight: Floats, got: Ints, sent: Ints, room: Floats, moves: Ints
) -> int:
    """Send by the room that lanes have left, product by product and unit by unit what saves most; how many units.

    Parameters
    ----------
    got, sent
        Units by cell so far; added to.
    room
        Weight by lane; used up, shape (nodes, nodes).
    moves
        (cell that sends, cell that gets, 1), written, shape (at least the units of ``losses``, 3).
    """
    count = 0
    for product in range(len(weight)):
        while True:
            best, by, where = _NOTHING, -1, -1
            for source in range(losses.first[product], losses.first[product + 1]):
                m, i = losses.at[source] + sent[source], losses.node[source]
                if m >= losses.at[source + 1]:
                    continue
                for to in range(gains.first[product], gains.first[product + 1]):
                    k, j = gains.at[to] + got[to], gains.node[to]
                    if k < gains.at[to + 1] and room[i, j] >= weight[product]:
                        saves = gains.value[lead[i, j], k] - losses.value[0, m]
                        if saves > best:
                            best, by, where = saves, source, to
            if by < 0:
                break
            moves[count, 0], moves[count, 1], moves[count, 2] = by, where, 1
            count += 1
            sent[by] += 1
            got[where] += 1
            room[losses.node[by], gains.node[where]] -= weight[product]
    return count
