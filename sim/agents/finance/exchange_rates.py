"""What currencies are worth in the first entity's, at every moment of a run."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from math import exp, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sim.calendar import Calendar
from sim.network import FxRate, Network
from sim.streams import Streams

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_YEAR_DAYS = 365
_LEAST = 2.0**-53


def halves_away(amounts: Floats) -> Ints:
    """`half_away` of each."""
    return (np.sign(amounts) * np.floor(np.abs(amounts) + 0.5)).astype(np.int64)


class ExchangeRates:
    """Rates as dated, and drawn where they have a volatility.

    A drawn rate is a geometric random walk without drift (Hull, Options, Futures, and Other Derivatives, 10th edition,
    equation 14.9 with a mean of 0): each local midnight ``rate *= exp(s z - s**2 / 2)``, ``s`` being the yearly
    volatility over the root of 365, and ``z`` the day's own number. It is told in six figures, as rates are quoted.

    Parameters
    ----------
    network
        Whose first entity's currency all rates are in.
    until_ms
        No rate is drawn for later.

    Attributes
    ----------
    group : str
        The first entity's currency, which is worth 1.
    steps : tuple of FxRate
        All rates of the run, by currency and date, without volatility.
    """

    def __init__(self, network: Network, calendar: Calendar, streams: Streams, until_ms: int) -> None:
        self.group = network.entities[0].currency
        self._calendar, self._streams, self._until_ms = calendar, streams, until_ms
        by_currency: dict[str, dict[int, FxRate]] = {}
        for rate in network.fx_rates:
            by_currency.setdefault(rate.currency, {})[rate.from_ms] = rate
        self.steps = tuple(
            step for _, dated in sorted(by_currency.items()) for step in self._path(sorted(dated.items()))
        )
        self._from: dict[str, list[int]] = {self.group: [0]}
        self._rate: dict[str, list[float]] = {self.group: [1.0]}
        for step in self.steps:
            self._from.setdefault(step.currency, []).append(step.from_ms)
            self._rate.setdefault(step.currency, []).append(step.rate)

        self._tables: dict[str, Floats] = {}
        self._changes = np.unique([0, *(step.from_ms for step in self.steps)])

    def at(self, currency: str, time_ms: int) -> float:
        """What one unit of ``currency`` is worth at a moment."""
        place = bisect_right(self._from[currency], time_ms) - 1
        return self._rate[currency][max(0, place)]

    @property
    def changes_ms(self) -> list[int]:
        """The moments from which any rate is another one."""
        return [int(moment) for moment in self._changes]

    def numbers(self, time_ms: NDArray[np.signedinteger]) -> Ints:
        """For moments: numbers of the times between two changes of any rate."""
        return np.maximum(0, np.searchsorted(self._changes, time_ms, side="right") - 1).astype(np.int64)

    def table(self, currency: str) -> Floats:
        """What a currency is worth, by `numbers`."""
        if currency not in self._tables:
            self._tables[currency] = np.array([self.at(currency, at_ms) for at_ms in self._changes.tolist()])
        return self._tables[currency]

    def _path(self, dated: list[tuple[int, FxRate]]) -> Iterator[FxRate]:
        ends = [from_ms for from_ms, _ in dated[1:]] + [self._until_ms]
        for (from_ms, entry), end_ms in zip(dated, ends, strict=True):
            yield FxRate(entry.currency, from_ms, entry.rate)
            if entry.volatility:
                yield from self._walk(entry, end_ms)

    def _walk(self, entry: FxRate, end_ms: int) -> Iterator[FxRate]:
        first, last = self._calendar.day_at(entry.from_ms) + 1, self._calendar.day_at(end_ms) + 1
        luck = self._streams.block("exchange rate", entry.currency, 0, last)
        step, rate = entry.volatility / sqrt(_YEAR_DAYS), entry.rate
        for day in range(first, last):
            at_ms = self._calendar.at(day, 0)
            if at_ms >= end_ms:
                return
            z = NormalDist().inv_cdf(max(_LEAST, float(luck[day])))
            rate *= exp(step * z - step * step / 2)
            yield FxRate(entry.currency, at_ms, float(f"{rate:.6g}"))
