"""What the fast lane reads and writes, by number: addresses of columns in ``memory``, and what its caller says and is
told in ``values``.

An address of a table (``[node]``, ``[channel]``, ...) leads to one number or address for each of them.
"""

from __future__ import annotations

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
    ORDER_TILL_MS,
    ORDER_LEAVES_CART,
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
) = range(78)

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
    TOLD_SO_FAR,
    VALUES,
) = range(25)

NOT_USUAL, USUAL, CARTED, TRAVELS = range(4)
"""`CHANNEL_USUAL`: a channel that the lane leaves alone, or takes; takes once what is in a cart comes to the till; of
which the house is told."""
NOTHING_ODD, ODD_ARRIVAL, ODD_CART = range(3)
"""What `admit` says of the next arrival, or of the next cart at the till."""

NO_LINE, A_LINE, THE_ORDER = range(3)
"""`CHANNEL_DROPS`: what a channel drops at once where its view shows too little of a line."""

STRAIGHT, CHECKED, DECLINED = 1, 2, 3
"""`sim.agents.orders.intake`: nothing will hold the order; nothing but the house's own checks; its payment does."""

OF_A_SHIPMENT = 2

PARTS = 64
"""In how many pieces an order may be divided here."""
MOST_FOR_LATER = 256
"""About how many orders of a call there may be something to do later."""
MOST_DONE = 4_096
"""How much is done in a call, where carts come between arrivals."""
NEVER = 1 << 62
