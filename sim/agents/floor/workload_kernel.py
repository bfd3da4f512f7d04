"""What `sim.agents.floor.workload` says of a whole queue, shipment after shipment, in compiled code."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from sim.orders import PLANNED
from sim.units import HOUR_MS

NEVER = 1 << 62
"""When work is done that nobody does."""
SHIFTS_AHEAD = 200
"""How many shifts and pauses ahead it is looked for who will do it."""
UNKNOWN = -1


@njit
def _crew_hours(work_ms: float, people: float) -> float:
    if not people:
        return np.inf if work_ms > 0 else 0.0
    return work_ms / people / HOUR_MS


@njit
def _end(hours: float, now_ms: int, people: float, share: float, until_ms: Any, sizes: Any) -> int:
    """When so many hours of work for ``people`` are done by those who come in shifts; `UNKNOWN` where more shifts must
    be looked up to know."""
    if hours == 0:
        return now_ms
    left_ms = hours * people * HOUR_MS if math.isfinite(hours) else np.inf
    if not left_ms or not math.isfinite(left_ms) or not share:
        return NEVER
    moment = now_ms
    for shift in range(SHIFTS_AHEAD):
        if shift == len(until_ms):
            return UNKNOWN
        at_work = sizes[shift] * share
        span_ms = at_work * (until_ms[shift] - moment)
        if at_work and left_ms <= span_ms:
            return moment + math.ceil(left_ms / at_work)
        left_ms -= span_ms
        moment = until_ms[shift]
    return NEVER


@njit("int64[::1](int32[::1], uint8[::1])", cache=True)
def planned(shipments: Any, state: Any) -> Any:
    """Those of some shipments that no wave has released, and nobody has voided."""
    found, count = np.empty(len(shipments), dtype=np.int64), 0
    for shipment in shipments:
        if state[shipment] == PLANNED:
            found[count] = shipment
            count += 1
    return found[:count].copy()


@njit("int64(int32[::1], int64[::1])", cache=True)
def lines_in(first_piece: Any, shipments: Any) -> int:
    """How many lines some shipments have together."""
    count = 0
    for shipment in shipments:
        count += first_piece[shipment + 1] - first_piece[shipment]
    return count


@njit(
    "void(int32[::1], int64[::1], UniTuple(float64, 2), UniTuple(float64, 2), UniTuple(float64, 2), float64[::1],"
    "float64[::1])",
    cache=True,
)
def add_up(first_piece: Any, queue: Any, begun: Any, each_ms: Any, people: Any, pick: Any, pack: Any) -> None:
    """Fill in the (pick, pack) hours of work up to and with each shipment of a queue that stands behind ``begun``.

    Parameters
    ----------
    first_piece
        By shipment.
    each_ms, people
        (pick, pack): what a line or a parcel takes one of the crew, and how many there are.
    """
    picked, packed = begun
    pack_hours = _crew_hours(each_ms[1], people[1])
    for place in range(len(queue)):
        lines = first_piece[queue[place] + 1] - first_piece[queue[place]]
        picked += _crew_hours(lines * each_ms[0], people[0])
        packed += pack_hours
        pick[place], pack[place] = picked, packed


@njit(
    "boolean(float64[::1], float64[::1], UniTuple(float64, 2), UniTuple(float64, 2), int64, UniTuple(int64[::1], 2),"
    "UniTuple(int64[::1], 2), int64[::1])",
    cache=True,
)
def ends(pick: Any, pack: Any, people: Any, share: Any, now_ms: int, until_ms: Any, sizes: Any, done_ms: Any) -> bool:
    """Fill in when so many hours of work are done at both stations.

    Parameters
    ----------
    people, share
        (pick, pack): who the hours are meant for, and the share of the crews that is at work.
    until_ms, sizes
        (pick, pack): when each shift or pause from now on ends, and how many people work in it.

    Returns
    -------
    bool
        False where more shifts must be looked up.
    """
    for place in range(len(pick)):
        pick_ms = _end(pick[place], now_ms, people[0], share[0], until_ms[0], sizes[0])
        pack_ms = _end(pack[place], now_ms, people[1], share[1], until_ms[1], sizes[1])
        if pick_ms == UNKNOWN or pack_ms == UNKNOWN:
            return False
        done_ms[place] = max(pick_ms, pack_ms)
    return True
