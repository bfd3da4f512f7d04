"""How much work orders are about to bring to a node: at the pace of the last week, or as the forecaster says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.books.columns import as_numpy
from sim.units import DAY_MS, HOUR_MS

if TYPE_CHECKING:
    from sim.agents.site import Site

Floats = NDArray[np.float64]
_DAYS = 7
_HOURS = 24
_UNITS_A_LINE, _LINES_A_PARCEL = 1.0, 1.6
"""What is taken for granted before a node has sent anything (DOMAIN.md, section 6: 1.8 lines an order)."""


class Pace:
    """Lines and parcels that nodes were given in the last week, by hour of the day (hours since the start)."""

    def __init__(self, site: Site) -> None:
        self._site = site
        nodes = len(site.world.network.nodes)
        self._lines, self._parcels = np.zeros((nodes, _HOURS)), np.zeros((nodes, _HOURS))
        self._units = np.zeros(nodes)
        self._times = np.ones(_HOURS)

    def look(self) -> None:
        """Count anew; `expected` builds on it."""
        now = self._site.clock.now_ms
        since = max(0, now - _DAYS * DAY_MS)
        shipments, nodes = self._site.register.shipments, len(self._lines)
        present = shipments.present()
        planned = as_numpy(shipments.planned_ms)[present]
        mine = present[(planned >= since) & (planned < now)]
        node, hour = as_numpy(shipments.node)[mine], as_numpy(shipments.planned_ms)[mine] // HOUR_MS % _HOURS
        begin, end = as_numpy(shipments.first_piece)[[mine[0], mine[-1] + 1]] if len(mine) else (0, 0)
        pieces = as_numpy(self._site.register.pieces.units)[begin:end]
        total = np.concatenate([[0], np.cumsum(pieces, dtype=np.int64)])
        cell = node * _HOURS + hour
        first, last = (as_numpy(shipments.first_piece)[at] - begin for at in (mine, mine + 1))
        self._lines = _counted(cell, last - first, nodes * _HOURS).reshape(nodes, _HOURS)
        self._parcels = _counted(cell, np.ones(len(mine)), nodes * _HOURS).reshape(nodes, _HOURS)
        self._units = _counted(node, total[last] - total[first], nodes)
        self._times = _hours_between(since, now)

    def expected(self, node: int, from_ms: int, until_ms: int) -> tuple[float, float]:
        """Lines and parcels that will come between two moments."""
        if self._site.forecaster is not None:
            return self._forecast(node, from_ms, until_ms)
        if not self._times.any():
            return 0.0, 0.0
        shares = _hours_between(from_ms, until_ms)
        return float(self._rate(self._lines[node]) @ shares), float(self._rate(self._parcels[node]) @ shares)

    def _rate(self, counts: Floats) -> Floats:
        """What came in an hour, by hour of the day; of hours that have not been seen yet, the mean."""
        usual = np.full(_HOURS, counts.sum() / self._times.sum())
        return np.divide(counts, self._times, out=usual, where=self._times > 0)

    def _forecast(self, node: int, from_ms: int, until_ms: int) -> tuple[float, float]:
        """Units of the forecast, day by day; their hours, lines and parcels are as they were."""
        units = 0.0
        moment = from_ms
        while moment < until_ms:
            day = moment // DAY_MS * DAY_MS
            ends = min(day + DAY_MS, until_ms)
            units += self._units_ahead(node, day, day + DAY_MS) * self._share(node, moment, ends)
            moment = ends
        lines, parcels, sold = self._lines[node].sum(), self._parcels[node].sum(), self._units[node]
        found = units * (lines / sold if sold else 1 / _UNITS_A_LINE)
        return found, found * (parcels / lines if lines else 1 / _LINES_A_PARCEL)

    def _units_ahead(self, node: int, from_ms: int, until_ms: int) -> float:
        """Expected units of a day; of one that has begun, at the pace of what is left of it."""
        forecaster, begin = self._site.forecaster, max(from_ms, self._site.clock.now_ms)
        assert forecaster is not None
        span = np.full(len(self._site.world.network.products), float(until_ms - begin))
        found = float(forecaster.outlook(node).demand(begin, span).sum())
        return found * (until_ms - from_ms) / (until_ms - begin)

    def _share(self, node: int, from_ms: int, until_ms: int) -> float:
        """The share of a day's lines that comes between two of its moments."""
        shares = _hours_between(from_ms, until_ms)
        if self._times.all() and self._lines[node].any():
            rate = self._rate(self._lines[node])
            return float(rate @ shares / rate.sum())
        return float(shares.sum()) / _HOURS


def _counted(cell: NDArray[Any], weight: NDArray[Any], cells: int) -> Floats:
    return np.bincount(cell, weight, cells).astype(np.float64)


def _hours_between(from_ms: int, until_ms: int) -> Floats:
    """Hours between two moments, by hour of the day."""
    found = np.zeros(_HOURS)
    moment = from_ms
    while moment < until_ms:
        ends = min((moment // HOUR_MS + 1) * HOUR_MS, until_ms)
        found[moment // HOUR_MS % _HOURS] += (ends - moment) / HOUR_MS
        moment = ends
    return found
