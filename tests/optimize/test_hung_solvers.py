"""A solver that never returns is killed, and only where it has a process of its own; a rule acts, the books say so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

import optimize.solver
import optimize.solver_process
from optimize.programs import FAILED, INFEASIBLE, PROVEN, Limits, Program, SolveRecord
from optimize.solver import solve, solve_cp, solve_flow
from optimize.solver_process import NoAnswerError, SolverProcess
from sim.model import Model
from sim.world import Rules, World
from tests.optimize import stuck_solver
from tests.optimize.execution.test_release_waves import a_jam
from tests.sim.witness import faults, frame

GUARD, SOON = 20.0, -19.7
"""Seconds: of the guard, and of grace where a call is to count as hung after .3 of them."""


@pytest.fixture(scope="module")
def apart() -> Iterator[SolverProcess]:
    """One process for all tests that do not kill it: it takes a second to start."""
    process = SolverProcess()
    yield process
    process.close()


def a_program(*, whole: bool) -> Program:
    rng = np.random.default_rng(1)
    matrix = sparse.csr_array(rng.integers(0, 9, (6, 20)).astype(float))
    return Program.of(-rng.random(20), matrix, -np.inf, 30.0, upper=2.0, integer=whole)


def told(record: SolveRecord) -> SolveRecord:
    return replace(record, build_seconds=0.0, solve_seconds=0.0)


@pytest.mark.parametrize("whole", [False, True], ids=["linear", "whole"])
def test_another_process_answers_the_same(whole: bool, apart: SolverProcess):
    here, there = (solve(a_program(whole=whole), Limits(work=5_000, apart=p)) for p in (None, apart))

    assert told(here.record) == told(there.record)
    assert here.values.tolist() == there.values.tolist()
    assert here.duals.tolist() == there.duals.tolist()


def test_constraint_programs_and_flows_go_there_too(apart: SolverProcess):
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x, y = model.new_int_var(0, 9, "x"), model.new_int_var(0, 9, "y")
    model.add(2 * x + 3 * y <= 12)
    model.maximize(3 * x + 4 * y)
    tail, head, capacity, cost, supply = map(np.array, ([0, 0, 1], [1, 2, 2], [4, 4, 4], [1, 3, 1], [5, 0, -5]))
    limits = Limits(apart=apart)
    answer, flow = solve_cp(model, limits), solve_flow(tail, head, capacity, cost, supply, limits)

    assert (PROVEN, 18.0, 6, 0) == (
        answer.record.status,
        answer.record.objective,
        answer.value(x),
        answer.value(y),
    )
    assert [4, 1, 4] == flow.units.tolist()
    model.add(x + y >= 20)
    assert INFEASIBLE == solve_cp(model, limits).record.status


def test_a_call_that_hangs_is_killed_and_the_next_finds_a_new_process(monkeypatch: pytest.MonkeyPatch):
    process = SolverProcess()
    monkeypatch.setattr(optimize.solver_process, "GRACE_SECONDS", SOON)
    with monkeypatch.context() as broken:
        broken.setattr(optimize.solver, "solve_here", stuck_solver.never_returns)
        record = solve(a_program(whole=True), Limits(guard_seconds=GUARD, apart=process)).record
    monkeypatch.setattr(optimize.solver_process, "GRACE_SECONDS", 60.0)
    again = solve(a_program(whole=True), Limits(apart=process)).record
    process.close()

    assert (FAILED, "highs", "hung: killed after 0.3 s") == (record.status, record.solver, record.reason)
    assert record.guard_fired
    assert PROVEN == again.status


def test_a_solver_that_dies_takes_nothing_with_it():
    process = SolverProcess()
    with pytest.raises(NoAnswerError, match=r"died \(-6\)"):
        process.ask(stuck_solver.dies, guard_seconds=60.0)


def test_after_calls_in_a_row_that_hung_some_are_left_out(monkeypatch: pytest.MonkeyPatch, apart: SolverProcess):
    monkeypatch.setattr(apart, "_hung", 5)
    for _ in range(20):
        with pytest.raises(NoAnswerError, match="not asked: the last 5 calls hung"):
            apart.ask(abs, -1, guard_seconds=60.0)

    assert 1 == apart.ask(abs, -1, guard_seconds=60.0)
    assert 2 == apart.ask(abs, -2, guard_seconds=60.0)


def jammed(*, apart: bool) -> World:
    """One packer has too much to do, so that waves have to be chosen by the solver."""
    return replace(a_jam("waves", guard_seconds=GUARD), rules=Rules(isolate_solvers=apart))


def run(world: World, folder: Path) -> dict[str, Any]:
    folder.mkdir()
    return Model(world, 3).run(folder)


def test_a_run_outlives_a_solver_that_hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(optimize.solver_process, "GRACE_SECONDS", SOON)
    monkeypatch.setattr(optimize.solver_process, "_HANGS_IN_A_ROW", 1)
    monkeypatch.setattr(optimize.solver, "solve_cp_text", stuck_solver.never_returns)
    manifest = run(jammed(apart=True), tmp_path / "run")
    calls = frame(tmp_path / "run", "solver_calls")

    assert [] == faults(tmp_path / "run")
    assert not manifest["reproducible"]
    assert len(calls) > 5
    assert ["hung: killed after 0.3 s"] == calls["reason"].tolist()[:1]
    assert {"not asked: the last 1 calls hung"} == set(calls["reason"].tolist()[1:20])
    assert {"failed"} == set(calls["status"])
    assert {"earliest due": len(calls)} == manifest["solver_calls"]["release=waves"]["fallbacks"]


def test_a_process_of_its_own_changes_no_decision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(optimize.solver_process, "GRACE_SECONDS", 60.0)
    here, there = (run(jammed(apart=apart), tmp_path / str(apart)) for apart in (False, True))

    assert here["solver_calls"]["release=waves"]["by_status"]["proven"] > 5
    assert here["files"] == there["files"]
