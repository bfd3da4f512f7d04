"""The one place that talks to OR-Tools: what it answers, and that it always answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import sparse

from optimize.programs import FAILED, INFEASIBLE, LIMITED, PROVEN, Limits, Program
from optimize.solver import GrowingProgram, solve, solve_cp


def a_knapsack(size: int = 40, seed: int = 1) -> Program:
    """Hard enough that a node limit ends it."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(20, 100, (5, size)).astype(float)
    value = weights.sum(axis=0) + rng.integers(0, 30, size)
    return Program.of(-value, sparse.csr_array(weights), -math.inf, weights.sum(axis=1) / 3, upper=1.0, integer=True)


def test_a_linear_program_with_its_duals():
    # Two suppliers at 2 and 3, the first of at most 4; 10 wanted: the first is worth 1 more.
    program = Program.of(
        np.array([2.0, 3.0]),
        sparse.csr_array(np.array([[1.0, 1.0], [1.0, 0.0]])),
        np.array([10.0, -math.inf]),
        np.array([math.inf, 4.0]),
    )
    solution = solve(program)

    assert PROVEN == solution.record.status
    assert [4.0, 6.0] == pytest.approx(solution.values.tolist())
    assert [3.0, -1.0] == pytest.approx(solution.duals.tolist())
    assert 26.0 == pytest.approx(solution.record.objective)
    assert (2, 2, "glop") == (solution.record.rows, solution.record.columns, solution.record.solver)


def test_whole_columns_and_their_gap():
    program = Program.of(
        np.array([-5.0, -4.0]), sparse.csr_array(np.array([[6.0, 5.0]])), -math.inf, 9.0, upper=3.0, integer=True
    )
    solution = solve(program)

    assert [1.0, 0.0] == pytest.approx(solution.values.tolist())
    assert PROVEN == solution.record.status
    assert solution.record.gap <= 1e-4
    assert 0 == len(solution.duals)


def test_what_cannot_be_is_told():
    program = Program.of(np.array([1.0]), sparse.csr_array(np.array([[1.0]])), 5.0, math.inf, upper=3.0)

    assert INFEASIBLE == solve(program).record.status
    assert not solve(program).record.has_solution
    assert math.inf == solve(program).record.gap


def test_work_limits_are_the_same_every_time():
    limits = Limits(gap=0.0, work=1)
    one, two = solve(a_knapsack(), limits), solve(a_knapsack(), limits)

    assert LIMITED == one.record.status
    assert one.record.gap > 0
    assert one.values.tolist() == two.values.tolist()
    assert not one.record.guard_fired


def test_a_wall_clock_that_fires_is_marked():
    record = solve(a_knapsack(200), Limits(gap=0.0, guard_seconds=0.01)).record

    assert record.guard_fired
    assert PROVEN != record.status


def test_what_a_solver_throws_is_an_answer():
    program = Program.of(np.array([math.nan]), sparse.csr_array(np.array([[1.0]])), 1.0, 2.0)
    record = solve(program).record

    assert FAILED == record.status
    assert record.reason


def test_a_program_that_grows():
    program = GrowingProgram(np.array([10.0]), np.array([math.inf]))
    program.add_column(3.0, [0], [1.0])
    first = program.solve()
    program.add_column(2.0, [0], [1.0], upper=4.0)
    second = program.solve()
    program.set_row(0, 2.0, math.inf)
    third = program.solve()

    assert [30.0, 26.0, 4.0] == pytest.approx([s.record.objective for s in (first, second, third)])
    assert [3.0, 3.0, 2.0] == pytest.approx([float(s.duals[0]) for s in (first, second, third)])
    assert 2 == program.columns


def test_constraint_programming():
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x, y = model.new_int_var(0, 9, "x"), model.new_int_var(0, 9, "y")
    model.add(2 * x + 3 * y <= 12)
    model.maximize(3 * x + 4 * y)
    answer = solve_cp(model)

    assert PROVEN == answer.record.status
    assert 18 == answer.record.objective
    assert (6, 0) == (answer.value(x), answer.value(y))
    assert answer.record.work == round(answer.record.work, 9), "no digit that another run would not have"
    model.add(x + y >= 20)
    assert INFEASIBLE == solve_cp(model).record.status
    with pytest.raises(ValueError, match="no solution"):
        solve_cp(model).value(x)
