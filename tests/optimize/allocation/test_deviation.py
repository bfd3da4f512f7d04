"""A jump of demand has prices made anew at once, and nothing else does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimize.allocation.deviation import Deviation
from optimize.allocation.shadow_prices import ShadowPrices
from sim.policies.allocation import OrderView, StockView
from sim.units import HOUR_MS
from tests.optimize.allocation.test_shadow_prices import NEAR, WORLD, company

MINUTE_MS = HOUR_MS // 60


def an_hour_by_hour_company(units_an_hour: float):
    """Two products of three regions, asked for evenly."""
    rate = units_an_hour / 6
    return replace(company([]), demand=lambda begin, end: np.full((3, 2), rate * max(0, end - begin) / HOUR_MS))


def solves(minutes: list[float], deviation_errors: float = 0.0, pause_minutes: float = 15.0) -> list[float]:
    """At which minutes stock was priced, if an order for one unit came at each of these; 60 units are expected an
    hour."""
    policy = ShadowPrices(every_hours=10.0, deviation_errors=deviation_errors, pause_minutes=pause_minutes)
    policy.bind(WORLD)
    policy.watch(an_hour_by_hour_company(60.0))
    for number, minute in enumerate(minutes):
        now_ms = round(minute * MINUTE_MS)
        order = OrderView(number, 0, NEAR, [(number, 1, 1)], now_ms + HOUR_MS, now_ms)
        policy.decide(order, StockView([[9, 900], [9, 900]], [1, 1]))
    return [call.at_ms / MINUTE_MS for call in policy.calls.rows]


AS_EXPECTED = [float(n) for n in range(240)]
JUMP = AS_EXPECTED[:120] + [120 + n / 5 for n in range(60)] + [132.0 + n for n in range(108)]
"""As expected for two hours, then five orders a minute for twelve minutes, then as expected."""
LASTING = AS_EXPECTED[:120] + [120 + n / 5 for n in range(200)] + [160.0 + n for n in range(80)]
"""The same for forty minutes."""


def test_what_was_expected_is_no_deviation():
    assert [0.0] == solves(AS_EXPECTED, deviation_errors=4.0)


def test_a_jump_has_stock_priced_once():
    """With 132 expected and 46 more asked for, which is four standard errors. The new count begins there."""
    assert [0.0, 131.6] == solves(JUMP, deviation_errors=4.0)
    assert [0.0] == solves(JUMP)


def test_the_pause_is_kept_while_a_jump_lasts():
    told = solves(LASTING, deviation_errors=4.0, pause_minutes=10.0)

    assert len(told) > 2
    assert (np.diff(told[1:]) >= 10.0).all()


def test_silence_is_a_deviation_as_soon_as_somebody_asks():
    assert [0.0, 200.0] == solves([*AS_EXPECTED[:60], 200.0], deviation_errors=4.0)


def test_nothing_is_known_before_it_is_asked():
    """Orders to come change no moment at which prices were made before them."""
    before = [at for at in solves(LASTING, deviation_errors=4.0, pause_minutes=10.0) if at < 130]

    assert before == [at for at in solves(AS_EXPECTED, deviation_errors=4.0, pause_minutes=10.0) if at < 130]


@pytest.mark.parametrize(("units", "is_large"), [(1, True), (10, False)])
def test_units_that_come_together_deviate_more_by_chance(units: int, is_large: bool):
    """150 against 100 expected is 5 standard errors of single units, and 1.6 of tens."""
    deviation = Deviation(3.0, 0.0)
    deviation.begin(lambda begin, end: 100.0 * (end - begin) / HOUR_MS, 0, 1.0)
    for order in range(150 // units):
        deviation.see(order, units)
        deviation.see(order, units)  # decided again

    assert is_large == deviation.is_large(HOUR_MS)
