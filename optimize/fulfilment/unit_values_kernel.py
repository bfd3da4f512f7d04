"""The value of one more unit by dynamic programming, and serving orders at it: compiled code."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from optimize.fulfilment.choice_kernel import cheapest, fill_reach, take, work_space


@njit(cache=True)
def gains(items: Any, sizes: Any, unit: Any, fixed: Any, prices: Any, stock: Any, gain: Any) -> None:
    """What a class gains by an item from a centre for nothing, into ``gain`` (classes, longest, centres)."""
    sources, cities = unit.shape
    longest = items.shape[1]
    space, chosen = work_space(sources, longest), np.empty(longest, np.int64)
    reach, kept = space.reach, np.empty(sources)
    for place in range(len(gain)):
        kind, city = place // cities, place % cities
        size = sizes[kind]
        fill_reach(items[kind], size, unit, city, prices, stock, reach)
        for item in range(size):
            kept[:] = reach[:, item]
            for centre in range(sources - 1):
                if kept[centre] == np.inf:
                    gain[place, item, centre] = 0.0
                    continue
                reach[centre, item] = np.inf
                without = cheapest(space, fixed, size, chosen)
                reach[:, item] = np.inf
                reach[centre, item] = unit[centre, city]
                gain[place, item, centre] = without - cheapest(space, fixed, size, chosen)
                reach[:, item] = kept


@njit(cache=True)
def values_of_units(gain: Any, rates: Any, phase: Any, slots: Any, units: Any, rows: Any) -> None:
    """The dynamic program of one centre and item, backwards over steps of time.

    Parameters
    ----------
    gain
        (classes,) in falling order, all above zero.
    rates
        (phases, classes) orders in a slot.
    phase, slots
        (steps,) the phase of each step and its number of slots.
    units
        How many there are now.
    rows
        (rows, levels) out: value, after the step, of the unit that leaves when ``level`` have left before it.
    """
    value = np.zeros(units + 1)
    orders = np.zeros(len(gain) + 1)
    gained = np.zeros(len(gain) + 1)
    current = -1
    for step in range(len(phase) - 1, -1, -1):
        if phase[step] != current:
            current = phase[step]
            for number in range(len(gain)):
                orders[number + 1] = orders[number] + rates[current, number]
                gained[number + 1] = gained[number] + rates[current, number] * gain[number]
        if step < len(rows):
            for level in range(min(rows.shape[1], units)):
                rows[step, level] = value[units - level]
        before, above = 0.0, 0
        for unit in range(1, units + 1):
            worth = value[unit]  # falls with the unit's number, so the classes above it only grow
            while above < len(gain) and gain[above] > worth:
                above += 1
            now = slots[step] * (gained[above] - worth * orders[above])
            value[unit] = worth + now - before
            before = now


@njit(cache=True)
def all_values(
    gain: Any, items: Any, cities: Any, rates: Any, phase_of_slot: Any, stock: Any, coarse: Any, block: Any, values: Any
) -> Any:
    """`values_of_units` for all stock, into ``values`` (rows, centres, items, levels); the slots of a row, by both."""
    centres, kinds = stock.shape
    wide = np.ones((centres, kinds), np.int64)
    left = len(phase_of_slot)
    for item in range(kinds):
        for centre in range(centres):
            if stock[centre, item] <= 0:
                continue
            count = 0
            found = np.empty(len(gain))
            whose = np.empty(len(gain), np.int64)
            for place in range(len(gain)):
                for position in range(items.shape[1]):
                    if items[place // cities, position] == item and gain[place, position, centre] > 1e-12:
                        found[count] = gain[place, position, centre]
                        whose[count] = place
                        count += 1
            order = np.argsort(-found[:count])
            own = np.empty((len(rates), count))
            most = 1e-12
            for number in range(len(rates)):
                total = 0.0
                for rank in range(count):
                    own[number, rank] = rates[number, whose[order[rank]]]
                    total += own[number, rank]
                most = max(most, total)
            width = max(1, min(block, int(coarse / most)))
            steps = (left + width - 1) // width
            slots = np.full(steps, float(width))
            slots[steps - 1] = left - (steps - 1) * width
            wide[centre, item] = width
            rows = (block + width - 1) // width
            values_of_units(
                found[:count][order], own, phase_of_slot[::width], slots, stock[centre, item],
                values[:rows, centre, item],
            )  # fmt: skip
    return wide


@njit(cache=True)
def serve_by_values(
    arrivals: Any, items: Any, sizes: Any, unit: Any, fixed: Any, values: Any, wide: Any, start: Any, stock: Any,
    taken: Any,
) -> float:  # fmt: skip
    """Serve arrivals in turn, each unit at its value; ``start`` is the stock that the first row of values was for."""
    sources, cities = unit.shape
    longest = items.shape[1]
    space, chosen = work_space(sources, longest), np.empty(longest, np.int64)
    reach, cost = space.reach, 0.0
    for slot in range(len(arrivals)):
        if arrivals[slot] < 0:
            continue
        kind, city = arrivals[slot] // cities, arrivals[slot] % cities
        size = sizes[kind]
        for item in range(size):
            number = items[kind, item]
            for centre in range(sources - 1):
                if stock[centre, number] > 0:
                    gone = start[centre, number] - stock[centre, number]
                    worth = values[slot // wide[centre, number], centre, number, gone]
                    reach[centre, item] = unit[centre, city] + worth
                else:
                    reach[centre, item] = np.inf
            reach[sources - 1, item] = unit[sources - 1, city]
        cheapest(space, fixed, size, chosen)
        cost = take(items[kind], size, unit, city, fixed, chosen, stock, taken[slot], cost)
    return cost
