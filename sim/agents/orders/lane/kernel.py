"""The usual order in compiled code: what `Channel.offer`, `Intake.take` and `Channel.sold` do with it.

It reads and writes the same columns as they do, by address (`sim.agents.orders.lane.columns`). Whoever calls sees to it
that the addresses are those of columns that cannot move meanwhile (`sim.agents.orders.lane.fast_lane`).

An order is left alone, and the caller told, as soon as anything about it is not usual. So each rule stands in Python,
in the agent that it belongs to, and here only for the case in which it lets the order pass.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from sim.addresses import bytes_at, int_at, long_at, short_at, tiny_at
from sim.agents.orders.lane import columns as at
from sim.agents.orders.lane.carts import pop_first, push
from sim.agents.orders.lane.checks import accept, asks, is_paid, is_usual, may_drop, may_enter, pay
from sim.agents.orders.lane.shipments import (
    choose,
    divide,
    fits,
    messages,
    note_runner_up,
    plan,
    send_parts,
    waits_for_wave,
    whole_from,
    whole_parts,
)
from sim.agents.orders.lane.stock import drop, hear, promise, sell, sold, take_back
from sim.books.log import ENTERED, TOLD
from sim.orders import ABANDONED, ALLOCATED, CAPTURED, HELD, LINE_REFUSED, OPEN, REFUSED, VALIDATED


@njit
def _capture(memory: Any, order: int, first: int, last: int, dropped: int) -> None:
    """`Intake._capture`."""
    units, state, open_units = (
        int_at(memory[at.LINE_UNITS]),
        bytes_at(memory[at.LINE_STATE]),
        int_at(memory[at.LINE_OPEN_UNITS]),
    )
    for line in range(first, last):
        if state[line] != LINE_REFUSED:
            open_units[line], state[line] = units[line], OPEN
    short_at(memory[at.ORDER_PENDING])[order] = last - first - dropped
    bytes_at(memory[at.ORDER_STATE])[order] = CAPTURED


@njit
def _decline(memory: Any, values: Any, order: int, channel: int, first: int, last: int, dropped: int) -> bool:
    """`Inventory.reserve`, `Intake._capture` and `Holds.hold`; False where the recorder may have to write meanwhile."""
    ids = last - first + 1
    if values[at.IDS] + ids >= values[at.IDS_ROOM]:
        return False
    promise(memory, channel, values[at.POOLS], first, last, values[at.NOW])
    reserved = long_at(long_at(memory[at.POOL_RESERVED])[long_at(memory[at.CHANNEL_POOL])[channel]])
    product, units, state = (
        int_at(memory[at.LINE_PRODUCT]),
        int_at(memory[at.LINE_UNITS]),
        bytes_at(memory[at.LINE_STATE]),
    )
    for line in range(first, last):
        if state[line] != LINE_REFUSED:
            reserved[product[line]] += units[line]
    sold(memory, channel, first, last)
    _capture(memory, order, first, last, dropped)
    bytes_at(memory[at.ORDER_STATE])[order] = HELD
    bytes_at(memory[at.ORDER_SMOOTH])[order] = 0
    values[at.IDS] += ids
    return True


@njit
def _look_later(memory: Any, values: Any, order: int, channel: int) -> None:
    """What there is to do later about an order that was taken, before which no other may come."""
    cancel_ms, wait_ms = long_at(memory[at.ORDER_CANCEL_MS])[order], values[at.UNTIL_MS]
    is_held = bytes_at(memory[at.ORDER_STATE])[order] == HELD
    if not is_held and cancel_ms < 0:
        return
    int_at(memory[at.LATER])[values[at.FOR_LATER]] = order
    long_at(memory[at.LATER_MS])[values[at.FOR_LATER]] = values[at.NOW]
    values[at.FOR_LATER] += 1
    if cancel_ms >= 0:
        wait_ms = cancel_ms
    if is_held:
        payment = channel * values[at.PAYMENTS] + tiny_at(memory[at.ORDER_PAYMENT])[order]
        wait_ms = min(wait_ms, long_at(memory[at.DECLINED_UNTIL_MS])[payment])
    values[at.UNTIL_MS] = min(values[at.UNTIL_MS], values[at.NOW] + wait_ms)


@njit
def _take(memory: Any, values: Any, order: int, channel: int, first: int, last: int, dropped: int) -> bool:
    """`Intake._go_straight` and `_go_divided`; False where somebody else must take the order."""
    if bytes_at(memory[at.ORDER_SMOOTH])[order] == at.DECLINED:
        return bool(_decline(memory, values, order, channel, first, last, dropped))
    nodes = values[at.NODES]
    place = (channel * values[at.REGIONS] + int_at(memory[at.ORDER_REGION])[order]) * nodes
    chosen, runner_up = choose(memory, nodes, place, first, last)
    paid = is_paid(memory, values, order, channel)
    ids, parts = 2 + paid + dropped, 0
    if chosen < 0:
        parts = divide(memory, nodes, place, first, last)
        ids = 1 + paid + (last - first) + parts + messages(memory, parts)
        # The recorder may have to write between the facts of such an order.
        if not parts or values[at.IDS] + ids >= values[at.IDS_ROOM] or not fits(memory, values, parts, last - first):
            return False
    elif not waits_for_wave(memory, chosen):
        return False
    if paid and not pay(memory, order, channel, first, last):
        return False

    if asks(memory, order):
        accept(memory, channel, order, first, last)
    bytes_at(memory[at.ORDER_STATE])[order] = VALIDATED
    if chosen < 0:
        send_parts(memory, values, order, channel, parts, first, last)
    else:
        now_ms = values[at.NOW]
        ids += long_at(memory[at.NODE_TOLD_EVERY_MS])[chosen] > 0
        sell(memory, channel, chosen, values[at.POOLS], first, last, now_ms)
        short_at(memory[at.ORDER_PENDING])[order] = at.OF_A_SHIPMENT
        plan(memory, values, order, chosen, 0, whole_parts(memory, first, last), now_ms)
        note_runner_up(memory, values, order, chosen, runner_up)
    sold(memory, channel, first, last)
    line_state = bytes_at(memory[at.LINE_STATE])
    for line in range(first, last):
        if line_state[line] != LINE_REFUSED:
            line_state[line] = ALLOCATED
    values[at.IDS] += ids
    return True


@njit
def _meet(memory: Any, values: Any, order: int, channel: int) -> bool:
    """An order at the till, at ``NOW``; False, and nothing has happened, where somebody else must take it."""
    first_line = int_at(memory[at.ORDER_FIRST_LINE])
    first, last = first_line[order], first_line[order + 1]
    if not is_usual(memory, values, order, channel, first, last):
        return False
    pool = long_at(memory[at.CHANNEL_POOL])[channel]
    if long_at(memory[at.CHANNEL_CURSOR])[channel]:
        hear(memory, channel, pool, values[at.NOW])
    dropped = drop(memory, channel, pool, first, last)
    if dropped < 0:
        return False
    if not may_drop(memory, values, order, dropped):
        take_back(memory, first, last)
        return False
    if dropped == last - first:
        bytes_at(memory[at.ORDER_STATE])[order] = REFUSED
        values[at.IDS] += dropped
    elif bytes_at(memory[at.CHANNEL_USUAL])[channel] == at.TRAVELS:
        return bool(_tell_house(memory, values, order, channel, first, last, dropped))
    elif not _take(memory, values, order, channel, first, last, dropped):
        if dropped:
            take_back(memory, first, last)
        return False
    else:
        _look_later(memory, values, order, channel)
    return True


@njit
def _tell_house(memory: Any, values: Any, order: int, channel: int, first: int, last: int, dropped: int) -> bool:
    """An order is captured, and a message about it leaves; before that, no other order comes."""
    ids = last - first + 1
    if values[at.IDS] + ids >= values[at.IDS_ROOM]:
        if dropped:
            take_back(memory, first, last)
        return False
    sold(memory, channel, first, last)
    _capture(memory, order, first, last, dropped)
    every_ms = long_at(memory[at.CHANNEL_TOLD_EVERY_MS])[channel]
    leaves_ms = -(-values[at.NOW] // every_ms) * every_ms
    values[at.UNTIL_MS] = min(values[at.UNTIL_MS], leaves_ms - 1)
    values[at.IDS] += ids
    return True


@njit
def _fill(memory: Any, values: Any, order: int, channel: int) -> bool:
    """`Carts.fill`, where the view shows all that is wanted and nothing is reserved; else False."""
    first_line = int_at(memory[at.ORDER_FIRST_LINE])
    first, last = first_line[order], first_line[order + 1]
    pool = long_at(memory[at.CHANNEL_POOL])[channel]
    if long_at(memory[at.CHANNEL_CURSOR])[channel]:
        hear(memory, channel, pool, values[at.NOW])
    dropped = drop(memory, channel, pool, first, last)
    if dropped:
        take_back(memory, first, last)
        return False
    push(memory, values, order)
    return True


@njit
def _note(memory: Any, values: Any, done: int) -> None:
    """What was done leaves facts."""
    if values[at.KEEPS_DONE]:
        int_at(memory[at.DONE])[values[at.DONE_SO_FAR]] = done
        values[at.DONE_SO_FAR] += 1


@njit
def _arrive(memory: Any, values: Any, order: int) -> bool:
    """A customer comes; False where somebody else must meet them."""
    channel = short_at(memory[at.ORDER_CHANNEL])[order]
    if bytes_at(memory[at.CHANNEL_USUAL])[channel] == at.CARTED:
        return bool(_fill(memory, values, order, channel))
    if not _meet(memory, values, order, channel):
        return False
    travels = (
        bytes_at(memory[at.CHANNEL_USUAL])[channel] == at.TRAVELS
        and bytes_at(memory[at.ORDER_STATE])[order] == CAPTURED
    )
    values[at.TOLD_SO_FAR] += travels
    _note(memory, values, order + TOLD if travels else order)
    return True


@njit
def _abandon(memory: Any, values: Any, order: int) -> None:
    """`Carts._abandon`, of a cart that has reserved nothing."""
    first_line, state = int_at(memory[at.ORDER_FIRST_LINE]), bytes_at(memory[at.LINE_STATE])
    for line in range(first_line[order], first_line[order + 1]):
        state[line] = LINE_REFUSED
    bytes_at(memory[at.ORDER_STATE])[order] = ABANDONED
    values[at.IDS] += 1


@njit
def _check_out(memory: Any, values: Any, order: int) -> bool:
    """`Carts.check_out`; False where somebody else must see to it."""
    channel = short_at(memory[at.ORDER_CHANNEL])[order]
    if bytes_at(memory[at.ORDER_LEAVES_CART])[order]:
        _abandon(memory, values, order)
    elif values[at.NOW] > values[at.UNSEEN_UNTIL_MS] or not _meet(memory, values, order, channel):
        return False
    _note(memory, values, ~order)
    pop_first(memory, values)
    return True


@njit("int64(int64, int64)", cache=True)
def admit(memory_at: int, values_at: int) -> int:
    """Take arrivals from order ``values[at.NEXT]`` on, and carts as they come to the till, until ``UNTIL_MS`` (carts:
    ``TILLS_UNTIL_MS``), as long as nothing is odd.

    Returns
    -------
    int
        `ODD_ARRIVAL` where the order at ``NEXT`` needs somebody's attention, `ODD_CART` where the first cart does, else
        `NOTHING_ODD`: time, or all there is, is up.
    """
    memory, values = long_at(memory_at), long_at(values_at)
    at_ms_of, order, done_ms = long_at(memory[at.ORDER_AT_MS]), values[at.NEXT], -1
    values[at.IDS] = values[at.FOR_LATER] = values[at.DONE_SO_FAR] = values[at.TOLD_SO_FAR] = 0
    odd = at.NOTHING_ODD
    while values[at.DONE_SO_FAR] < at.MOST_DONE:
        till_ms = values[at.NEXT_TILL_MS]
        if till_ms < (at_ms_of[order] if order < values[at.STOP] else at.NEVER):
            if till_ms > min(values[at.UNTIL_MS], values[at.TILLS_UNTIL_MS]):
                break
            values[at.NOW] = till_ms
            if not _check_out(memory, values, int_at(memory[at.CARTS])[0]):
                odd = at.ODD_CART
                break
        else:
            if order >= values[at.STOP] or at_ms_of[order] > values[at.UNTIL_MS]:
                break
            values[at.NOW] = at_ms_of[order]
            if not _arrive(memory, values, order):
                odd = at.ODD_ARRIVAL
                break
            order += 1
        done_ms = values[at.NOW]
    values[at.NEXT], values[at.NOW] = order, done_ms
    return odd


@njit
def _enter(memory: Any, values: Any, order: int) -> bool:
    """`RemoteIntake.enter`; False, and nothing has happened, where somebody else must see to it."""
    channel, first_line = short_at(memory[at.ORDER_CHANNEL])[order], int_at(memory[at.ORDER_FIRST_LINE])
    first, last, nodes = first_line[order], first_line[order + 1], values[at.NODES]
    if not may_enter(memory, values, order, channel, first, last):
        return False
    place = (channel * values[at.REGIONS] + int_at(memory[at.ORDER_REGION])[order]) * nodes
    chosen, runner_up = choose(memory, nodes, place, first, last)
    parts = divide(memory, nodes, place, first, last) if chosen < 0 else whole_from(memory, chosen, first, last)
    paid = is_paid(memory, values, order, channel)
    ids = 1 + paid + parts + messages(memory, parts)
    if not parts or values[at.IDS] + ids >= values[at.IDS_ROOM] or not fits(memory, values, parts, last - first):
        return False
    if paid and not pay(memory, order, channel, first, last):
        return False
    if asks(memory, order):
        accept(memory, channel, order, first, last)
    bytes_at(memory[at.ORDER_STATE])[order] = VALIDATED
    short_at(memory[at.ORDER_PENDING])[order] = 0
    send_parts(memory, values, order, channel, parts, first, last)
    if chosen >= 0:
        note_runner_up(memory, values, order, chosen, runner_up)
    state, open_units = bytes_at(memory[at.LINE_STATE]), int_at(memory[at.LINE_OPEN_UNITS])
    for line in range(first, last):
        if state[line] != LINE_REFUSED:
            state[line], open_units[line] = ALLOCATED, 0
    values[at.IDS] += ids
    return True


@njit("int64(int64, int64)", cache=True)
def enter(memory_at: int, values_at: int) -> int:
    """Enter orders of which the house is told at ``NOW``: in `DONE`, up to ``STOP``. How many, before one is odd."""
    memory, values = long_at(memory_at), long_at(values_at)
    entering = int_at(memory[at.DONE])
    values[at.IDS] = entered = 0
    while entered < values[at.STOP]:
        order = entering[entered]
        if not _enter(memory, values, order):
            break
        entering[entered] = order + ENTERED
        entered += 1
    return int(entered)
