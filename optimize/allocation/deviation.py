"""Whether customers ask for more or less than the forecast that prices were made for."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from sim.units import HOUR_MS

_MOMENTS = 9
"""Of a period, at which its forecast is looked up: once a solve, so that an order costs no look-up."""


class Deviation:
    """Units asked for since a forecast was made, against it.

    Units of an order come together, so that the variance of what is asked for by n expected units is n times the mean
    square of an order's units over their mean, as in a compound Poisson process; it is taken from the orders seen.

    Parameters
    ----------
    errors
        Standard errors beyond which it is large; 0: never.
    pause_ms
        After a forecast was made, nothing is large for so long.
    """

    def __init__(self, errors: float, pause_ms: float) -> None:
        self._errors, self._pause_ms = errors, pause_ms
        self._moments, self._expected = np.zeros(1), np.zeros(1)
        self._units, self._squares, self._newest = 0.0, 0.0, -1

    def begin(self, expected: Callable[[int, int], float], now_ms: int, hours: float) -> None:
        """Count anew: ``expected`` tells the units from one moment to another, looked up for so many hours."""
        if self._errors <= 0:
            return
        self._units = self._squares = 0.0
        self._moments = np.linspace(now_ms, now_ms + hours * HOUR_MS, _MOMENTS)
        parts = [expected(int(a), int(b)) for a, b in zip(self._moments[:-1], self._moments[1:], strict=True)]
        self._expected = np.concatenate([[0.0], np.cumsum(parts)])

    def see(self, order: int, units: float) -> None:
        """An order for so many; one that is decided again is not counted again."""
        if order <= self._newest:
            return
        self._newest = order
        self._units += units
        self._squares += units * units

    def is_large(self, now_ms: int) -> bool:
        """Whether it is, at this moment."""
        if self._errors <= 0 or self._units <= 0 or now_ms - self._moments[0] < self._pause_ms:
            return False
        expected = float(np.interp(now_ms, self._moments, self._expected))
        variance = max(expected, 1.0) * self._squares / self._units
        return abs(self._units - expected) > self._errors * math.sqrt(variance)
