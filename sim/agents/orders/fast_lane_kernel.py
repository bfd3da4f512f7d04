"""The usual order in compiled code: what `Channel.offer`, `Intake.take` and `Channel.sold` do with it.

It reads and writes the same columns as they do, by address: ``memory`` holds one address for each of the names below.
An address of a table (``[node]``, ``[channel]``, ...) leads to one number or address for each of them. Whoever calls
sees to it that the addresses are those of columns that cannot move meanwhile (`sim.agents.orders.fast_lane`).

An order is left alone, and the caller told, as soon as anything about it is not usual. So each rule stands in Python,
in the agent that it belongs to, and here only for the case in which it lets the order pass.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from sim.addresses import bytes_at, int_at, long_at, real_at, short_at, tiny_at
from sim.books.log import ENTERED, TOLD
from sim.orders import ALLOCATED, CAPTURED, HELD, LINE_OFFERED, LINE_REFUSED, OFFERED, OPEN, REFUSED, VALIDATED

# Columns, by order, line, shipment, piece.
(
    ORDER_AT_MS,
    ORDER_CHANNEL,
    ORDER_REGION,
    ORDER_PAYMENT,
    ORDER_FIRST_LINE,
    ORDER_SMOOTH,
    ORDER_STATE,
    ORDER_PENDING,
    ORDER_LAST_SHIPMENT,
    ORDER_DEPOSIT,
    ORDER_DEPOSIT_LEFT,
    ORDER_ACCOUNT,
    ORDER_ON_CREDIT,
    ORDER_CANCEL_MS,
    ORDER_CHECKOUT_MS,
    LINE_PRODUCT,
    LINE_UNITS,
    LINE_PRICE,
    LINE_STATE,
    LINE_OPEN_UNITS,
    SHIPMENT_ORDER,
    SHIPMENT_PREVIOUS,
    SHIPMENT_NODE,
    SHIPMENT_FIRST_PIECE,
    SHIPMENT_PLANNED_MS,
    SHIPMENT_WEIGHT,
    SHIPMENT_POLICY,
    SHIPMENT_RUNNER_UP,
    SHIPMENT_GAP,
    PIECE_LINE,
    PIECE_SHIPMENT,
    PIECE_PRODUCT,
    PIECE_UNITS,
    # By node: rows of stock, whether it is open, when its wave is due, how often it is told what to release (0: it
    # knows at once), which pools it belongs to.
    AVAILABLE,
    COMMITTED,
    NODE_OPEN,
    NODE_WAVE_MS,
    NODE_TOLD_EVERY_MS,
    NODE_POOLS,
    # By pool: available to sell, promised without a node, the columns and counters of its news, its only reader.
    POOL_ATS,
    POOL_RESERVED,
    POOL_TOUCHED,
    NEWS_AT_MS,
    NEWS_SELLER,
    NEWS_PRODUCT,
    NEWS_UNITS,
    NEWS_BEGINS,
    NEWS_COUNTERS,
    NEWS_ONLY_READER,
    # By channel: whether the lane is open to it, its pool, its view, what it accepts, how it hears of stock, money.
    CHANNEL_USUAL,
    CHANNEL_POOL,
    CHANNEL_VIEW,
    CHANNEL_KEEPS_VIEW,
    CHANNEL_EVERYTHING,
    CHANNEL_DROPS,
    CHANNEL_CURSOR,
    CHANNEL_LATENCY_MS,
    CHANNEL_PREPAID,
    CHANNEL_TAX_BP,
    CHANNEL_FEE,
    # What the house asks of its orders: above which value somebody must approve, whose credit is limited, and used up.
    CHANNEL_APPROVAL_OVER,
    CHANNEL_CREDIT_LIMIT,
    CHANNEL_EXPOSURE,
    # How often a message leaves that tells the house of an order (0: it knows at once), whether nobody types it in.
    CHANNEL_TOLD_EVERY_MS,
    CHANNEL_ENTERS,
    # By channel and payment: how long after a declined one the house has nothing to do about it.
    DECLINED_UNTIL_MS,
    # By product; by channel and region; by region and node.
    PRODUCT_WEIGHT,
    RANKED,
    TYPICAL_CENTS,
    # Room for the pieces of one order: node, line and units of each.
    PART_NODE,
    PART_LINE,
    PART_UNITS,
    # Orders that were taken, and about which there is something to do later; when each was taken.
    LATER,
    LATER_MS,
    # Carts that are on their way to the till, as a heap; what was done in a call, as `Log.run_of` names it.
    CARTS,
    DONE,
    COLUMNS,
) = range(77)

# What the caller says, and is told.
(
    NEXT,
    STOP,
    UNTIL_MS,
    SHIPMENTS,
    SHIPMENT_ROOM,
    PIECES,
    PIECE_ROOM,
    IDS_ROOM,
    IDS,
    NODES,
    POOLS,
    REGIONS,
    PAYMENTS,
    POLICY,
    HAS_RULES,
    FOR_LATER,
    NOW,
    IN_CARTS,
    NEXT_TILL_MS,
    TILLS_UNTIL_MS,
    UNSEEN_UNTIL_MS,
    KEEPS_DONE,
    DONE_SO_FAR,
    VALUES,
) = range(24)

NOT_USUAL, USUAL, CARTED, TRAVELS = range(4)
"""`CHANNEL_USUAL`: a channel that the lane leaves alone, or takes; takes once what is in a cart comes to the till; of
which the house is told."""
NOTHING_ODD, ODD_ARRIVAL, ODD_CART = range(3)
"""What `admit` says of the next arrival, or of the next cart at the till."""

NO_LINE, A_LINE, THE_ORDER = range(3)
"""`CHANNEL_DROPS`: what a channel drops at once where its view shows too little of a line."""

_STRAIGHT, _CHECKED, _DECLINED = 1, 2, 3
"""`sim.agents.orders.intake`: nothing will hold the order; nothing but the house's own checks; its payment does."""

_OF_A_SHIPMENT = 2
_HALF, _WHOLE = 5_000, 10_000

PARTS = 64
"""In how many pieces an order may be divided here."""
MOST_FOR_LATER = 256
"""About how many orders of a call there may be something to do later."""
MOST_DONE = 4_096
"""How much is done in a call, where carts come between arrivals."""
_NEVER = 1 << 62
_RANK = 0xFFFFFFF
"""What the clock knows an order by, among those of one moment."""


@njit
def _hear(memory: Any, channel: int, pool: int, now_ms: int) -> None:
    """`Channel._hear` of a channel that shows all it knows of and misses no message."""
    cursor = long_at(long_at(memory[CHANNEL_CURSOR])[channel])
    told_until = now_ms - long_at(memory[CHANNEL_LATENCY_MS])[channel]
    count = long_at(long_at(memory[NEWS_COUNTERS])[pool])[0]
    at_ms = long_at(long_at(memory[NEWS_AT_MS])[pool])
    seller = short_at(long_at(memory[NEWS_SELLER])[pool])
    product = int_at(long_at(memory[NEWS_PRODUCT])[pool])
    units = int_at(long_at(memory[NEWS_UNITS])[pool])
    view = long_at(long_at(memory[CHANNEL_VIEW])[channel])
    entry = cursor[0]
    while entry < count and at_ms[entry] <= told_until:
        if seller[entry] != channel:
            view[product[entry]] += units[entry]
        entry += 1
    cursor[0] = entry


@njit
def _drop(memory: Any, channel: int, pool: int, first: int, last: int) -> int:
    """How many lines the view does not show; they are refused, as by `Channel._without`.

    Returns
    -------
    int
        -1 where it is not as simple: a product is on two lines, or oversold, or the channel has something else in mind.
    """
    product, units = int_at(memory[LINE_PRODUCT]), int_at(memory[LINE_UNITS])
    for line in range(first + 1, last):
        for earlier in range(first, line):
            if product[earlier] == product[line]:
                return -1
    if bytes_at(memory[CHANNEL_EVERYTHING])[channel]:
        return 0
    view = long_at(long_at(memory[CHANNEL_VIEW])[channel])
    ats = long_at(long_at(memory[POOL_ATS])[pool])
    dropped = 0
    for line in range(first, last):
        if view[product[line]] < units[line]:
            dropped += 1
        elif ats[product[line]] < units[line]:
            return -1
    if not dropped:
        return 0
    drops, state = bytes_at(memory[CHANNEL_DROPS])[channel], bytes_at(memory[LINE_STATE])
    if drops == NO_LINE:
        return -1
    for line in range(first, last):
        if drops == THE_ORDER or view[product[line]] < units[line]:
            state[line] = LINE_REFUSED
    return last - first if drops == THE_ORDER else dropped


@njit
def _take_back(memory: Any, first: int, last: int) -> None:
    """Somebody else takes the order from the beginning: no line is refused."""
    state = bytes_at(memory[LINE_STATE])
    for line in range(first, last):
        state[line] = LINE_OFFERED


@njit
def _can_send_all(memory: Any, node: int, first: int, last: int) -> bool:
    product, units = int_at(memory[LINE_PRODUCT]), int_at(memory[LINE_UNITS])
    row, state = long_at(long_at(memory[AVAILABLE])[node]), bytes_at(memory[LINE_STATE])
    for line in range(first, last):
        if state[line] != LINE_REFUSED and row[product[line]] < units[line]:
            return False
    return bool(bytes_at(memory[NODE_OPEN])[node])


@njit
def _waits_for_wave(memory: Any, node: int) -> bool:
    """Whether what a node is asked for waits for a wave that is called, or for the message about it."""
    return bool(long_at(memory[NODE_WAVE_MS])[node] >= 0 or long_at(memory[NODE_TOLD_EVERY_MS])[node])


@njit
def _messages(memory: Any, parts: int) -> int:
    """How many messages about shipments an order in so many parts takes."""
    part_node, told, messages = int_at(memory[PART_NODE]), long_at(memory[NODE_TOLD_EVERY_MS]), 0
    for part in range(parts):
        if told[part_node[part]] and (not part or part_node[part] != part_node[part - 1]):
            messages += 1
    return messages


@njit
def _fits(memory: Any, values: Any, parts: int, lines: int) -> bool:
    """Whether tables and tapes of news have room for an order in so many parts of so many lines."""
    if values[SHIPMENTS] + parts + 1 > values[SHIPMENT_ROOM] or values[PIECES] + parts + lines > values[PIECE_ROOM]:
        return False
    counters = long_at(memory[NEWS_COUNTERS])
    for pool in range(values[POOLS]):
        if counters[pool]:
            counter = long_at(counters[pool])
            if counter[0] + parts + lines > counter[1]:
                return False
    return True


@njit
def _divide(memory: Any, nodes: int, place: int, first: int, last: int) -> int:
    """`serve_in_sequence`: how many pieces the order comes in, and in `PART_NODE` and so on which; 0 if something
    remains, or if a node is among them whose wave is not called."""
    product, units = int_at(memory[LINE_PRODUCT]), int_at(memory[LINE_UNITS])
    part_node, part_line, part_units = int_at(memory[PART_NODE]), int_at(memory[PART_LINE]), int_at(memory[PART_UNITS])
    ranked, is_open = short_at(memory[RANKED]), bytes_at(memory[NODE_OPEN])
    parts, wanted, state = 0, 0, bytes_at(memory[LINE_STATE])
    for line in range(first, last):
        if state[line] != LINE_REFUSED:
            wanted += units[line]
    for rank in range(nodes):
        node = ranked[place + rank]
        if node < 0:
            break
        if not is_open[node]:
            continue
        row = long_at(long_at(memory[AVAILABLE])[node])
        for line in range(first, last):
            left = 0 if state[line] == LINE_REFUSED else units[line]
            for part in range(parts):
                if part_line[part] == line:
                    left -= part_units[part]
            given = min(left, row[product[line]])
            if given > 0:
                if parts == PARTS or not _waits_for_wave(memory, node):
                    return 0
                part_node[parts], part_line[parts], part_units[parts] = node, line, given
                parts += 1
                wanted -= given
        if not wanted:
            return parts
    return 0


@njit
def _take_off(memory: Any, column: Any, first: int, last: int) -> None:
    """Units of every line that is not refused, off a column by product."""
    product, units, state = int_at(memory[LINE_PRODUCT]), int_at(memory[LINE_UNITS]), bytes_at(memory[LINE_STATE])
    for line in range(first, last):
        if state[line] != LINE_REFUSED:
            column[product[line]] -= units[line]


@njit
def _promise(memory: Any, channel: int, pools: int, first: int, last: int, now_ms: int) -> None:
    """`Inventory.reserve`, but for the units that are noted as reserved."""
    own_pool, touched = long_at(memory[CHANNEL_POOL])[channel], bytes_at(memory[POOL_TOUCHED])
    for pool in range(pools):
        if touched[own_pool * pools + pool]:
            _take_off(memory, long_at(long_at(memory[POOL_ATS])[pool]), first, last)
            if long_at(memory[NEWS_COUNTERS])[pool] and long_at(memory[NEWS_ONLY_READER])[pool] != channel:
                _tell(memory, channel, pool, first, last, now_ms)


@njit
def _send_parts(memory: Any, values: Any, order: int, channel: int, parts: int, first: int, last: int) -> None:
    """`Inventory.reserve`, then for each node `Inventory.commit` and `Allocator.plan`."""
    product = int_at(memory[LINE_PRODUCT])
    part_node, part_line, part_units = int_at(memory[PART_NODE]), int_at(memory[PART_LINE]), int_at(memory[PART_UNITS])
    now_ms, pools = values[NOW], values[POOLS]
    own_pool = long_at(memory[CHANNEL_POOL])[channel]
    touched, belongs = bytes_at(memory[POOL_TOUCHED]), bytes_at(memory[NODE_POOLS])
    _promise(memory, channel, pools, first, last, now_ms)
    previous, begin = -1, 0
    while begin < parts:
        node, end = part_node[begin], begin
        available = long_at(long_at(memory[AVAILABLE])[node])
        committed = long_at(long_at(memory[COMMITTED])[node])
        while end < parts and part_node[end] == node:
            row = product[part_line[end]]
            available[row] -= part_units[end]
            committed[row] += part_units[end]
            for pool in range(pools):
                if touched[own_pool * pools + pool] and not belongs[node * pools + pool]:
                    long_at(long_at(memory[POOL_ATS])[pool])[row] += part_units[end]
                    if long_at(memory[NEWS_COUNTERS])[pool]:
                        _tell_one(memory, pool, row, part_units[end], now_ms)
            end += 1
        shipment = values[SHIPMENTS]
        _plan(memory, values, order, node, begin, end, now_ms)
        if previous >= 0:
            int_at(memory[SHIPMENT_PREVIOUS])[shipment] = previous
        short_at(memory[ORDER_PENDING])[order] += _OF_A_SHIPMENT
        previous, begin = shipment, end


@njit
def _tell_one(memory: Any, pool: int, product: int, units: int, now_ms: int) -> None:
    """`StockNews.tell` of one product of which there is more."""
    counters = long_at(long_at(memory[NEWS_COUNTERS])[pool])
    entry = counters[0]
    bytes_at(long_at(memory[NEWS_BEGINS])[pool])[entry] = 1
    long_at(long_at(memory[NEWS_AT_MS])[pool])[entry] = now_ms
    short_at(long_at(memory[NEWS_SELLER])[pool])[entry] = -1
    int_at(long_at(memory[NEWS_PRODUCT])[pool])[entry] = product
    int_at(long_at(memory[NEWS_UNITS])[pool])[entry] = units
    counters[0] = entry + 1


@njit
def _sell(memory: Any, channel: int, node: int, pools: int, first: int, last: int, now_ms: int) -> None:
    """`Inventory.sell`."""
    product, units, state = int_at(memory[LINE_PRODUCT]), int_at(memory[LINE_UNITS]), bytes_at(memory[LINE_STATE])
    available = long_at(long_at(memory[AVAILABLE])[node])
    committed = long_at(long_at(memory[COMMITTED])[node])
    for line in range(first, last):
        if state[line] != LINE_REFUSED:
            available[product[line]] -= units[line]
            committed[product[line]] += units[line]
    belongs = bytes_at(memory[NODE_POOLS])
    for pool in range(pools):
        if not belongs[node * pools + pool]:
            continue
        _take_off(memory, long_at(long_at(memory[POOL_ATS])[pool]), first, last)
        if long_at(memory[NEWS_COUNTERS])[pool] and long_at(memory[NEWS_ONLY_READER])[pool] != channel:
            _tell(memory, channel, pool, first, last, now_ms)


@njit
def _sold(memory: Any, channel: int, first: int, last: int) -> None:
    """`Channel.sold`, where nothing is oversold."""
    if bytes_at(memory[CHANNEL_KEEPS_VIEW])[channel]:
        _take_off(memory, long_at(long_at(memory[CHANNEL_VIEW])[channel]), first, last)


@njit
def _tell(memory: Any, channel: int, pool: int, first: int, last: int, now_ms: int) -> None:
    """`StockNews.tell`."""
    product, units, state = int_at(memory[LINE_PRODUCT]), int_at(memory[LINE_UNITS]), bytes_at(memory[LINE_STATE])
    counters = long_at(long_at(memory[NEWS_COUNTERS])[pool])
    at_ms = long_at(long_at(memory[NEWS_AT_MS])[pool])
    seller = short_at(long_at(memory[NEWS_SELLER])[pool])
    told_product = int_at(long_at(memory[NEWS_PRODUCT])[pool])
    told_units = int_at(long_at(memory[NEWS_UNITS])[pool])
    entry = counters[0]
    bytes_at(long_at(memory[NEWS_BEGINS])[pool])[entry] = 1
    for line in range(first, last):
        if state[line] == LINE_REFUSED:
            continue
        at_ms[entry] = now_ms
        seller[entry] = channel
        told_product[entry] = product[line]
        told_units[entry] = -units[line]
        entry += 1
    counters[0] = entry


@njit
def _deposit(memory: Any, channel: int, first: int, last: int) -> int:
    """What a prepaid order pays in advance: `Finance.take_deposit`."""
    units, price = int_at(memory[LINE_UNITS]), long_at(memory[LINE_PRICE])
    tax_bp = long_at(memory[CHANNEL_TAX_BP])[channel]
    total, state = long_at(memory[CHANNEL_FEE])[channel], bytes_at(memory[LINE_STATE])
    for line in range(first, last):
        if state[line] == LINE_REFUSED:
            continue
        net = units[line] * price[line]
        total += net + (net * tax_bp + _HALF) // _WHOLE
    return total


@njit
def _plan(memory: Any, values: Any, order: int, node: int, begin: int, end: int, now_ms: int) -> None:
    """`Allocator.plan`: write the shipment that these parts are, and its pieces."""
    shipment, piece = values[SHIPMENTS], values[PIECES]
    part_line, part_units = int_at(memory[PART_LINE]), int_at(memory[PART_UNITS])
    product, product_weight = int_at(memory[LINE_PRODUCT]), real_at(memory[PRODUCT_WEIGHT])
    piece_line, piece_shipment = int_at(memory[PIECE_LINE]), int_at(memory[PIECE_SHIPMENT])
    piece_product, piece_units = int_at(memory[PIECE_PRODUCT]), int_at(memory[PIECE_UNITS])
    weight = 0.0
    for part in range(begin, end):
        line = part_line[part]
        weight += part_units[part] * product_weight[product[line]]
        piece_line[piece] = line
        piece_shipment[piece] = shipment
        piece_product[piece] = product[line]
        piece_units[piece] = part_units[part]
        piece += 1
    int_at(memory[SHIPMENT_ORDER])[shipment] = order
    short_at(memory[SHIPMENT_NODE])[shipment] = node
    int_at(memory[SHIPMENT_FIRST_PIECE])[shipment + 1] = piece
    long_at(memory[SHIPMENT_PLANNED_MS])[shipment] = now_ms
    real_at(memory[SHIPMENT_WEIGHT])[shipment] = weight
    tiny_at(memory[SHIPMENT_POLICY])[shipment] = values[POLICY]
    int_at(memory[ORDER_LAST_SHIPMENT])[order] = shipment
    values[SHIPMENTS], values[PIECES] = shipment + 1, piece
    told_every_ms = long_at(memory[NODE_TOLD_EVERY_MS])[node]
    if told_every_ms:  # no order comes before the message leaves
        leaves_ms = -(-now_ms // told_every_ms) * told_every_ms
        values[UNTIL_MS] = min(values[UNTIL_MS], leaves_ms - 1)


@njit
def _whole(memory: Any, first: int, last: int) -> int:
    """One part a line that is not refused: the order goes as it is. How many there are."""
    units, state, parts = int_at(memory[LINE_UNITS]), bytes_at(memory[LINE_STATE]), 0
    part_line, part_units = int_at(memory[PART_LINE]), int_at(memory[PART_UNITS])
    for line in range(first, last):
        if state[line] != LINE_REFUSED:
            part_line[parts], part_units[parts] = line, units[line]
            parts += 1
    return parts


@njit
def _net(memory: Any, first: int, last: int) -> int:
    units, price = int_at(memory[LINE_UNITS]), long_at(memory[LINE_PRICE])
    net = 0
    for line in range(first, last):
        net += units[line] * price[line]
    return net


@njit
def _passes(memory: Any, channel: int, order: int, first: int, last: int) -> bool:
    """`Intake._passes`: whether nobody has to approve, and `Credit.accept` would."""
    net = _net(memory, first, last)
    if net > long_at(memory[CHANNEL_APPROVAL_OVER])[channel]:
        return False
    exposure = long_at(memory[CHANNEL_EXPOSURE])[channel]
    if not exposure:
        return True
    account = int_at(memory[ORDER_ACCOUNT])[order]
    return bool(long_at(exposure)[account] + net <= long_at(memory[CHANNEL_CREDIT_LIMIT])[channel])


@njit
def _accept(memory: Any, channel: int, order: int, first: int, last: int) -> None:
    """The order is as smooth as any other, and counts against its account's credit."""
    bytes_at(memory[ORDER_SMOOTH])[order] = _STRAIGHT
    exposure = long_at(memory[CHANNEL_EXPOSURE])[channel]
    if exposure:
        bytes_at(memory[ORDER_ON_CREDIT])[order] = 1
        long_at(exposure)[int_at(memory[ORDER_ACCOUNT])[order]] += _net(memory, first, last)


@njit
def _asks(memory: Any, order: int) -> bool:
    """Whether approval and credit are asked."""
    return bool(bytes_at(memory[ORDER_SMOOTH])[order] == _CHECKED)


@njit
def _is_usual(memory: Any, values: Any, order: int, channel: int, first: int, last: int) -> bool:
    """Whether nothing holds the order, nor its channel; what travels is not asked here."""
    if bytes_at(memory[CHANNEL_USUAL])[channel] == TRAVELS:
        return bool(bytes_at(memory[ORDER_STATE])[order] == OFFERED and last - first <= PARTS)
    is_asked, smooth = _asks(memory, order), bytes_at(memory[ORDER_SMOOTH])[order]
    if not is_asked and smooth != _STRAIGHT and smooth != _DECLINED:
        return False
    if values[FOR_LATER] == MOST_FOR_LATER:
        return False
    if not bytes_at(memory[CHANNEL_USUAL])[channel] or bytes_at(memory[ORDER_STATE])[order] != OFFERED:
        return False
    if last - first > PARTS or not _fits(memory, values, 1, last - first):
        return False
    return not is_asked or _passes(memory, channel, order, first, last)


@njit
def _capture(memory: Any, order: int, first: int, last: int, dropped: int) -> None:
    """`Intake._capture`."""
    units, state, open_units = int_at(memory[LINE_UNITS]), bytes_at(memory[LINE_STATE]), int_at(memory[LINE_OPEN_UNITS])
    for line in range(first, last):
        if state[line] != LINE_REFUSED:
            open_units[line], state[line] = units[line], OPEN
    short_at(memory[ORDER_PENDING])[order] = last - first - dropped
    bytes_at(memory[ORDER_STATE])[order] = CAPTURED


@njit
def _decline(memory: Any, values: Any, order: int, channel: int, first: int, last: int, dropped: int) -> bool:
    """`Inventory.reserve`, `Intake._capture` and `Holds.hold`; False where the recorder may have to write meanwhile."""
    ids = last - first + 1
    if values[IDS] + ids >= values[IDS_ROOM]:
        return False
    _promise(memory, channel, values[POOLS], first, last, values[NOW])
    reserved = long_at(long_at(memory[POOL_RESERVED])[long_at(memory[CHANNEL_POOL])[channel]])
    product, units, state = int_at(memory[LINE_PRODUCT]), int_at(memory[LINE_UNITS]), bytes_at(memory[LINE_STATE])
    for line in range(first, last):
        if state[line] != LINE_REFUSED:
            reserved[product[line]] += units[line]
    _sold(memory, channel, first, last)
    _capture(memory, order, first, last, dropped)
    bytes_at(memory[ORDER_STATE])[order] = HELD
    bytes_at(memory[ORDER_SMOOTH])[order] = 0
    values[IDS] += ids
    return True


@njit
def _look_later(memory: Any, values: Any, order: int, channel: int) -> None:
    """What there is to do later about an order that was taken, before which no other may come."""
    cancel_ms, wait_ms = long_at(memory[ORDER_CANCEL_MS])[order], values[UNTIL_MS]
    is_held = bytes_at(memory[ORDER_STATE])[order] == HELD
    if not is_held and cancel_ms < 0:
        return
    int_at(memory[LATER])[values[FOR_LATER]] = order
    long_at(memory[LATER_MS])[values[FOR_LATER]] = values[NOW]
    values[FOR_LATER] += 1
    if cancel_ms >= 0:
        wait_ms = cancel_ms
    if is_held:
        payment = channel * values[PAYMENTS] + tiny_at(memory[ORDER_PAYMENT])[order]
        wait_ms = min(wait_ms, long_at(memory[DECLINED_UNTIL_MS])[payment])
    values[UNTIL_MS] = min(values[UNTIL_MS], values[NOW] + wait_ms)


@njit
def _take(memory: Any, values: Any, order: int, channel: int, first: int, last: int, dropped: int) -> bool:
    """`Intake._go_straight` and `_go_divided`; False where somebody else must take the order."""
    if bytes_at(memory[ORDER_SMOOTH])[order] == _DECLINED:
        return bool(_decline(memory, values, order, channel, first, last, dropped))
    nodes = values[NODES]
    place = (channel * values[REGIONS] + int_at(memory[ORDER_REGION])[order]) * nodes
    chosen, runner_up = _choose(memory, nodes, place, first, last)
    paid = _is_paid(memory, values, order, channel)
    ids, parts = 2 + paid + dropped, 0
    if chosen < 0:
        parts = _divide(memory, nodes, place, first, last)
        ids = 1 + paid + (last - first) + parts + _messages(memory, parts)
        # The recorder may have to write between the facts of such an order.
        if not parts or values[IDS] + ids >= values[IDS_ROOM] or not _fits(memory, values, parts, last - first):
            return False
    elif not _waits_for_wave(memory, chosen):
        return False
    if paid and not _pay(memory, order, channel, first, last):
        return False

    if _asks(memory, order):
        _accept(memory, channel, order, first, last)
    bytes_at(memory[ORDER_STATE])[order] = VALIDATED
    if chosen < 0:
        _send_parts(memory, values, order, channel, parts, first, last)
    else:
        now_ms = values[NOW]
        ids += long_at(memory[NODE_TOLD_EVERY_MS])[chosen] > 0
        _sell(memory, channel, chosen, values[POOLS], first, last, now_ms)
        short_at(memory[ORDER_PENDING])[order] = _OF_A_SHIPMENT
        _plan(memory, values, order, chosen, 0, _whole(memory, first, last), now_ms)
        _note_runner_up(memory, values, order, chosen, runner_up)
    _sold(memory, channel, first, last)
    line_state = bytes_at(memory[LINE_STATE])
    for line in range(first, last):
        if line_state[line] != LINE_REFUSED:
            line_state[line] = ALLOCATED
    values[IDS] += ids
    return True


@njit
def _choose(memory: Any, nodes: int, place: int, first: int, last: int) -> Any:
    """The first node in a ranking that can send all, and the second; -1 for none."""
    ranked, chosen = short_at(memory[RANKED]), -1
    for rank in range(nodes):
        node = int(ranked[place + rank])
        if node < 0:
            break
        if _can_send_all(memory, node, first, last):
            if chosen >= 0:
                return chosen, node
            chosen = node
    return chosen, -1


@njit
def _note_runner_up(memory: Any, values: Any, order: int, chosen: int, runner_up: int) -> None:
    """Of the shipment that was planned last: which node came second, and by how much."""
    if runner_up >= 0:
        shipment = values[SHIPMENTS] - 1
        short_at(memory[SHIPMENT_RUNNER_UP])[shipment] = runner_up
        typical, row = real_at(memory[TYPICAL_CENTS]), int_at(memory[ORDER_REGION])[order] * values[NODES]
        real_at(memory[SHIPMENT_GAP])[shipment] = typical[row + runner_up] - typical[row + chosen]


@njit
def _is_paid(memory: Any, values: Any, order: int, channel: int) -> bool:
    """Whether an order is paid in advance."""
    payment = channel * values[PAYMENTS] + tiny_at(memory[ORDER_PAYMENT])[order]
    return bool(bytes_at(memory[CHANNEL_PREPAID])[payment])


@njit
def _pay(memory: Any, order: int, channel: int, first: int, last: int) -> bool:
    """`Finance.take_deposit`; False where there is nothing to pay."""
    deposit = _deposit(memory, channel, first, last)
    if deposit <= 0:
        return False
    long_at(memory[ORDER_DEPOSIT])[order] = deposit
    long_at(memory[ORDER_DEPOSIT_LEFT])[order] = deposit
    return True


@njit
def _may_drop(memory: Any, values: Any, order: int, dropped: int) -> bool:
    """Whether nobody else asks about an order of which something was dropped, nor must the recorder write."""
    if not dropped:
        return True
    return bool(not values[HAS_RULES] and not _asks(memory, order) and values[IDS] + dropped < values[IDS_ROOM])


# Carts.


@njit
def _till_ms(memory: Any, order: int) -> int:
    """When a cart comes to the till."""
    takes_ms = int_at(memory[ORDER_CHECKOUT_MS])[order]
    return long_at(memory[ORDER_AT_MS])[order] + (takes_ms if takes_ms >= 0 else ~takes_ms)


@njit
def _comes_before(memory: Any, order: int, other: int) -> bool:
    one_ms, other_ms = _till_ms(memory, order), _till_ms(memory, other)
    return bool(one_ms < other_ms or (one_ms == other_ms and (order & _RANK) < (other & _RANK)))


@njit
def _push(memory: Any, values: Any, order: int) -> None:
    """Another cart."""
    heap, place = int_at(memory[CARTS]), values[IN_CARTS]
    while place and _comes_before(memory, order, heap[(place - 1) // 2]):
        heap[place] = heap[(place - 1) // 2]
        place = (place - 1) // 2
    heap[place] = order
    values[IN_CARTS] += 1
    values[NEXT_TILL_MS] = _till_ms(memory, heap[0])


@njit
def _pop(memory: Any, values: Any) -> int:
    """The cart that comes first."""
    heap, place = int_at(memory[CARTS]), 0
    first, values[IN_CARTS] = heap[0], values[IN_CARTS] - 1
    last, count = heap[values[IN_CARTS]], values[IN_CARTS]
    while 2 * place + 1 < count:
        child = 2 * place + 1
        if child + 1 < count and _comes_before(memory, heap[child + 1], heap[child]):
            child += 1
        if not _comes_before(memory, heap[child], last):
            break
        heap[place] = heap[child]
        place = child
    heap[place] = last
    values[NEXT_TILL_MS] = _till_ms(memory, heap[0]) if count else _NEVER
    return int(first)


@njit("int64(int64, int64)", cache=True)
def pop(memory_at: int, values_at: int) -> int:
    """Take the cart that comes to the till first out of the lane's hands."""
    return int(_pop(long_at(memory_at), long_at(values_at)))


# The way through.


@njit
def _meet(memory: Any, values: Any, order: int, channel: int) -> bool:
    """An order at the till, at ``NOW``; False, and nothing has happened, where somebody else must take it."""
    first_line = int_at(memory[ORDER_FIRST_LINE])
    first, last = first_line[order], first_line[order + 1]
    if not _is_usual(memory, values, order, channel, first, last):
        return False
    pool = long_at(memory[CHANNEL_POOL])[channel]
    if long_at(memory[CHANNEL_CURSOR])[channel]:
        _hear(memory, channel, pool, values[NOW])
    dropped = _drop(memory, channel, pool, first, last)
    if dropped < 0:
        return False
    if not _may_drop(memory, values, order, dropped):
        _take_back(memory, first, last)
        return False
    if dropped == last - first:
        bytes_at(memory[ORDER_STATE])[order] = REFUSED
        values[IDS] += dropped
    elif bytes_at(memory[CHANNEL_USUAL])[channel] == TRAVELS:
        return bool(_tell_house(memory, values, order, channel, first, last, dropped))
    elif not _take(memory, values, order, channel, first, last, dropped):
        if dropped:
            _take_back(memory, first, last)
        return False
    else:
        _look_later(memory, values, order, channel)
    return True


@njit
def _tell_house(memory: Any, values: Any, order: int, channel: int, first: int, last: int, dropped: int) -> bool:
    """An order is captured, and a message about it leaves; before that, no other order comes."""
    ids = last - first + 1
    if values[IDS] + ids >= values[IDS_ROOM]:
        if dropped:
            _take_back(memory, first, last)
        return False
    _sold(memory, channel, first, last)
    _capture(memory, order, first, last, dropped)
    every_ms = long_at(memory[CHANNEL_TOLD_EVERY_MS])[channel]
    leaves_ms = -(-values[NOW] // every_ms) * every_ms
    values[UNTIL_MS] = min(values[UNTIL_MS], leaves_ms - 1)
    values[IDS] += ids
    return True


@njit
def _fill(memory: Any, values: Any, order: int, channel: int) -> bool:
    """`Carts.fill`, where the view shows all that is wanted and nothing is reserved; else False."""
    first_line = int_at(memory[ORDER_FIRST_LINE])
    first, last = first_line[order], first_line[order + 1]
    pool = long_at(memory[CHANNEL_POOL])[channel]
    if long_at(memory[CHANNEL_CURSOR])[channel]:
        _hear(memory, channel, pool, values[NOW])
    dropped = _drop(memory, channel, pool, first, last)
    if dropped:
        _take_back(memory, first, last)
        return False
    _push(memory, values, order)
    return True


@njit
def _note(memory: Any, values: Any, done: int) -> None:
    """What was done leaves facts."""
    if values[KEEPS_DONE]:
        int_at(memory[DONE])[values[DONE_SO_FAR]] = done
        values[DONE_SO_FAR] += 1


@njit
def _arrive(memory: Any, values: Any, order: int) -> bool:
    """A customer comes; False where somebody else must meet them."""
    channel = short_at(memory[ORDER_CHANNEL])[order]
    if bytes_at(memory[CHANNEL_USUAL])[channel] == CARTED:
        return bool(_fill(memory, values, order, channel))
    if not _meet(memory, values, order, channel):
        return False
    travels = bytes_at(memory[CHANNEL_USUAL])[channel] == TRAVELS and bytes_at(memory[ORDER_STATE])[order] == CAPTURED
    _note(memory, values, order + TOLD if travels else order)
    return True


@njit
def _check_out(memory: Any, values: Any, order: int) -> bool:
    """`Carts.check_out`; False where the cart is left alone, or somebody else must see to it."""
    if values[NOW] > values[UNSEEN_UNTIL_MS] or int_at(memory[ORDER_CHECKOUT_MS])[order] < 0:
        return False
    if not _meet(memory, values, order, short_at(memory[ORDER_CHANNEL])[order]):
        return False
    _note(memory, values, ~order)
    _pop(memory, values)
    return True


@njit("int64(int64, int64)", cache=True)
def admit(memory_at: int, values_at: int) -> int:
    """Take arrivals from order ``values[NEXT]`` on, and carts as they come to the till, until ``UNTIL_MS`` (carts:
    ``TILLS_UNTIL_MS``), as long as nothing is odd.

    Returns
    -------
    int
        `ODD_ARRIVAL` where the order at ``NEXT`` needs somebody's attention, `ODD_CART` where the first cart does, else
        `NOTHING_ODD`: time, or all there is, is up.
    """
    memory, values = long_at(memory_at), long_at(values_at)
    at_ms_of, order, done_ms = long_at(memory[ORDER_AT_MS]), values[NEXT], -1
    values[IDS] = values[FOR_LATER] = values[DONE_SO_FAR] = 0
    odd = NOTHING_ODD
    while values[DONE_SO_FAR] < MOST_DONE:
        till_ms = values[NEXT_TILL_MS]
        if till_ms < (at_ms_of[order] if order < values[STOP] else _NEVER):
            if till_ms > min(values[UNTIL_MS], values[TILLS_UNTIL_MS]):
                break
            values[NOW] = till_ms
            if not _check_out(memory, values, int_at(memory[CARTS])[0]):
                odd = ODD_CART
                break
        else:
            if order >= values[STOP] or at_ms_of[order] > values[UNTIL_MS]:
                break
            values[NOW] = at_ms_of[order]
            if not _arrive(memory, values, order):
                odd = ODD_ARRIVAL
                break
            order += 1
        done_ms = values[NOW]
    values[NEXT], values[NOW] = order, done_ms
    return odd


@njit
def _is_whole(memory: Any, values: Any, channel: int, first: int, last: int) -> bool:
    """Whether all that was accepted of an order is wanted still, and there; no product is on two lines."""
    product, units, state = int_at(memory[LINE_PRODUCT]), int_at(memory[LINE_UNITS]), bytes_at(memory[LINE_STATE])
    pool = long_at(memory[CHANNEL_POOL])[channel]
    open_units, ats = int_at(memory[LINE_OPEN_UNITS]), long_at(long_at(memory[POOL_ATS])[pool])
    everything = bytes_at(memory[CHANNEL_EVERYTHING])[channel]
    for line in range(first, last):
        if state[line] == LINE_REFUSED:
            if values[HAS_RULES]:  # which were asked of all that was offered
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
def _may_enter(memory: Any, values: Any, order: int, channel: int, first: int, last: int) -> bool:
    """Whether nothing holds an order of which the house is told, so that it goes on by itself."""
    is_asked = _asks(memory, order)
    if not is_asked and bytes_at(memory[ORDER_SMOOTH])[order] != _STRAIGHT:
        return False
    if not bytes_at(memory[CHANNEL_ENTERS])[channel] or bytes_at(memory[ORDER_STATE])[order] != CAPTURED:
        return False
    if last - first > PARTS or not _is_whole(memory, values, channel, first, last):
        return False
    return not is_asked or _passes(memory, channel, order, first, last)


@njit
def _enter(memory: Any, values: Any, order: int) -> bool:
    """`RemoteIntake.enter`; False, and nothing has happened, where somebody else must see to it."""
    channel, first_line = short_at(memory[ORDER_CHANNEL])[order], int_at(memory[ORDER_FIRST_LINE])
    first, last, nodes = first_line[order], first_line[order + 1], values[NODES]
    if not _may_enter(memory, values, order, channel, first, last):
        return False
    place = (channel * values[REGIONS] + int_at(memory[ORDER_REGION])[order]) * nodes
    chosen, runner_up = _choose(memory, nodes, place, first, last)
    parts = _divide(memory, nodes, place, first, last) if chosen < 0 else _whole_from(memory, chosen, first, last)
    paid = _is_paid(memory, values, order, channel)
    ids = 1 + paid + parts + _messages(memory, parts)
    if not parts or values[IDS] + ids >= values[IDS_ROOM] or not _fits(memory, values, parts, last - first):
        return False
    if paid and not _pay(memory, order, channel, first, last):
        return False
    if _asks(memory, order):
        _accept(memory, channel, order, first, last)
    bytes_at(memory[ORDER_STATE])[order] = VALIDATED
    short_at(memory[ORDER_PENDING])[order] = 0
    _send_parts(memory, values, order, channel, parts, first, last)
    if chosen >= 0:
        _note_runner_up(memory, values, order, chosen, runner_up)
    state, open_units = bytes_at(memory[LINE_STATE]), int_at(memory[LINE_OPEN_UNITS])
    for line in range(first, last):
        if state[line] != LINE_REFUSED:
            state[line], open_units[line] = ALLOCATED, 0
    values[IDS] += ids
    return True


@njit
def _whole_from(memory: Any, node: int, first: int, last: int) -> int:
    """One part a line, all from one node; how many, or 0 if its wave is not called."""
    if not _waits_for_wave(memory, node):
        return 0
    parts, part_node = _whole(memory, first, last), int_at(memory[PART_NODE])
    for part in range(parts):
        part_node[part] = node
    return int(parts)


@njit("int64(int64, int64)", cache=True)
def enter(memory_at: int, values_at: int) -> int:
    """Enter orders of which the house is told at ``NOW``: in `DONE`, up to ``STOP``. How many, before one is odd."""
    memory, values = long_at(memory_at), long_at(values_at)
    entering = int_at(memory[DONE])
    values[IDS] = entered = 0
    while entered < values[STOP]:
        order = entering[entered]
        if not _enter(memory, values, order):
            break
        entering[entered] = order + ENTERED
        entered += 1
    return int(entered)
