"""What solvers are given and what they answer: programs, limits, solutions, records.

Limits are in *work units*, which are the same on every machine: simplex pivots of a linear program, nodes of a
mixed-integer one, deterministic seconds of CP-SAT. A guard by the wall clock stands behind them; a run in which it
fires is not reproducible, and its record says so. A solver that does not look at the guard either, because it hangs, is
stopped if it runs in a process of its own (`optimize.solver_process`).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from optimize.solver_process import SolverProcess

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

PROVEN, LIMITED, INFEASIBLE, FAILED = "proven", "limited", "infeasible", "failed"


@dataclass(frozen=True, slots=True)
class Limits:
    """When a solver stops.

    Attributes
    ----------
    gap
        Relative gap between solution and bound at which a solution counts as proven.
    work
        Work units (pivots, nodes, or deterministic seconds); None for no such limit.
    seed
        Of the solver's own tie-breaking.
    guard_seconds
        Wall-clock guard; a solve that it ends is marked in its record.
    apart
        The process that solves; None: this one, in which a solver that hangs stops everything.
    """

    gap: float = 1e-4
    work: float | None = None
    seed: int = 1
    guard_seconds: float = 300.0
    apart: SolverProcess | None = None


USUAL = Limits()
"""Unless told otherwise."""


@dataclass(frozen=True, slots=True)
class SolveRecord:
    """What one call did.

    ``build_seconds`` and ``solve_seconds`` are wall time, for people; ``work`` is in the solver's work units and may be
    charged to a simulated clock. ``gap`` is relative to the objective, infinite without a solution. ``guard_fired``
    also where a process was killed, or lost.
    """

    solver: str
    status: str
    rows: int
    columns: int
    objective: float
    bound: float
    work: float
    build_seconds: float
    solve_seconds: float
    guard_fired: bool = False
    reason: str = ""

    @classmethod
    def of_search(
        cls,
        solver: str,
        size: tuple[int, int],
        cost: float,
        bound: float,
        gap: float,
        *,
        work: float,
        began: float,
        guard_fired: bool = False,
        reason: str = "",
    ) -> SolveRecord:
        """The record of a search of the project's own that has a solution and bounds it by itself.

        ``size`` is rows and columns of the program that it stands for, ``began`` the `time.perf_counter` of its start.
        """
        status, seconds = PROVEN if cost - bound <= gap * abs(bound) else LIMITED, time.perf_counter() - began
        return cls(solver, status, *size, cost, bound, work, 0.0, seconds, guard_fired, reason)

    @property
    def gap(self) -> float:
        """Relative distance of the objective from the bound."""
        if not (math.isfinite(self.objective) and math.isfinite(self.bound)):
            return math.inf
        return abs(self.objective - self.bound) / max(1e-9, abs(self.objective))

    @property
    def has_solution(self) -> bool:
        """Whether there is something to act on."""
        return self.status in (PROVEN, LIMITED)


@dataclass(frozen=True, slots=True)
class Program:
    """Minimise ``cost @ x`` subject to ``row_lower <= matrix @ x <= row_upper`` and ``lower <= x <= upper``.

    ``integer`` marks columns that take whole values; None for a linear program. Shapes: (columns,), (rows,) and
    (rows, columns).
    """

    cost: Floats
    matrix: sparse.csr_array
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    integer: Bools | None = None

    @classmethod
    def of(
        cls,
        cost: Floats,
        matrix: sparse.sparray,
        row_lower: Floats | float,
        row_upper: Floats | float,
        *,
        lower: Floats | float = 0.0,
        upper: Floats | float = math.inf,
        integer: Bools | bool | None = None,
    ) -> Program:
        """A program whose bounds may be single numbers."""
        csr = sparse.csr_array(matrix)
        rows, columns = csr.shape

        def spread(value: Floats | float, size: int) -> Floats:
            return np.ascontiguousarray(np.broadcast_to(np.asarray(value, dtype=np.float64), (size,)))

        whole = None if integer is None or integer is False else np.broadcast_to(np.asarray(integer), (columns,))
        return cls(
            np.asarray(cost, dtype=np.float64),
            csr,
            spread(row_lower, rows),
            spread(row_upper, rows),
            spread(lower, columns),
            spread(upper, columns),
            whole,
        )


@dataclass(frozen=True, slots=True)
class Solution:
    """An answer: ``values`` (columns,), and for linear programs ``duals`` (rows,); empty where there is none."""

    record: SolveRecord
    values: Floats = field(default_factory=lambda: np.empty(0))
    duals: Floats = field(default_factory=lambda: np.empty(0))


class Solver(Protocol):
    """Solves a program; tests put one that hangs, lies or crashes in its place."""

    def __call__(self, program: Program, limits: Limits) -> Solution:
        """A solution, or one without values; does not raise."""
        ...
