"""A solver that hangs, finds nothing or crashes never stops a run: a rule acts, the books say so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import optimize.allocation.batch_allocation
import optimize.allocation.shadow_prices
from optimize.programs import FAILED, INFEASIBLE, SolveRecord
from sim.model import Model
from sim.policies.calls import SOLVER
from sim.run import Run
from sim.units import DAY_MS, MINUTE_MS
from sim.world import Horizon, PolicyChoice, Rules, World
from tests.sim.witness import faults, frame
from tests.worlds import POLICIES, a_busy_world, stock

PROGRAM = {
    "shadow_prices": (optimize.allocation.shadow_prices, "price_network"),
    "batch": (optimize.allocation.batch_allocation, "assign"),
}
"""By policy: where it calls its solver."""


def a_short_world(name: str, **parameters: Any) -> World:
    return replace(
        a_busy_world(120.0, products=8),
        policies=POLICIES | {"allocation": PolicyChoice(name, parameters)},
        stock=stock(np.full((3, 8), 12)),
        horizon=Horizon(DAY_MS, 0, 6 * DAY_MS),
        rules=Rules(allocate_every_ms=30 * MINUTE_MS),
    )


def run(world: World, folder: Path) -> tuple[dict[str, Any], Path]:
    folder.mkdir(parents=True)
    return Model(world, 3).run(folder), folder


def crash(*_: Any, **__: Any) -> Any:
    raise RuntimeError("out of memory")


def nothing(*_: Any, **__: Any) -> Any:
    return answer_of(SolveRecord("test", INFEASIBLE, 3, 4, np.inf, -np.inf, 7.0, 0.0, 0.0, reason="infeasible"))


def hang(*_: Any, **__: Any) -> Any:
    """What is left of a solver that the guard stopped."""
    return answer_of(
        SolveRecord("test", FAILED, 3, 4, np.inf, -np.inf, 7.0, 0.0, 60.0, guard_fired=True, reason="no solution found")
    )


def answer_of(record: SolveRecord) -> Any:
    """As either program answers where it has nothing but its record."""
    return SimpleNamespace(record=record, records=[record])


def chosen(folder: Path) -> Any:
    return frame(folder, "decisions")[["event", "time_ms", "order", "shipment", "node"]].astype(str)


@pytest.mark.parametrize("name", sorted(PROGRAM))
@pytest.mark.parametrize("fault", [crash, nothing, hang], ids=["crashes", "finds_nothing", "hangs"])
def test_without_answers_the_exact_rule_decides(
    name: str, fault: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(*PROGRAM[name], fault)
    manifest, broken = run(a_short_world(name), tmp_path / "broken")
    _, exact = run(a_short_world("exact"), tmp_path / "exact")
    calls = frame(broken, "solver_calls")

    assert [] == faults(broken)
    assert len(calls) > 5
    assert {"infeasible" if fault is nothing else "failed"} == set(calls["status"])
    assert SOLVER not in set(calls["actor"])
    assert len(calls) == sum(manifest["solver_calls"][f"allocation={name}"]["fallbacks"].values())
    assert manifest["reproducible"] == (fault is not hang)
    # Service is that of the rule that stands in, no worse.
    assert Run(exact).kpis(["otif", "split_rate"]) == Run(broken).kpis(["otif", "split_rate"])
    assert chosen(exact).equals(chosen(broken))


def test_a_solver_without_time_marks_the_run(tmp_path: Path):
    """The guard is so short that every program is stopped at once."""
    manifest, folder = run(a_short_world("shadow_prices", guard_seconds=1e-9, gap=0.0), tmp_path / "run")
    calls = frame(folder, "solver_calls")

    assert [] == faults(folder)
    assert calls["guard_fired"].any()
    assert not manifest["reproducible"]


@pytest.mark.parametrize("name", sorted(PROGRAM))
def test_with_work_limits_two_runs_are_one(name: str, tmp_path: Path):
    world = a_short_world(name, most_work=1)
    one, other = (run(world, tmp_path / n)[0] for n in "ab")

    assert one == other
    assert one["reproducible"]


def test_work_that_is_charged_delays_the_batch(tmp_path: Path):
    """A second for each unit of work: shipments are planned later, orders that gather meanwhile wait for the next."""
    free, charged = (
        run(a_short_world("batch", seconds_per_work=seconds), tmp_path / str(seconds))[1] for seconds in (0.0, 60.0)
    )
    waits = [
        Run(folder).sql(
            'SELECT avg(s.allocated_ms - o.validated_ms) AS ms FROM shipments AS s JOIN orders AS o USING ("order")'
        )["ms"][0]
        for folder in (free, charged)
    ]

    assert [] == faults(charged)
    assert waits[1] > waits[0] + MINUTE_MS
