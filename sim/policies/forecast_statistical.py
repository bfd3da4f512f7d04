"""Forecasts by a statistical library; it is imported when such a policy is bound, and not before."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim.errors import PeakproofError
from sim.policies.forecast import Floats, SalesView, nothing, without_lift
from sim.policies.registry import policy
from sim.world import World

_SEASON = 7
_ENOUGH = 2 * _SEASON + 1
"""Fewer buckets than this tell nothing of weekdays."""


class LibraryMissingError(PeakproofError):
    """A policy needs an optional library that is not installed."""


@policy("forecast", "ets_top_down")
@dataclass(slots=True)
class EtsTopDown:
    """ETS(A, N, A) of each node's total, split by each SKU's share of the last ``window`` buckets; freed of promotions.

    Exponential smoothing in state space form with a weekly season (Hyndman et al. 2008), its parameters estimated by
    maximum likelihood with statsmodels (the extra ``forecast``), top down by average proportions (Gross and Sohl 1990):
    a node's total has a pattern that a single SKU is too slow to show. Without two weeks of days it is the mean.
    """

    window: int = 28
    _model: Any = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.window < 1:
            raise ValueError("an average needs a window of 1 or more buckets")

    def bind(self, world: World) -> None:
        """Import the library."""
        try:
            from statsmodels.tsa.exponential_smoothing.ets import ETSModel
        except ImportError as error:
            raise LibraryMissingError(
                "the forecast policy 'ets_top_down' needs statsmodels: pip install 'peakproof[forecast]'"
            ) from error
        self._model = ETSModel

    def decide(self, view: SalesView) -> Floats:
        """Forecast each node's total, and split it."""
        if not len(view.sales):
            return nothing(view)
        usual = without_lift(view.sales, view.lift)
        recent = usual[-self.window :].mean(axis=0)
        share = recent / np.maximum(recent.sum(axis=1, keepdims=True), 1e-300)
        totals = np.stack([self._total(usual[:, node].sum(axis=1), view) for node in range(usual.shape[1])], axis=1)
        return totals[:, :, None] * share[None] * view.ahead_lift[:, None, :]

    def _total(self, series: Floats, view: SalesView) -> Floats:
        steps = len(view.ahead_season)
        if len(series) < _ENOUGH or not series.any() or len(set(view.season.tolist())) < _SEASON:
            return np.full(steps, series.mean())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a likelihood that is flat at its top is no trouble here
            fitted = self._model(series, error="add", seasonal="add", seasonal_periods=_SEASON).fit(disp=False)
        return np.maximum(0.0, np.asarray(fitted.forecast(steps), dtype=np.float64))
