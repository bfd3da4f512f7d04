"""Views, stock and news of it on the fast lane: what `Channel` and `Inventory` do with a usual order."""

from __future__ import annotations

from typing import Any

from numba import njit

from sim.addresses import bytes_at, int_at, long_at, short_at
from sim.agents.orders.lane import columns as at
from sim.orders import LINE_OFFERED, LINE_REFUSED


@njit
def hear(memory: Any, channel: int, pool: int, now_ms: int) -> None:
    """`Channel._hear` of a channel that shows all it knows of and misses no message."""
    cursor = long_at(long_at(memory[at.CHANNEL_CURSOR])[channel])
    told_until = now_ms - long_at(memory[at.CHANNEL_LATENCY_MS])[channel]
    count = long_at(long_at(memory[at.NEWS_COUNTERS])[pool])[0]
    at_ms = long_at(long_at(memory[at.NEWS_AT_MS])[pool])
    seller = short_at(long_at(memory[at.NEWS_SELLER])[pool])
    product = int_at(long_at(memory[at.NEWS_PRODUCT])[pool])
    units = int_at(long_at(memory[at.NEWS_UNITS])[pool])
    view = long_at(long_at(memory[at.CHANNEL_VIEW])[channel])
    entry = cursor[0]
    while entry < count and at_ms[entry] <= told_until:
        if seller[entry] != channel:
            view[product[entry]] += units[entry]
        entry += 1
    cursor[0] = entry


@njit
def drop(memory: Any, channel: int, pool: int, first: int, last: int) -> int:
    """How many lines the view does not show; they are refused, as by `Channel._without`.

    Returns
    -------
    int
        -1 where it is not as simple: a product is on two lines, or oversold, or the channel has something else in mind.
    """
    product, units = int_at(memory[at.LINE_PRODUCT]), int_at(memory[at.LINE_UNITS])
    for line in range(first + 1, last):
        for earlier in range(first, line):
            if product[earlier] == product[line]:
                return -1
    if bytes_at(memory[at.CHANNEL_EVERYTHING])[channel]:
        return 0
    view = long_at(long_at(memory[at.CHANNEL_VIEW])[channel])
    ats = long_at(long_at(memory[at.POOL_ATS])[pool])
    dropped = 0
    for line in range(first, last):
        if view[product[line]] < units[line]:
            dropped += 1
        elif ats[product[line]] < units[line]:
            return -1
    if not dropped:
        return 0
    drops, state = bytes_at(memory[at.CHANNEL_DROPS])[channel], bytes_at(memory[at.LINE_STATE])
    if drops == at.NO_LINE:
        return -1
    for line in range(first, last):
        if drops == at.THE_ORDER or view[product[line]] < units[line]:
            state[line] = LINE_REFUSED
    return last - first if drops == at.THE_ORDER else dropped


@njit
def take_back(memory: Any, first: int, last: int) -> None:
    """Somebody else takes the order from the beginning: no line is refused."""
    state = bytes_at(memory[at.LINE_STATE])
    for line in range(first, last):
        state[line] = LINE_OFFERED


@njit
def can_send_all(memory: Any, node: int, first: int, last: int) -> bool:
    """Whether a node is open and has every line that is not refused."""
    product, units = int_at(memory[at.LINE_PRODUCT]), int_at(memory[at.LINE_UNITS])
    row, state = long_at(long_at(memory[at.AVAILABLE])[node]), bytes_at(memory[at.LINE_STATE])
    for line in range(first, last):
        if state[line] != LINE_REFUSED and row[product[line]] < units[line]:
            return False
    return bool(bytes_at(memory[at.NODE_OPEN])[node])


@njit
def _take_off(memory: Any, column: Any, first: int, last: int) -> None:
    """Units of every line that is not refused, off a column by product."""
    product, units, state = (
        int_at(memory[at.LINE_PRODUCT]),
        int_at(memory[at.LINE_UNITS]),
        bytes_at(memory[at.LINE_STATE]),
    )
    for line in range(first, last):
        if state[line] != LINE_REFUSED:
            column[product[line]] -= units[line]


@njit
def promise(memory: Any, channel: int, pools: int, first: int, last: int, now_ms: int) -> None:
    """`Inventory.reserve`, but for the units that are noted as reserved."""
    own_pool, touched = long_at(memory[at.CHANNEL_POOL])[channel], bytes_at(memory[at.POOL_TOUCHED])
    for pool in range(pools):
        if touched[own_pool * pools + pool]:
            _take_off(memory, long_at(long_at(memory[at.POOL_ATS])[pool]), first, last)
            if long_at(memory[at.NEWS_COUNTERS])[pool] and long_at(memory[at.NEWS_ONLY_READER])[pool] != channel:
                _tell(memory, channel, pool, first, last, now_ms)


@njit
def tell_one(memory: Any, pool: int, product: int, units: int, now_ms: int) -> None:
    """`StockNews.tell` of one product of which there is more."""
    counters = long_at(long_at(memory[at.NEWS_COUNTERS])[pool])
    entry = counters[0]
    bytes_at(long_at(memory[at.NEWS_BEGINS])[pool])[entry] = 1
    long_at(long_at(memory[at.NEWS_AT_MS])[pool])[entry] = now_ms
    short_at(long_at(memory[at.NEWS_SELLER])[pool])[entry] = -1
    int_at(long_at(memory[at.NEWS_PRODUCT])[pool])[entry] = product
    int_at(long_at(memory[at.NEWS_UNITS])[pool])[entry] = units
    counters[0] = entry + 1


@njit
def sell(memory: Any, channel: int, node: int, pools: int, first: int, last: int, now_ms: int) -> None:
    """`Inventory.sell`."""
    product, units, state = (
        int_at(memory[at.LINE_PRODUCT]),
        int_at(memory[at.LINE_UNITS]),
        bytes_at(memory[at.LINE_STATE]),
    )
    available = long_at(long_at(memory[at.AVAILABLE])[node])
    committed = long_at(long_at(memory[at.COMMITTED])[node])
    for line in range(first, last):
        if state[line] != LINE_REFUSED:
            available[product[line]] -= units[line]
            committed[product[line]] += units[line]
    belongs = bytes_at(memory[at.NODE_POOLS])
    for pool in range(pools):
        if not belongs[node * pools + pool]:
            continue
        _take_off(memory, long_at(long_at(memory[at.POOL_ATS])[pool]), first, last)
        if long_at(memory[at.NEWS_COUNTERS])[pool] and long_at(memory[at.NEWS_ONLY_READER])[pool] != channel:
            _tell(memory, channel, pool, first, last, now_ms)


@njit
def sold(memory: Any, channel: int, first: int, last: int) -> None:
    """`Channel.sold`, where nothing is oversold."""
    if bytes_at(memory[at.CHANNEL_KEEPS_VIEW])[channel]:
        _take_off(memory, long_at(long_at(memory[at.CHANNEL_VIEW])[channel]), first, last)


@njit
def _tell(memory: Any, channel: int, pool: int, first: int, last: int, now_ms: int) -> None:
    """`StockNews.tell`."""
    product, units, state = (
        int_at(memory[at.LINE_PRODUCT]),
        int_at(memory[at.LINE_UNITS]),
        bytes_at(memory[at.LINE_STATE]),
    )
    counters = long_at(long_at(memory[at.NEWS_COUNTERS])[pool])
    at_ms = long_at(long_at(memory[at.NEWS_AT_MS])[pool])
    seller = short_at(long_at(memory[at.NEWS_SELLER])[pool])
    told_product = int_at(long_at(memory[at.NEWS_PRODUCT])[pool])
    told_units = int_at(long_at(memory[at.NEWS_UNITS])[pool])
    entry = counters[0]
    bytes_at(long_at(memory[at.NEWS_BEGINS])[pool])[entry] = 1
    for line in range(first, last):
        if state[line] == LINE_REFUSED:
            continue
        at_ms[entry] = now_ms
        seller[entry] = channel
        told_product[entry] = product[line]
        told_units[entry] = -units[line]
        entry += 1
    counters[0] = entry
