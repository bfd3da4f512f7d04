"""A route at work: many messages at once fare as each would alone."""

from __future__ import annotations

import pytest

from sim.distributions import Distribution, Fixed, Lognormal, Uniform
from sim.messages.plan import MessageRoute
from sim.messages.way import Way
from sim.streams import Streams

LATENCIES = (Fixed(90_000), Uniform(0, 3_600_000), Lognormal(3_600_000, 1.0))


@pytest.mark.parametrize("latency_ms", LATENCIES)
@pytest.mark.parametrize(("loss_share", "duplicate_share"), [(0.0, 0.0), (0.3, 0.0), (0.2, 0.4)])
def test_many_fare_as_each_would_alone(latency_ms: Distribution, loss_share: float, duplicate_share: float):
    route = MessageRoute(
        "line", ("tracking",), latency_ms=latency_ms, loss_share=loss_share, duplicate_share=duplicate_share
    )
    way, numbers = Way(Streams(7), route, 0, 0, "EAST"), [n * n for n in range(200)]
    many = way.fates("tracking", numbers, 1)

    assert [way.fate("tracking", number, 1) for number in numbers] == many
    assert any(takes_ms is None for takes_ms, _ in many) == bool(loss_share)
    assert any(copy_ms is not None for _, copy_ms in many) == bool(duplicate_share)
