"""What units are worth in a chain of a feeder and the places that it feeds, and who gets them when they are few:
compiled code.

A *place* is where customers are served. Once units have come to the feeder they go where they are most likely to be
asked for until the next ones can be there: the k-th unit is worth the chance of the best place left. By sample average
over demands until then, at each of which the rest of the demand is known by its chances alone, as in the recursion of
Clark and Scarf (1960) and the allocation of Eppen and Schrage (1981). What lies at a place already stays there.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from optimize.transfers.tables_kernel import chances

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_SURE = 8.0
_HALVINGS = 20
_PORTIONS = 40
_LEAST_SHARE = 0.01
"""Of what a unit costs that is not asked for: a worth below that is none."""


@njit(cache=True, nogil=True)
def reach_of(mean: float, dispersion: float) -> int:
    """Units beyond which nobody will ask."""
    return int(mean + _SURE * math.sqrt(mean * dispersion)) + 16


@njit(cache=True, nogil=True)
def tables_of(mean: Floats, dispersion: Floats) -> Floats:
    """P(D > y) of each place, shape (places, units); 0 beyond its reach."""
    widest = 0
    for place in range(len(mean)):
        widest = max(widest, reach_of(mean[place], dispersion[place]))
    found, one = np.zeros((len(mean), widest + 1)), np.empty(widest + 2)
    for place in range(len(mean)):
        if mean[place] > 0.0:
            chances(mean[place], dispersion[place], widest + 1, one)
            found[place] = one[1:]
    return found


@njit(cache=True, nogil=True)
def demands_of(mean: Floats, dispersion: Floats, order: Ints, more: Floats) -> Floats:
    """Equally likely demands of the places, shape (samples, places): the quantiles amid as many strata, which ``order``
    (places, samples) puts beside one another, and ``more`` (samples, places) on top, at least 0 in all."""
    places, samples = order.shape
    found, chance = np.zeros((samples, places)), np.empty(samples)
    for place in range(places):
        if mean[place] > 0.0:
            upto = reach_of(mean[place], dispersion[place])
            above = np.empty(upto + 2)
            chances(mean[place], dispersion[place], upto + 1, above)
            units = 0
            for k in range(samples):
                while units < upto and 1.0 - above[units + 1] < (k + 0.5) / samples:
                    units += 1
                chance[k] = units
            for s in range(samples):
                found[s, place] = chance[order[place, s]]
        for s in range(samples):
            found[s, place] = max(0.0, np.round(found[s, place] + more[s, place]))
    return found


@njit(cache=True, nogil=True)
def worth_at(table: Floats, units: int, extra: float) -> float:
    """What one more is worth where there are so many: the chance that it is asked for, less what it costs there."""
    if units < 0:
        return 1.0 - extra
    return table[units] - extra if units < len(table) else -extra


@njit(cache=True, nogil=True)
def unit_worths(
    before: Floats, weight: Floats, position: Ints, table: Floats, extra: Floats, least: float, upto: int
) -> Floats:
    """The average worth of the k-th unit that comes to the feeder, shape (upto,); it falls with k.

    Parameters
    ----------
    before
        Demand until units can be sent on, shape (samples, places), each with a ``weight``; the weights sum to 1.
    position
        What lies at each place, or is on its way there, less what is owed.
    table
        P(D > y) of demand from then on until the next units could be there, shape (places, units).
    extra
        What a unit costs more at a place than at the feeder, as a share of what a unit short costs.
    least
        What is worth no more than this counts as nothing.
    """
    found, places = np.zeros(upto), len(position)
    units, worth = np.empty(places, np.int64), np.empty(places)
    for s in range(len(before)):
        for place in range(places):
            units[place] = position[place] - int(before[s, place])
            worth[place] = worth_at(table[place], units[place], extra[place])
        for k in range(upto):
            best = 0
            for place in range(1, places):
                if worth[place] > worth[best]:
                    best = place
            if worth[best] <= least:
                break
            found[k] += weight[s] * worth[best]
            units[best] += 1
            worth[best] = worth_at(table[best], units[best], extra[best])
    return found


@njit(cache=True, nogil=True)
def _suffices(kept: int, left: Floats, position: Ints, table: Floats, least: float) -> bool:
    """Whether ``kept`` units give every place, in every sample, all that are worth more than ``least`` there."""
    places = len(position)
    full = np.zeros(places, np.int64)
    for place in range(places):
        while full[place] < table.shape[1] and table[place, full[place]] > least:
            full[place] += 1
    for s in range(len(left)):
        wanted = 0
        for place in range(places):
            wanted += max(0, full[place] - position[place] + int(left[s, place]))
        if wanted > kept:
            return False
    return True


@njit(cache=True, nogil=True)
def _worth_more(table: Floats, worth: float) -> int:
    """How many units of a place are worth more: by halving, for they are worth less and less."""
    low, high = 0, len(table)
    while low < high:
        middle = (low + high) // 2
        if table[middle] > worth:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _worth_of_the_last(left: Floats, position: Ints, kept: int, table: Floats, least: float, last: Floats) -> None:
    """By sample, what the last of ``kept`` units is worth if all are sent on; 0 where it is no more than ``least``.

    That is the worth than which fewer units are worth more, found by halving.
    """
    places = len(position)
    for s in range(len(left)):
        low, high = 0.0, 1.0
        for step in range(_HALVINGS):
            worth, count = least if step == 0 else (low + high) / 2, 0
            for place in range(places):
                count += max(0, _worth_more(table[place], worth) - position[place] + int(left[s, place]))
            if count >= kept:
                low = worth
            elif step == 0:
                high = 0.0
                break
            else:
                high = worth
        last[s] = high


@njit(cache=True, nogil=True)
def rationed(
    free: int, wanted: Ints, position: Ints, now: Floats, until_more: Floats, later: Floats, costs: float
) -> Ints:
    """Units that go to each place now, of those that are ``free`` at the feeder and ``wanted``; shape (places,).

    A unit goes where the chance that it is asked for until the next ones can be there is the highest, as long as that
    is worth more than to keep it: a unit that is kept may go anywhere at the last moment before the feeder gets more,
    one that was sent stays. The last place is the feeder itself, where units are by being kept.

    Parameters
    ----------
    now
        P(D > y) until the next units can be there, by place.
    until_more
        Demand until the feeder gets more, shape (samples, places).
    later
        P(D > y) from then on, until units that are sent then are there.
    costs
        What a unit costs that is not asked for, as a share of what a unit short costs.
    """
    feeder, sent = len(position) - 1, np.zeros(len(position), np.int64)
    total, last, least = 0, np.empty(len(until_more)), _LEAST_SHARE * costs
    for place in range(feeder):
        total += wanted[place]
    if total == 0 or free <= 0:
        return sent
    if free >= total:
        after = position.copy()
        after[:feeder] += wanted[:feeder]
        enough = worth_at(now[feeder], position[feeder] + free - total, 0.0) <= least
        if enough and _suffices(free - total, until_more, after, later, least):
            sent[:feeder] = wanted[:feeder]
            return sent
    step, kept = max(1, total // _PORTIONS), free
    while kept > 0:
        after = position + sent
        _worth_of_the_last(until_more, after, kept, later, least, last)
        best, most = -1, 0.0
        for place in range(feeder):
            if sent[place] >= wanted[place]:
                continue
            gain = worth_at(now[place], after[place], 0.0) * (1.0 + costs) - costs
            gain -= worth_at(now[feeder], position[feeder] + kept - 1, 0.0)
            for s in range(len(last)):
                here = worth_at(later[place], after[place] - int(until_more[s, place]), 0.0)
                gain -= max(0.0, last[s] - here) / len(last)
            if gain > most:
                best, most = place, gain
        if best < 0:
            break
        units = min(step, wanted[best] - sent[best], kept)
        sent[best] += units
        kept -= units
    return sent


@njit(cache=True, nogil=True)
def chain_worths(
    mean: Floats,
    dispersion: Floats,
    order: Ints,
    more: Floats,
    position: Ints,
    mean_after: Floats,
    dispersion_after: Floats,
    extra: Floats,
    least: float,
) -> Floats:
    """`unit_worths` of one product, from the mean of each place's demand until units can be sent on and from then until
    the next ones could be there, and its variance over it; as many units as anybody will ask for."""
    samples, upto = order.shape[1], 0
    for place in range(len(mean)):
        asked = reach_of(mean[place], dispersion[place]) + reach_of(mean_after[place], dispersion_after[place])
        upto += max(0, asked - position[place])
    before = demands_of(mean, dispersion, order, more)
    weight = np.full(samples, 1.0 / samples)
    return unit_worths(before, weight, position, tables_of(mean_after, dispersion_after), extra, least, upto)
