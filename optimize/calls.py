"""How a solver's record is kept for the run."""

from __future__ import annotations

import math

from optimize.solver import FAILED, SolveRecord
from sim.policies.calls import SOLVER, CallBook, SolverCall


def noted(
    book: CallBook,
    record: SolveRecord,
    decision: str,
    policy: str,
    at_ms: int,
    size: int,
    fallback: str,
    acted: str = "",
) -> None:
    """Keep a record of one call; ``fallback`` is the rule that acts where there is no solution, ``acted`` who did if
    that was neither it nor the solver."""
    found = record.has_solution
    book.note(
        SolverCall(
            at_ms=at_ms,
            decision=decision,
            policy=policy,
            size=size,
            rows=record.rows,
            columns=record.columns,
            status=record.status,
            actor=acted or (SOLVER if found else fallback),
            work=record.work,
            objective=record.objective if found else math.nan,
            bound=record.bound if found else math.nan,
            gap=record.gap if found else math.nan,
            guard_fired=record.guard_fired,
            seconds=record.build_seconds + record.solve_seconds,
            reason=record.reason,
        )
    )


def crashed(solver: str, problem: Exception) -> SolveRecord:
    """The record of a call that raised."""
    return SolveRecord(
        solver, FAILED, 0, 0, float("inf"), float("-inf"), 0.0, 0.0, 0.0, reason=f"{type(problem).__name__}: {problem}"
    )
