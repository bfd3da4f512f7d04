"""Where a usual order is sent from, and the shipments that are planned for it: what `Allocator` does."""

from __future__ import annotations

from typing import Any

from numba import njit

from sim.addresses import bytes_at, int_at, long_at, real_at, short_at, tiny_at
from sim.agents.orders.lane import columns as at
from sim.agents.orders.lane.stock import can_send_all, promise, tell_one
from sim.orders import LINE_REFUSED


@njit
def waits_for_wave(memory: Any, node: int) -> bool:
    """Whether what a node is asked for waits for a wave that is called, or for the message about it."""
    return bool(long_at(memory[at.NODE_WAVE_MS])[node] >= 0 or long_at(memory[at.NODE_TOLD_EVERY_MS])[node])


@njit
def messages(memory: Any, parts: int) -> int:
    """How many messages about shipments an order in so many parts takes."""
    part_node, told, messages = int_at(memory[at.PART_NODE]), long_at(memory[at.NODE_TOLD_EVERY_MS]), 0
    for part in range(parts):
        if told[part_node[part]] and (not part or part_node[part] != part_node[part - 1]):
            messages += 1
    return messages


@njit
def fits(memory: Any, values: Any, parts: int, lines: int) -> bool:
    """Whether tables and tapes of news have room for an order in so many parts of so many lines."""
    if (
        values[at.SHIPMENTS] + parts + 1 > values[at.SHIPMENT_ROOM]
        or values[at.PIECES] + parts + lines > values[at.PIECE_ROOM]
    ):
        return False
    counters = long_at(memory[at.NEWS_COUNTERS])
    for pool in range(values[at.POOLS]):
        if counters[pool]:
            counter = long_at(counters[pool])
            if counter[0] + parts + lines > counter[1]:
                return False
    return True


@njit
def divide(memory: Any, nodes: int, place: int, first: int, last: int) -> int:
    """`serve_in_sequence`: how many pieces the order comes in, and in `PART_NODE` and so on which; 0 if something
    remains, or if a node is among them whose wave is not called."""
    product, units = int_at(memory[at.LINE_PRODUCT]), int_at(memory[at.LINE_UNITS])
    part_node, part_line, part_units = (
        int_at(memory[at.PART_NODE]),
        int_at(memory[at.PART_LINE]),
        int_at(memory[at.PART_UNITS]),
    )
    ranked, is_open = short_at(memory[at.RANKED]), bytes_at(memory[at.NODE_OPEN])
    parts, wanted, state = 0, 0, bytes_at(memory[at.LINE_STATE])
    for line in range(first, last):
        if state[line] != LINE_REFUSED:
            wanted += units[line]
    for rank in range(nodes):
        node = ranked[place + rank]
        if node < 0:
            break
        if not is_open[node]:
            continue
        row = long_at(long_at(memory[at.AVAILABLE])[node])
        for line in range(first, last):
            left = 0 if state[line] == LINE_REFUSED else units[line]
            for part in range(parts):
                if part_line[part] == line:
                    left -= part_units[part]
            given = min(left, row[product[line]])
            if given > 0:
                if parts == at.PARTS or not waits_for_wave(memory, node):
                    return 0
                part_node[parts], part_line[parts], part_units[parts] = node, line, given
                parts += 1
                wanted -= given
        if not wanted:
            return parts
    return 0


@njit
def send_parts(memory: Any, values: Any, order: int, channel: int, parts: int, first: int, last: int) -> None:
    """`Inventory.reserve`, then for each node `Inventory.commit` and `Allocator.plan`."""
    product = int_at(memory[at.LINE_PRODUCT])
    part_node, part_line, part_units = (
        int_at(memory[at.PART_NODE]),
        int_at(memory[at.PART_LINE]),
        int_at(memory[at.PART_UNITS]),
    )
    now_ms, pools = values[at.NOW], values[at.POOLS]
    own_pool = long_at(memory[at.CHANNEL_POOL])[channel]
    touched, belongs = bytes_at(memory[at.POOL_TOUCHED]), bytes_at(memory[at.NODE_POOLS])
    promise(memory, channel, pools, first, last, now_ms)
    previous, begin = -1, 0
    while begin < parts:
        node, end = part_node[begin], begin
        available = long_at(long_at(memory[at.AVAILABLE])[node])
        committed = long_at(long_at(memory[at.COMMITTED])[node])
        while end < parts and part_node[end] == node:
            row = product[part_line[end]]
            available[row] -= part_units[end]
            committed[row] += part_units[end]
            for pool in range(pools):
                if touched[own_pool * pools + pool] and not belongs[node * pools + pool]:
                    long_at(long_at(memory[at.POOL_ATS])[pool])[row] += part_units[end]
                    if long_at(memory[at.NEWS_COUNTERS])[pool]:
                        tell_one(memory, pool, row, part_units[end], now_ms)
            end += 1
        shipment = values[at.SHIPMENTS]
        plan(memory, values, order, node, begin, end, now_ms)
        if previous >= 0:
            int_at(memory[at.SHIPMENT_PREVIOUS])[shipment] = previous
        short_at(memory[at.ORDER_PENDING])[order] += at.OF_A_SHIPMENT
        previous, begin = shipment, end


@njit
def plan(memory: Any, values: Any, order: int, node: int, begin: int, end: int, now_ms: int) -> None:
    """`Allocator.plan`: write the shipment that these parts are, and its pieces."""
    shipment, piece = values[at.SHIPMENTS], values[at.PIECES]
    part_line, part_units = int_at(memory[at.PART_LINE]), int_at(memory[at.PART_UNITS])
    product, product_weight = int_at(memory[at.LINE_PRODUCT]), real_at(memory[at.PRODUCT_WEIGHT])
    piece_line, piece_shipment = int_at(memory[at.PIECE_LINE]), int_at(memory[at.PIECE_SHIPMENT])
    piece_product, piece_units = int_at(memory[at.PIECE_PRODUCT]), int_at(memory[at.PIECE_UNITS])
    weight = 0.0
    for part in range(begin, end):
        line = part_line[part]
        weight += part_units[part] * product_weight[product[line]]
        piece_line[piece] = line
        piece_shipment[piece] = shipment
        piece_product[piece] = product[line]
        piece_units[piece] = part_units[part]
        piece += 1
    int_at(memory[at.SHIPMENT_ORDER])[shipment] = order
    short_at(memory[at.SHIPMENT_NODE])[shipment] = node
    int_at(memory[at.SHIPMENT_FIRST_PIECE])[shipment + 1] = piece
    long_at(memory[at.SHIPMENT_PLANNED_MS])[shipment] = now_ms
    real_at(memory[at.SHIPMENT_WEIGHT])[shipment] = weight
    tiny_at(memory[at.SHIPMENT_POLICY])[shipment] = values[at.POLICY]
    int_at(memory[at.ORDER_LAST_SHIPMENT])[order] = shipment
    values[at.SHIPMENTS], values[at.PIECES] = shipment + 1, piece
    told_every_ms = long_at(memory[at.NODE_TOLD_EVERY_MS])[node]
    if told_every_ms:  # no order comes before the message leaves
        leaves_ms = -(-now_ms // told_every_ms) * told_every_ms
        values[at.UNTIL_MS] = min(values[at.UNTIL_MS], leaves_ms - 1)


@njit
def whole_parts(memory: Any, first: int, last: int) -> int:
    """One part a line that is not refused: the order goes as it is. How many there are."""
    units, state, parts = int_at(memory[at.LINE_UNITS]), bytes_at(memory[at.LINE_STATE]), 0
    part_line, part_units = int_at(memory[at.PART_LINE]), int_at(memory[at.PART_UNITS])
    for line in range(first, last):
        if state[line] != LINE_REFUSED:
            part_line[parts], part_units[parts] = line, units[line]
            parts += 1
    return parts


@njit
def choose(memory: Any, nodes: int, place: int, first: int, last: int) -> Any:
    """The first node in a ranking that can send all, and the second; -1 for none."""
    ranked, chosen = short_at(memory[at.RANKED]), -1
    for rank in range(nodes):
        node = int(ranked[place + rank])
        if node < 0:
            break
        if can_send_all(memory, node, first, last):
            if chosen >= 0:
                return chosen, node
            chosen = node
    return chosen, -1


@njit
def note_runner_up(memory: Any, values: Any, order: int, chosen: int, runner_up: int) -> None:
    """Of the shipment that was planned last: which node came second, and by how much."""
    if runner_up >= 0:
        shipment = values[at.SHIPMENTS] - 1
        short_at(memory[at.SHIPMENT_RUNNER_UP])[shipment] = runner_up
        typical, row = real_at(memory[at.TYPICAL_CENTS]), int_at(memory[at.ORDER_REGION])[order] * values[at.NODES]
        real_at(memory[at.SHIPMENT_GAP])[shipment] = typical[row + runner_up] - typical[row + chosen]


@njit
def whole_from(memory: Any, node: int, first: int, last: int) -> int:
    """One part a line, all from one node; how many, or 0 if its wave is not called."""
    if not waits_for_wave(memory, node):
        return 0
    parts, part_node = whole_parts(memory, first, last), int_at(memory[at.PART_NODE])
    for part in range(parts):
        part_node[part] = node
    return int(parts)
