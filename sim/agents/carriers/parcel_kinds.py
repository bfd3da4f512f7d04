"""Which parcels are alike to a carrier policy, in compiled code: zone, step of weight, promise, sort of address."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from sim.addresses import Addresses, bytes_at, int_at, long_at, real_at, short_at

if TYPE_CHECKING:
    from sim.agents.site import Site

(
    SHIPMENT_ORDER,
    SHIPMENT_WEIGHT,
    ORDER_REGION,
    ORDER_CHANNEL,
    ORDER_DELIVER_BY,
    NODE_ZONES,
    WEIGHT_BREAKS,
    CHANNEL_TO_HOME,
    COLUMNS,
) = range(9)

ODD = -1
"""The kind of a parcel that is like no other."""
_ZONES, _STEPS = 16, 1024


class ParcelKinds:
    """Numbers the kinds of a node's parcels; two of one number get the same answer from a carrier policy."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._memory = np.zeros(COLUMNS, dtype=np.int64)
        self._kinds = array("q")
        self._addresses = Addresses()
        site.register.moves.listen(self._addresses.forget)
        breaks = site.tariff.breaks
        self._breaks = np.array(breaks, dtype=np.float64)
        self._zones = [np.array(row, dtype=np.int64) for row in site.tariff.zones]
        self._to_home = np.array([c.residential for c in site.world.network.channels], dtype=np.uint8)
        tariff = site.tariff
        self._all_odd = tariff.is_dimensional or tariff.has_surcharges or len(breaks) >= _STEPS

    def of(self, node: int, shipments: array[int]) -> array[int]:
        """The kind of each of ``shipments``, at least; `ODD` for those of which the weight is beyond all breaks, and
        for all where volume or surcharges count."""
        if not self._addresses:
            self._bind()
        jobs, count = shipments.buffer_info()
        if len(self._kinds) < count:
            self._kinds = array("q", [ODD]) * count
        if not self._all_odd:
            number_kinds(self._memory, node, jobs, count, self._kinds.buffer_info()[0], len(self._breaks))
        return self._kinds

    def _bind(self) -> None:
        memory, address, register = self._memory, self._addresses, self._site.register
        memory[SHIPMENT_ORDER] = address.of(register.shipments.order)
        memory[SHIPMENT_WEIGHT] = address.of(register.shipments.weight_kg)
        memory[ORDER_REGION] = address.of(register.orders.region)
        memory[ORDER_CHANNEL] = address.of(register.orders.channel)
        memory[ORDER_DELIVER_BY] = address.of(register.orders.deliver_by_ms)
        memory[NODE_ZONES] = address.table(self._zones)
        memory[WEIGHT_BREAKS] = address.of(self._breaks)
        memory[CHANNEL_TO_HOME] = address.of(self._to_home)


@njit("void(int64[::1], int64, int64, int64, int64, int64)", cache=True)
def number_kinds(memory: Any, node: int, jobs: int, count: int, kinds_at: int, breaks: int) -> None:
    """What `ParcelKinds.of` does, for ``count`` shipment numbers at the address ``jobs``."""
    shipments, kinds = int_at(jobs), long_at(kinds_at)
    order_of, weight_of = int_at(memory[SHIPMENT_ORDER]), real_at(memory[SHIPMENT_WEIGHT])
    region_of, channel_of = int_at(memory[ORDER_REGION]), short_at(memory[ORDER_CHANNEL])
    deliver_by, to_home = long_at(memory[ORDER_DELIVER_BY]), bytes_at(memory[CHANNEL_TO_HOME])
    zone_of, limit = long_at(long_at(memory[NODE_ZONES])[node]), real_at(memory[WEIGHT_BREAKS])
    for place in range(count):
        order = order_of[shipments[place]]
        weight, step = weight_of[shipments[place]], 0
        while step < breaks and limit[step] < weight:
            step += 1
        if step == breaks:
            kinds[place] = ODD
        else:
            kind = deliver_by[order] * 2 + to_home[channel_of[order]]
            kinds[place] = (kind * _ZONES + zone_of[region_of[order]]) * _STEPS + step


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
