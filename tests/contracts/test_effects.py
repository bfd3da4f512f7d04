"""Each capability has an effect that can be measured; docs/effects.md says how much."""

from __future__ import annotations

from tests.contracts.effects import Effect, Measured, effects, measured
from tests.contracts.test_capabilities import REQUIRED, known


def test_every_capability_has_an_effect():
    assert REQUIRED <= {effect.id for effect in effects()}


def test_its_key_exists():
    assert [] == [effect.key for effect in effects() if effect.key not in known()]


def test_a_capability_that_does_nothing_is_found():
    idle = Effect("B1", "nothing", "stock", (), "orders_captured", "up")

    assert 0 == measured(idle).difference
    assert -2.0 == Measured(3.0, 1.0).difference
    assert 2.0 == Measured(float("nan"), 2.0).difference
