"""Units of the simulation, stated once.

The clock counts integer milliseconds since the scenario's start, money is integer minor units
("cents", whatever the currency), weights are kilograms at the edges and grams inside.
"""

from math import floor

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS

GRAMS_PER_KG = 1_000
GRAMS_PER_LB = 453.592
KM_PER_MILE = 1.609344
EARTH_RADIUS_KM = 6_371.0

BASIS_POINTS = 10_000
"""Shares that multiply money are integers in 1/10,000, so that books stay in whole cents."""


def share_of(amount_cents: int, basis_points: int) -> int:
    """``amount_cents`` times ``basis_points`` / 10,000, rounded half away from zero."""
    product = amount_cents * basis_points
    half = BASIS_POINTS // 2
    return (product + half) // BASIS_POINTS if product >= 0 else -((-product + half) // BASIS_POINTS)


def half_away(amount: float) -> int:
    """``amount`` in whole minor units, halves away from zero."""
    return floor(amount + 0.5) if amount >= 0 else -floor(0.5 - amount)
