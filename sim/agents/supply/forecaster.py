"""The forecaster: counts what was sold as it is reported, forecasts it, and keeps book of how far that was off.

It works at the end of each bucket (a local day, unless the scenario says otherwise), before orders and decisions of
that moment. Channels that report equally late are forecast together, from what they have reported; so is, where nodes
do not share what their customers buy, what they have ordered of the node that feeds them.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.agents.supply.buckets import Buckets
from sim.agents.supply.sales_history import SalesHistory
from sim.books.forecasts import ForecastBook
from sim.clock import SYNC
from sim.policies.forecast import SalesView
from sim.policies.outlook import Outlook

if TYPE_CHECKING:
    from sim.agents.site import Site
    from sim.books.recorder import Recorder

Floats = NDArray[np.float64]

_REMEMBERED = 120
"""Buckets kept at least; a plan with a longer history keeps that."""
_LOOKS = 24
"""How often a bucket the stock of channels is looked at, where sales are uncensored."""
_RANK = 1 << 31
"""After all channels' own news of the moment."""


@dataclass(slots=True)
class Reported:
    """Sales that are reported together, ``late`` buckets after they were made."""

    channels: list[int]
    late: int
    sales: deque[Floats]
    to_come: deque[Floats]


class Forecaster:
    """The forecasts of one run."""

    def __init__(self, site: Site) -> None:
        self._site, self._plan = site, site.world.forecast
        network = site.world.network
        self._buckets = Buckets(site.calendar, self._plan.every_ms)
        self._history = SalesHistory(site, self._buckets)
        self._shape = (len(network.nodes), len(network.products))
        self._feeders = _deepest_first([node.source for node in network.nodes])
        self._ahead = self._horizon()
        kept = max(_REMEMBERED, self._plan.history_buckets)
        lags: dict[int, list[int]] = {}
        for number, spec in enumerate(network.channels):
            lags.setdefault(self._buckets.late(spec.sales_lag_ms), []).append(number)
        self._reports = [Reported(group, late, deque(maxlen=kept), deque()) for late, group in sorted(lags.items())]
        self._orders = None if self._plan.shared or not self._feeders else Reported([], 0, deque(maxlen=kept), deque())
        """What nodes order of those that feed them."""
        self._asked = np.zeros(self._shape)
        self._in_vain = np.zeros(self._shape)
        """By the node that asked: what it did not get, and so asks for again."""
        self._pending: dict[int, Floats] = {}
        """By bucket: what was expected of it when it began."""
        self._made = np.zeros((self._ahead + 1, *self._shape))
        self._bucket, self._made_ms = 0, 0
        self._is_stale = False
        """Whether a node has ordered since the forecast of this moment."""
        self._squares = np.zeros(self._shape)
        self._book: ForecastBook | None = None
        self._covers = self._covered()

    def record(self, recorder: Recorder) -> None:
        """Keep book with the run's other books."""
        self._book = ForecastBook(recorder)

    def start(self) -> None:
        """Remember what was sold before the run, learn how far forecasts of it would have been off, and forecast."""
        if self._site.world.trace is None:
            self._remember(self._history.before(self._plan.history_buckets))
        first = self._buckets.first
        if self._buckets.start_ms(first) == self._site.clock.now_ms:
            self._forecast(first)
            self._await(first + 1)
        else:
            self._forecast(first - 1)
            self._await(first)
        if self._plan.uncensor == "in_stock":
            self._look(None)

    def outlook(self, node: int) -> Outlook:
        """What a node may expect now, orders of this very moment included."""
        if self._is_stale:
            self._forecast(self._bucket)
        return Outlook(
            self._made_ms,
            self._buckets.every_ms,
            self._made[:, node],
            np.sqrt(self._squares[node]),
            self._covers[node],
        )

    def requested(self, node: int, feeder: int, wanted: list[tuple[int, int]], sent: dict[int, int]) -> None:
        """A node asked its feeder for stock, and got some; what it asked for in vain before is not asked for anew."""
        unmet = np.zeros(self._shape[1])
        asked = np.zeros(self._shape[1])
        for product, units in wanted:
            asked[product] = units
            unmet[product] = units - sent.get(product, 0)
        new = np.maximum(0.0, asked - self._in_vain[node])
        self._in_vain[node] = unmet
        if self._orders is not None and self._site.clock.now_ms == self._made_ms and self._bucket > self._buckets.first:
            self._orders.sales[-1][feeder] += new  # what is ordered as a bucket ends belongs to it
            self._is_stale = True
        else:
            self._asked[feeder] += new

    # Counting.

    def _await(self, bucket: int) -> None:
        """Come back when a bucket begins."""
        at_ms = self._buckets.start_ms(bucket)
        if at_ms <= self._site.world.horizon.end_ms:
            self._site.clock.at(at_ms, SYNC, self._turn, bucket, rank=_RANK)

    def _turn(self, bucket: int) -> None:
        """One bucket has ended and another begins."""
        if bucket > self._buckets.first:
            self._hear(bucket - 1)
        self._judge(bucket)
        self._forecast(bucket)
        self._await(bucket + 1)

    def _look(self, _: None) -> None:
        clock = self._site.clock
        self._history.look(clock.now_ms)
        at_ms = clock.now_ms + max(1, self._plan.every_ms // _LOOKS)
        if at_ms < self._site.world.horizon.end_ms:
            clock.at(at_ms, SYNC, self._look, rank=_RANK + 1)

    def _hear(self, bucket: int) -> None:
        """What was sold in a bucket goes the way of the reports."""
        sold = self._history.collect(bucket)
        for report in self._reports:
            report.to_come.append(self._with_fed(sold[report.channels].sum(axis=0)))
            if len(report.to_come) > report.late:
                report.sales.append(report.to_come.popleft())
        if self._orders is not None:
            self._orders.sales.append(self._asked)
            self._asked = np.zeros(self._shape)

    def _remember(self, sales: list[Floats]) -> None:
        """Enter the history bucket by bucket; its last ones are what forecasts are judged on before the run begins."""
        errors: list[Floats] = []
        judged_from = len(sales) - min(self._plan.backtest_buckets, max(0, len(sales) - 1))
        begin = self._buckets.first - len(sales)
        for place, sold in enumerate(sales):
            if place >= judged_from and all(report.sales for report in self._reports):
                expected = self._expect(begin + place, 1)[0]
                errors.append((expected - self._whole(sold)) ** 2)
            for report in self._reports:
                report.to_come.append(self._with_fed(sold[report.channels].sum(axis=0)))
                if len(report.to_come) > report.late:
                    report.sales.append(report.to_come.popleft())
            if self._orders is not None:
                self._orders.sales.append(self._fed_alone(sold.sum(axis=0)))
        if errors:
            self._squares = np.mean(errors, axis=0)

    def _whole(self, sold: Floats) -> Floats:
        """All that was asked of each node, by customers and by the nodes that it feeds."""
        own = sold.sum(axis=0)
        return self._with_fed(own) if self._orders is None else own + self._fed_alone(own)

    def _with_fed(self, own: Floats) -> Floats:
        """Sales of each node and, where they are shared, of all that it feeds."""
        return own + self._fed_alone(own) if self._plan.shared and self._feeders else own

    def _fed_alone(self, own: Floats) -> Floats:
        """Sales of all nodes that each one feeds, however indirectly."""
        total = own.copy()
        for node, feeder in self._feeders:
            total[feeder] += total[node]
        return total - own

    def _covered(self) -> NDArray[np.bool_]:
        """Which cells anyone's demand belongs to, customers' or other nodes'."""
        covered = np.array(self._history.has_customers)
        for node, feeder in self._feeders:
            covered[feeder] |= covered[node]
        return covered

    # Forecasting.

    def _horizon(self) -> int:
        """Buckets ahead that a forecast has: the longest lead time, a review and a week."""
        network = self._site.world.network
        lead_ms = max(s.lead_ms.mean for s in network.suppliers)
        transfer_ms = max((n.transfer_ms.mean for n in network.nodes if n.source is not None), default=0.0)
        review_ms = max(n.review_every_ms for n in network.nodes)
        return int(-(-(max(lead_ms, transfer_ms) + review_ms) // self._plan.every_ms)) + 8

    def _forecast(self, bucket: int) -> None:
        """Say what will be sold from the beginning of ``bucket`` on."""
        expected = self._expect(bucket, self._ahead)
        self._pending[bucket] = expected[0]
        self._bucket, self._made_ms, self._is_stale = bucket, self._buckets.start_ms(bucket), False
        self._made = np.concatenate([np.zeros((1, *self._shape)), np.cumsum(expected, axis=0)])

    def _expect(self, bucket: int, ahead: int) -> Floats:
        """Expected units of so many buckets from ``bucket`` on, shape (ahead, nodes, products)."""
        expected = np.zeros((ahead, *self._shape))
        for report in (*self._reports, *([self._orders] if self._orders is not None else [])):
            expected += self._expect_of(report, bucket, ahead)
        return expected

    def _expect_of(self, report: Reported, bucket: int, buckets: int) -> Floats:
        known = len(report.sales)
        end = bucket - report.late  # the first that is not reported yet
        ahead = range(end, bucket + buckets)
        past = range(end - known, end)
        lift = self._history.lift
        view = SalesView(
            self._site.clock.now_ms,
            np.array(report.sales) if known else np.zeros((0, *self._shape)),
            np.array([lift(report.channels, b) for b in past]).reshape(known, self._shape[1]),
            np.array([self._buckets.season(b) for b in past], dtype=np.int64),
            np.array([lift(report.channels, b) for b in ahead]),
            np.array([self._buckets.season(b) for b in ahead], dtype=np.int64),
        )
        return self._site.policies.forecast.decide(view)[report.late :]

    # Judging.

    def _judge(self, bucket: int) -> None:
        """Compare what was expected of the last bucket that all have reported with what was sold in it."""
        latest = max(report.late for report in self._reports)
        judged = bucket - 1 - latest
        reports = [*self._reports, *([self._orders] if self._orders is not None else [])]
        expected = self._pending.pop(judged, None)
        if expected is None or any(len(r.sales) < latest - r.late + 1 for r in reports) or judged < self._buckets.first:
            return
        sold = sum((r.sales[r.late - latest - 1] for r in reports), np.zeros(self._shape))
        weight = self._plan.error_smoothing
        self._squares = (1 - weight) * self._squares + weight * (expected - sold) ** 2
        if self._book is not None:
            before = [r.sales[r.late - latest - 2] if len(r.sales) > latest - r.late + 1 else None for r in reports]
            naive = sum((b for b in before if b is not None), np.zeros(self._shape))
            start_ms = self._buckets.start_ms(judged)
            self._book.write(start_ms, self._buckets.start_ms(judged + 1), self._covers, expected, sold, naive)


def _deepest_first(source: list[int | None]) -> list[tuple[int, int]]:
    """(node, the one that feeds it), those farthest down the chain first."""

    def depth(node: int) -> int:
        feeder = source[node]
        return 0 if feeder is None else 1 + depth(feeder)

    fed = [(node, feeder) for node, feeder in enumerate(source) if feeder is not None]
    return sorted(fed, key=lambda pair: -depth(pair[0]))
