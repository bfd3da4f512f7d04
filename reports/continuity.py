"""What a disruption did: a run beside the same run without it, on the same customers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.errors import PeakproofError
from sim.measures.facts import NOT_EARNED
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS

MARGIN = 0.01
"""How far the service may fall below that of the undisturbed run before it counts as fallen: one point."""
STRAGGLERS = 100
"""Recovered is who has at most 1 in so many of the peak backlog more than the undisturbed run."""
SIGMAS = 3.0
"""So many standard deviations of the usual backlog are noise: the limits of a control chart (Shewhart 1931)."""
HARMS = ("service", "backlog", "shipped late", "delivered late", "cancelled", "refused")
BEFORE_MS = 7 * DAY_MS
"""What was usual before it began: the mean of so long."""

Ints = NDArray[np.int64]


class ContinuityError(PeakproofError):
    """Two runs are no pair: they met other customers, or nothing tells them apart."""


@dataclass(frozen=True, slots=True)
class Continuity:
    """How one scenario under one policy took what happened to it; times in milliseconds.

    Attributes
    ----------
    begin_ms, end_ms
        From the first disruption that the undisturbed run lacks to the end of the last one.
    survive_ms
        Time to survive (Simchi-Levi et al. 2015): from the beginning until the share of orders shipped whole by their
        ship-by moment, of all whose moment has come since, first is more than `MARGIN` below that of the undisturbed
        run; None if it never is.
    recover_ms
        Time to recover: from the beginning until the backlog (orders captured, and neither shipped whole nor cancelled)
        is back for good at that of the undisturbed run, give or take what is noise, or 1 in `STRAGGLERS` of the peak; 0
        if it never was beyond that, None if it is not back before the run ends.
    drain_ms
        Of that, what came after the end of the disruption; None as above.
    peak_orders, peak_ms
        The most orders that waited more than in the undisturbed run, and the moment.
    noise_orders
        How many more orders are noise at that moment: `SIGMAS` standard deviations of the backlog that other customers
        would have made without the disruption. Who waits is counted, and such a count is Poisson where customers come
        by chance and wait independently of one another (Eick, Massey & Whitt 1993): its variance is its mean, which is
        the undisturbed run's backlog at the moment or, if that is more, its mean of `BEFORE_MS` before it began. Where
        a queue makes them wait for one another it varies more, so this is the least that is noise.
    late_orders, late_deliveries, cancelled_orders, refused_orders
        Orders that the undisturbed run shipped on time, delivered on time, did not cancel, did not refuse.
    measurable
        Which harm is more than noise: ``service`` where it fell, ``backlog`` where more orders waited than noise makes
        wait, and each count of orders that is `SIGMAS` standard deviations above that of the orders to which the
        opposite happened, as in McNemar's test (1947) of pairs: without an effect, either is as likely.
    lost_cents
        What the undisturbed run earned more, over all orders and all costs, to the end of the drain.
    lost_by_account
        The same by account: what was earned less (positive) or more, the largest loss first.
    """

    scenario: str
    policy: str
    currency: str
    begin_ms: int
    end_ms: int
    survive_ms: int | None
    recover_ms: int | None
    drain_ms: int | None
    peak_orders: int
    peak_ms: int
    noise_orders: int
    late_orders: int
    late_deliveries: int
    cancelled_orders: int
    refused_orders: int
    measurable: tuple[str, ...]
    lost_cents: int
    lost_by_account: tuple[tuple[str, int], ...]


def continuity(disturbed: Run, undisturbed: Run, policy: str = "", margin: float = MARGIN) -> Continuity:
    """Compare a run with the same run without (some of) its disruptions.

    Parameters
    ----------
    disturbed, undisturbed
        Of one scenario and one seed.
    policy
        What to call the policy that both were run with.
    margin
        How many points (0.01 is one) the service may fall before it counts as fallen.

    Raises
    ------
    ContinuityError
        If the two were not offered the same orders, or nothing happened in the one that did not in the other.
    """
    if disturbed.manifest["demand_hash"] != undisturbed.manifest["demand_hash"]:
        raise ContinuityError(
            "the two runs met other customers: a promotion must be in both of them, and the seed must be the same"
        )
    begin_ms, end_ms = _span(disturbed, undisturbed)
    at, more = excess(disturbed, undisturbed)
    after = at >= begin_ms
    peak = int(more[after].max(initial=0))
    peak_ms = int(at[after][int(np.argmax(more[after]))]) if peak else begin_ms
    noise = _noise(undisturbed, at[after], begin_ms)
    back_ms = _back(at[after], more[after], np.maximum(noise, peak // STRAGGLERS), begin_ms)
    fell_ms = _fell(disturbed, undisturbed, begin_ms, margin)
    harmed, spared = _harmed(disturbed, undisturbed), _harmed(undisturbed, disturbed)
    late, tardy, cancelled, refused = harmed
    measurable = [fell_ms is not None, back_ms != begin_ms]
    measurable += [h - s > SIGMAS * math.sqrt(h + s) for h, s in zip(harmed, spared, strict=True)]
    lost = _lost(disturbed, undisturbed)
    return Continuity(
        scenario=str(disturbed.manifest["scenario"]),
        policy=policy,
        currency=str(disturbed.manifest["currency"]),
        begin_ms=begin_ms,
        end_ms=end_ms,
        survive_ms=None if fell_ms is None else fell_ms - begin_ms,
        recover_ms=None if back_ms is None else back_ms - begin_ms,
        drain_ms=None if back_ms is None else max(0, back_ms - end_ms),
        peak_orders=peak,
        peak_ms=peak_ms,
        noise_orders=int(_noise(undisturbed, np.array([peak_ms]), begin_ms)[0]),
        late_orders=late,
        late_deliveries=tardy,
        cancelled_orders=cancelled,
        refused_orders=refused,
        measurable=tuple(name for name, is_so in zip(HARMS, measurable, strict=True) if is_so),
        lost_cents=sum(cents for _, cents in lost),
        lost_by_account=tuple(lost),
    )


def excess(disturbed: Run, undisturbed: Run) -> tuple[Ints, Ints]:
    """Moments, and how many more orders wait from each of them on than in the undisturbed run."""
    moments, steps = [], []
    for run, sign in ((disturbed, 1), (undisturbed, -1)):
        stays = run.sql("SELECT waits_from_ms, waits_until_ms FROM waiting")
        come, gone = stays["waits_from_ms"].to_numpy(), stays["waits_until_ms"].dropna().to_numpy()
        moments += [come, gone]
        steps += [np.full(len(come), sign), np.full(len(gone), -sign)]
    at, where = np.unique(np.concatenate(moments).astype(np.int64), return_inverse=True)
    change = np.zeros(len(at), dtype=np.int64)
    np.add.at(change, where, np.concatenate(steps))
    return at, np.cumsum(change)


def backlog(run: Run, at: Ints) -> Ints:
    """Orders captured, and neither shipped whole nor cancelled, at each moment of ``at``."""
    stays = run.sql("SELECT waits_from_ms, waits_until_ms FROM waiting")
    come, gone = (np.sort(stays[c].dropna().to_numpy()) for c in ("waits_from_ms", "waits_until_ms"))
    return np.searchsorted(come, at, side="right") - np.searchsorted(gone, at, side="right")


def backlog_by_hour(runs: dict[str, Run], results: list[Continuity]) -> pd.DataFrame:
    """Orders that wait, by the hour, a column a run: from twelve hours before it began to a day after recovery."""
    first = next(iter(runs.values()))
    until = max(r.begin_ms + r.recover_ms if r.recover_ms is not None else first.books.end_ms for r in results)
    begin = max(0, min(r.begin_ms for r in results) - 12 * HOUR_MS) // HOUR_MS * HOUR_MS
    at = np.arange(begin, until + 24 * HOUR_MS + 1, HOUR_MS, dtype=np.int64)
    frame = pd.DataFrame({name: backlog(run, at) for name, run in runs.items()})
    frame.index = pd.DatetimeIndex(first.local(pd.Series(at)))
    return frame


def _span(disturbed: Run, undisturbed: Run) -> tuple[int, int]:
    """When what the one run has and the other lacks began and ended."""
    both = [
        {(d["name"], d["kind"], d["at_ms"], d["duration_ms"]) for d in run.manifest["disruptions"]}
        for run in (disturbed, undisturbed)
    ]
    own = both[0] - both[1]
    if not own:
        raise ContinuityError(
            "nothing happened in this run that did not happen in the undisturbed one as well: give the scenario "
            "`disruptions` that are no promotions, or use an override that brings some"
        )
    return min(at for _, _, at, _ in own), max(at + duration for _, _, at, duration in own)


def _noise(undisturbed: Run, at: Ints, begin_ms: int) -> NDArray[np.float64]:
    """How many orders more are noise at each moment."""
    now = backlog(undisturbed, at)
    usual: NDArray[np.float64] = SIGMAS * np.sqrt(np.maximum(now, _usual(undisturbed, begin_ms)))
    return usual


def _usual(undisturbed: Run, begin_ms: int) -> float:
    """The mean backlog of the time before a moment."""
    since_ms = max(0, begin_ms - BEFORE_MS)
    stays = (
        undisturbed.sql("SELECT waits_from_ms, waits_until_ms FROM waiting").fillna(begin_ms).clip(since_ms, begin_ms)
    )
    waited_ms = float((stays["waits_until_ms"] - stays["waits_from_ms"]).sum())
    return waited_ms / (begin_ms - since_ms) if begin_ms > since_ms else 0.0


def _back(at: Ints, more: Ints, tolerated: NDArray[np.float64], begin_ms: int) -> int | None:
    above = np.flatnonzero(more > tolerated)
    if not len(above):
        return begin_ms
    after = int(above[-1]) + 1
    return int(at[after]) if after < len(at) else None


def _fell(disturbed: Run, undisturbed: Run, begin_ms: int, margin: float) -> int | None:
    """The first ship-by moment at which the service so far is too low."""
    counts = [
        run.sql(
            "SELECT ship_by_ms, count(*) AS due, count(*) FILTER (shipped_whole) AS met FROM orders "
            "WHERE ship_due AND ship_by_ms > $begin GROUP BY 1 ORDER BY 1",
            begin=begin_ms,
        ).set_index("ship_by_ms")
        for run in (disturbed, undisturbed)
    ]
    moments = sorted(set(counts[0].index) | set(counts[1].index))
    shares = []
    for count in counts:
        so_far = count.reindex(moments, fill_value=0).cumsum()
        shares.append((so_far["met"] / so_far["due"].clip(lower=1)).to_numpy())
    low = np.flatnonzero(shares[0] < shares[1] - margin)
    return int(moments[low[0]]) if len(low) else None


_FATES = """
SELECT "order", status = 'cancelled' AS cancelled, ship_due AND NOT shipped_whole AS late,
       due AND NOT delivered_whole AS tardy
FROM orders
"""


def _harmed(disturbed: Run, undisturbed: Run) -> tuple[int, int, int, int]:
    """Orders shipped late, delivered late, cancelled, refused in the one run and not in the other, by their numbers."""
    ours, usual = (run.sql(_FATES).set_index("order") for run in (disturbed, undisturbed))
    joined = usual.add_suffix("_usual").join(ours, how="left")
    refused = joined["late"].isna()
    theirs = joined[~refused].astype(bool)
    cancelled = theirs["cancelled"] & ~theirs["cancelled_usual"]
    kept = ~theirs["cancelled"] & ~theirs["cancelled_usual"]
    late, tardy = (theirs[fate] & ~theirs[f"{fate}_usual"] & kept for fate in ("late", "tardy"))
    return int(late.sum()), int(tardy.sum()), int(cancelled.sum()), int(refused.sum())


def _lost(disturbed: Run, undisturbed: Run) -> list[tuple[str, int]]:
    """By account, what the undisturbed run earned more."""
    ours, usual = (
        run.sql(
            "SELECT account, -sum(amount_cents)::BIGINT AS earned FROM journal "
            "WHERE NOT list_contains($left_out, account::VARCHAR) GROUP BY 1",
            left_out=list(NOT_EARNED),
        ).set_index("account")["earned"]
        for run in (disturbed, undisturbed)
    )
    accounts = sorted({*map(str, ours.index), *map(str, usual.index)})
    found = [(a, int(usual.get(a, 0)) - int(ours.get(a, 0))) for a in accounts]
    return sorted([(a, cents) for a, cents in found if cents], key=lambda loss: (-loss[1], loss[0]))
