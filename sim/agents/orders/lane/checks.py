"""What is asked of an order on the fast lane, and what it pays: `Checks`, `Credit` and `Finance` for the usual case."""

from __future__ import annotations

from typing import Any

from numba import njit

from sim.addresses import bytes_at, int_at, long_at, tiny_at
from sim.agents.orders.lane import columns as at
from sim.agents.orders.lane.shipments import fits
from sim.orders import CAPTURED, LINE_REFUSED, OFFERED, OPEN

_HALF, _WHOLE = 5_000, 10_000


@njit
def _deposit(memory: Any, channel: int, first: int, last: int) -> int:
    """What a prepaid order pays in advance: `Finance.take_deposit`."""
    units, price = int_at(memory[at.LINE_UNITS]), long_at(memory[at.LINE_PRICE])
    tax_bp = long_at(memory[at.CHANNEL_TAX_BP])[channel]
    total, state = long_at(memory[at.CHANNEL_FEE])[channel], bytes_at(memory[at.LINE_STATE])
    for line in range(first, last):
        if state[line] == LINE_REFUSED:
            continue
        net = units[line] * price[line]
        total += net + (net * tax_bp + _HALF) // _WHOLE
    return total


@njit
def _net(memory: Any, first: int, last: int) -> int:
    units, price = int_at(memory[at.LINE_UNITS]), long_at(memory[at.LINE_PRICE])
    net = 0
    for line in range(first, last):
        net += units[line] * price[line]
    return net


@njit
def _passes(memory: Any, channel: int, order: int, first: int, last: int) -> bool:
    """`Intake._passes`: whether nobody has to approve, and `Credit.accept` would."""
    net = _net(memory, first, last)
    if net > long_at(memory[at.CHANNEL_APPROVAL_OVER])[channel]:
        return False
    exposure = long_at(memory[at.CHANNEL_EXPOSURE])[channel]
    if not exposure:
        return True
    account = int_at(memory[at.ORDER_ACCOUNT])[order]
    return bool(long_at(exposure)[account] + net <= long_at(memory[at.CHANNEL_CREDIT_LIMIT])[channel])


@njit
def accept(memory: Any, channel: int, order: int, first: int, last: int) -> None:
    """The order is as smooth as any other, and counts against its account's credit."""
    bytes_at(memory[at.ORDER_SMOOTH])[order] = at.STRAIGHT
    exposure = long_at(memory[at.CHANNEL_EXPOSURE])[channel]
    if exposure:
        bytes_at(memory[at.ORDER_ON_CREDIT])[order] = 1
        long_at(exposure)[int_at(memory[at.ORDER_ACCOUNT])[order]] += _net(memory, first, last)


@njit
def asks(memory: Any, order: int) -> bool:
    """Whether approval and credit are asked."""
    return bool(bytes_at(memory[at.ORDER_SMOOTH])[order] == at.CHECKED)


@njit
def is_usual(memory: Any, values: Any, order: int, channel: int, first: int, last: int) -> bool:
    """Whether nothing holds the order, nor its channel; what travels is not asked here."""
    if bytes_at(memory[at.CHANNEL_USUAL])[channel] == at.TRAVELS:
        return bool(bytes_at(memory[at.ORDER_STATE])[order] == OFFERED and last - first <= at.PARTS)
    is_asked, smooth = asks(memory, order), bytes_at(memory[at.ORDER_SMOOTH])[order]
    if not is_asked and smooth != at.STRAIGHT and smooth != at.DECLINED:
        return False
    if values[at.FOR_LATER] == at.MOST_FOR_LATER:
        return False
    if not bytes_at(memory[at.CHANNEL_USUAL])[channel] or bytes_at(memory[at.ORDER_STATE])[order] != OFFERED:
        return False
    if last - first > at.PARTS or not fits(memory, values, 1, last - first):
        return False
    return not is_asked or _passes(memory, channel, order, first, last)


@njit
def is_paid(memory: Any, values: Any, order: int, channel: int) -> bool:
    """Whether an order is paid in advance."""
    payment = channel * values[at.PAYMENTS] + tiny_at(memory[at.ORDER_PAYMENT])[order]
    return bool(bytes_at(memory[at.CHANNEL_PREPAID])[payment])


@njit
def pay(memory: Any, order: int, channel: int, first: int, last: int) -> bool:
    """`Finance.take_deposit`; False where there is nothing to pay."""
    deposit = _deposit(memory, channel, first, last)
    if deposit <= 0:
        return False
    long_at(memory[at.ORDER_DEPOSIT])[order] = deposit
    long_at(memory[at.ORDER_DEPOSIT_LEFT])[order] = deposit
    return True


@njit
def may_drop(memory: Any, values: Any, order: int, dropped: int) -> bool:
    """Whether nobody else asks about an order of which something was dropped, nor must the recorder write."""
    if not dropped:
        return True
    return bool(not values[at.HAS_RULES] and not asks(memory, order) and values[at.IDS] + dropped < values[at.IDS_ROOM])


@njit
def _is_whole(memory: Any, values: Any, channel: int, first: int, last: int) -> bool:
    """Whether all that was accepted of an order is wanted still, and there; no product is on two lines."""
    product, units, state = (
        int_at(memory[at.LINE_PRODUCT]),
        int_at(memory[at.LINE_UNITS]),
        bytes_at(memory[at.LINE_STATE]),
    )
    pool = long_at(memory[at.CHANNEL_POOL])[channel]
    open_units, ats = int_at(memory[at.LINE_OPEN_UNITS]), long_at(long_at(memory[at.POOL_ATS])[pool])
    everything = bytes_at(memory[at.CHANNEL_EVERYTHING])[channel]
    for line in range(first, last):
        if state[line] == LINE_REFUSED:
            if values[at.HAS_RULES]:  # which were asked of all that was offered
                return False
            continue
        if state[line] != OPEN or open_units[line] != units[line]:
            return False
        if not everything and ats[product[line]] < units[line]:
            return False
        for earlier in range(first, line):
            if product[earlier] == product[line]:
                return False
    return True


@njit
def may_enter(memory: Any, values: Any, order: int, channel: int, first: int, last: int) -> bool:
    """Whether nothing holds an order of which the house is told, so that it goes on by itself."""
    is_asked = asks(memory, order)
    if not is_asked and bytes_at(memory[at.ORDER_SMOOTH])[order] != at.STRAIGHT:
        return False
    if not bytes_at(memory[at.CHANNEL_ENTERS])[channel] or bytes_at(memory[at.ORDER_STATE])[order] != CAPTURED:
        return False
    if last - first > at.PARTS or not _is_whole(memory, values, channel, first, last):
        return False
    return not is_asked or _passes(memory, channel, order, first, last)
