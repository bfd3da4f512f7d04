"""A policy's calls of solvers: in which process they are made, and what the run keeps of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from optimize.programs import FAILED, SolveRecord
from optimize.solver_process import SolverProcess
from sim.policies.calls import SOLVER, CallBook, SolverCall
from sim.world import World


@dataclass(slots=True, kw_only=True)
class Calls(CallBook):
    """The calls of one policy, which has them as its field ``calls``.

    Parameters
    ----------
    decision, policy
        On whose behalf.
    rule
        Who acts where there is no solution.

    Attributes
    ----------
    apart
        The process in which to solve (`optimize.programs.Limits.apart`), once a world is known that asks for one.
    """

    decision: str
    policy: str
    rule: str
    apart: SolverProcess | None = field(default=None, init=False)

    def bind(self, world: World) -> None:
        """Where to solve."""
        self.apart = SolverProcess.of(world)

    def keep(self, record: SolveRecord, at_ms: int, size: int, acted: str = "") -> None:
        """Keep a record of one call that was to decide on so many (orders, shipments, cells); ``acted`` says who did,
        if that was neither the solver nor the rule."""
        found = record.has_solution
        self.note(
            SolverCall(
                at_ms=at_ms,
                decision=self.decision,
                policy=self.policy,
                size=size,
                rows=record.rows,
                columns=record.columns,
                status=record.status,
                actor=acted or (SOLVER if found else self.rule),
                work=record.work,
                objective=record.objective if found else math.nan,
                bound=record.bound if found else math.nan,
                gap=record.gap if found else math.nan,
                guard_fired=record.guard_fired,
                seconds=record.build_seconds + record.solve_seconds,
                reason=record.reason,
            )
        )

    def keep_crash(self, solver: str, problem: Exception, at_ms: int, size: int = 0) -> None:
        """The same of a call that raised."""
        reason = f"{type(problem).__name__}: {problem}"
        record = SolveRecord(solver, FAILED, 0, 0, math.inf, -math.inf, 0.0, 0.0, 0.0, reason=reason)
        self.keep(record, at_ms, size)


def calls_by(decision: str, policy: str, rule: str) -> Callable[[], Calls]:
    """The factory of a policy's field ``calls``."""
    return partial(Calls, decision=decision, policy=policy, rule=rule)
