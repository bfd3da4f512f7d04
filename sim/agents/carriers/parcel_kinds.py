"""Which parcels are alike to a carrier policy, in compiled code: zone, surcharges of the region, steps of weight and
volume, promise, sort of address."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.addresses import Addresses, bytes_at, int_at, long_at, real_at, short_at

if TYPE_CHECKING:
    from sim.agents.site import Site

(
    SHIPMENT_ORDER,
    SHIPMENT_WEIGHT,
    ORDER_REGION,
    ORDER_CHANNEL,
    ORDER_DELIVER_BY,
    NODE_PLACES,
    WEIGHT_STEPS,
    VOLUME_STEPS,
    CHANNEL_TO_HOME,
    FIRST_PIECE,
    PIECE_PRODUCT,
    PIECE_UNITS,
    PRODUCT_LITRES,
    COLUMNS,
) = range(14)

ODD = -1
"""The kind of a parcel that is like no other."""
_MOST = 1 << 24
"""Of places, times steps of weight and of volume, for homes and others: what a kind has room for beside the promise."""


class ParcelKinds:
    """Numbers the kinds of a node's parcels; two of one number get the same answer from a carrier policy."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._memory = np.zeros(COLUMNS, dtype=np.int64)
        self._kinds = array("q")
        self._addresses = Addresses()
        site.register.moves.listen(self._addresses.forget)
        tariff, network = site.tariff, site.world.network
        self._weights = np.array(tariff.breaks, dtype=np.float64)
        self._volumes = np.array(tariff.volumes if tariff.is_dimensional else [], dtype=np.float64)
        self._litres = np.array([p.volume_l for p in network.products], dtype=np.float64)
        self._places, places = _places(site)
        self._sizes = np.array([places, len(self._weights), len(self._volumes)], dtype=np.int64)
        self._to_home = np.array([c.residential for c in network.channels], dtype=np.uint8)
        self._classes = 2 * places * len(self._weights) * max(1, len(self._volumes))
        self._all_odd = self._classes >= _MOST

    def of(self, node: int, shipments: array[int]) -> array[int]:
        """The kind of each of ``shipments``, at least, which holds until surcharges change; `ODD` for those of which
        weight or volume is beyond all steps, and for all where there are too many steps."""
        if not self._addresses:
            self._bind()
        jobs, count = shipments.buffer_info()
        if len(self._kinds) < count:
            self._kinds = array("q", [ODD]) * count
        if not self._all_odd:
            number_kinds(self._memory, node, jobs, count, self._kinds.buffer_info()[0], self._sizes)
        return self._kinds

    def class_of(self, kind: int) -> int:
        """What of a kind decides its prices: all but the promise."""
        return kind % self._classes

    def _bind(self) -> None:
        memory, address, register = self._memory, self._addresses, self._site.register
        memory[SHIPMENT_ORDER] = address.of(register.shipments.order)
        memory[SHIPMENT_WEIGHT] = address.of(register.shipments.weight_kg)
        memory[ORDER_REGION] = address.of(register.orders.region)
        memory[ORDER_CHANNEL] = address.of(register.orders.channel)
        memory[ORDER_DELIVER_BY] = address.of(register.orders.deliver_by_ms)
        memory[NODE_PLACES] = address.table(self._places)
        memory[WEIGHT_STEPS] = address.of(self._weights)
        memory[VOLUME_STEPS] = address.of(self._volumes)
        memory[CHANNEL_TO_HOME] = address.of(self._to_home)
        memory[FIRST_PIECE] = address.of(register.shipments.first_piece)
        memory[PIECE_PRODUCT] = address.of(register.pieces.product)
        memory[PIECE_UNITS] = address.of(register.pieces.units)
        memory[PRODUCT_LITRES] = address.of(self._litres)


def _places(site: Site) -> tuple[list[NDArray[np.int64]], int]:
    """By node: the number of each region's place; regions of one zone, one clock and the same surcharges are one. How
    many there are."""
    services, quotes = site.world.network.services, site.tariff.quotes
    extra = [
        tuple(s.remote_cents if region in s.remote_regions else 0 for s in services)
        for region in range(len(site.world.network.regions))
    ]
    number: dict[tuple[int, tuple[int, ...]], int] = {}
    found = [[number.setdefault(pair, len(number)) for pair in zip(row, extra, strict=True)] for row in quotes]
    return [np.array(row, dtype=np.int64) for row in found], max(1, len(number))


@njit(inline="always")
def _step(limits: Any, count: int, amount: float) -> int:
    """The first of ``count`` ascending limits that an amount does not pass; ``count``, if it passes all."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if limits[middle] < amount:
            low = middle + 1
        else:
            high = middle
    return low


@njit("void(int64[::1], int64, int64, int64, int64, int64[::1])", cache=True)
def number_kinds(memory: Any, node: int, jobs: int, count: int, kinds_at: int, sizes: Any) -> None:
    """What `ParcelKinds.of` does, for ``count`` shipment numbers at the address ``jobs``; ``sizes``: how many places,
    and steps of weight and of volume, there are; of volume none where it is free."""
    shipments, kinds = int_at(jobs), long_at(kinds_at)
    order_of, weight_of = int_at(memory[SHIPMENT_ORDER]), real_at(memory[SHIPMENT_WEIGHT])
    region_of, channel_of = int_at(memory[ORDER_REGION]), short_at(memory[ORDER_CHANNEL])
    deliver_by, to_home = long_at(memory[ORDER_DELIVER_BY]), bytes_at(memory[CHANNEL_TO_HOME])
    place_of = long_at(long_at(memory[NODE_PLACES])[node])
    weights, volumes = real_at(memory[WEIGHT_STEPS]), real_at(memory[VOLUME_STEPS])
    first_piece, litres_of = int_at(memory[FIRST_PIECE]), real_at(memory[PRODUCT_LITRES])
    product_of, units_of = int_at(memory[PIECE_PRODUCT]), int_at(memory[PIECE_UNITS])
    places, heaviest, bulkiest = sizes
    for row in range(count):
        shipment = shipments[row]
        order = order_of[shipment]
        heavy, bulky = _step(weights, heaviest, weight_of[shipment]), 0
        if bulkiest:
            litres = 0.0
            for piece in range(first_piece[shipment], first_piece[shipment + 1]):
                litres += units_of[piece] * litres_of[product_of[piece]]
            bulky = _step(volumes, bulkiest, litres)
        if heavy == heaviest or (bulkiest and bulky == bulkiest):
            kinds[row] = ODD
        else:
            kind = deliver_by[order] * 2 + to_home[channel_of[order]]
            kind = kind * places + place_of[region_of[order]]
            kinds[row] = (kind * heaviest + heavy) * max(1, bulkiest) + bulky


@njit("Tuple((int64[::1], int64[::1], int64[::1]))(int64[::1])", cache=True)
def distinct(kinds: Any) -> Any:
    """The kinds that occur, the place at which each is first mentioned, and by place which of them it is."""
    bits = 4
    while 1 << bits < 2 * len(kinds):
        bits += 1
    table = np.full(1 << bits, -1, dtype=np.int64)
    found, first = np.empty(len(kinds), dtype=np.int64), np.empty(len(kinds), dtype=np.int64)
    which, count = np.empty(len(kinds), dtype=np.int64), 0
    for place in range(len(kinds)):
        slot = np.int64((np.uint64(kinds[place]) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - bits))
        while table[slot] >= 0 and found[table[slot]] != kinds[place]:
            slot = (slot + 1) & ((1 << bits) - 1)
        if table[slot] < 0:
            table[slot], found[count], first[count] = count, kinds[place], place
            count += 1
        which[place] = table[slot]
    return found[:count].copy(), first[:count].copy(), which
