"""Fraud as it is, and the score by which a company looks for it."""

from __future__ import annotations

from dataclasses import dataclass

SCORED = ("card", "prepaid")
"""Payments that somebody may have stolen; invoices and marketplaces answer for their own."""


@dataclass(frozen=True, slots=True)
class Risk:
    """Where ``when`` holds for an order, it is ``factor`` times as often fraud."""

    name: str
    when: str
    factor: float


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """Where ``when`` holds for an order, its score rises by ``points``."""

    name: str
    when: str
    points: float


@dataclass(frozen=True, slots=True)
class FraudPlan:
    """What is fraud, and what looks like it.

    Of the orders paid by one of `SCORED`, ``share`` is fraud, times the factor of each of the ``risks`` that holds: a
    customer's own draw, which no rule of the company moves. The score of an order is the sum of the points of the
    ``rules`` that hold, ``signal_points`` if it is fraud (what other evidence tells), and up to ``luck_points``, a
    uniform draw of its own. From ``review_at`` on people look at it, from ``reject_at`` on (None: never) it is
    cancelled by the rule alone.
    """

    share: float
    risks: tuple[Risk, ...] = ()
    rules: tuple[ScoreRule, ...] = ()
    signal_points: float = 0.0
    luck_points: float = 0.0
    review_at: float = 50.0
    reject_at: float | None = None
