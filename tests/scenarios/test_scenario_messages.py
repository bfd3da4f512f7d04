"""Messages in a scenario file: how they are read, and what is said of those that have no effect."""

from __future__ import annotations

from pathlib import Path

import pytest

from scenarios.errors import ScenarioError
from sim.distributions import Fixed
from sim.messages.plan import MessageRoute, Reconciliation
from sim.units import HOUR_MS, MINUTE_MS
from tests.scenarios.shops import shop


def test_messages_are_read_in_their_order(tmp_path: Path):
    world = shop(
        tmp_path,
        """
messages:
  third party: {kinds: [ship_confirmation, receipt], nodes: [West], mode: batch, interval: 1h, loss_share: 1%}
  the rest: {kinds: [ship_confirmation], latency: 30s, retries: 3, retry: 2min}
reconciliation: {at: "03:30", older_than: 1h}
""",
    )

    assert (
        MessageRoute(
            "third party",
            ("ship_confirmation", "receipt"),
            nodes=frozenset({1}),
            mode="batch",
            interval_ms=HOUR_MS,
            loss_share=0.01,
        ),
        MessageRoute("the rest", ("ship_confirmation",), latency_ms=Fixed(30_000), retries=3, retry_ms=2 * MINUTE_MS),
    ) == world.messages
    assert Reconciliation(210, 24 * HOUR_MS, HOUR_MS) == world.reconciliation


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("{kinds: [ship_confirm]}", "ship_confirmation"),
        ("{kinds: []}", "at least one entry"),
        ("{kinds: [release], channels: [web]}", "order_in or posting"),
        ("{kinds: [order_in], nodes: [West]}", "kinds other than"),
        ("{kinds: [release], nodes: [Nowhere]}", "there is no node 'Nowhere'"),
    ],
)
def test_what_is_wrong_with_a_message(tmp_path: Path, message: str, said: str):
    with pytest.raises(ScenarioError) as error:
        shop(tmp_path, f"messages:\n  mine: {message}\n")

    assert said in str(error.value)
    assert "messages.mine" in str(error.value)
    assert "shop.yaml:4" in str(error.value)
