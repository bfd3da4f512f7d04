"""What solvers did in a run: one record a call, kept by the policy that called and written down when the run ends."""

from __future__ import annotations

from dataclasses import dataclass, field

SOLVER_SECONDS = "solver_seconds.json"
"""File of a run with the wall time of each call."""
SOLVER = "solver"
"""Who acted, where the solver's answer was used; else the name of the rule that stood in for it."""


@dataclass(frozen=True, slots=True)
class SolverCall:
    """One call of a solver, or of an optimiser of the project's own.

    Attributes
    ----------
    at_ms
        The simulated moment of the call.
    decision, policy
        For what, and on whose behalf.
    size
        How many orders, shipments or cells were decided.
    rows, columns
        Of the program; 0 where there was none.
    status
        ``proven``, ``limited``, ``infeasible`` or ``failed``.
    actor
        `SOLVER`, or the rule that acted in its place.
    work
        Deterministic work units.
    objective, bound, gap
        Of the answer; NaN where there is none.
    guard_fired
        Whether the wall clock ended it: then the run cannot be repeated bit for bit.
    seconds
        Wall time, for people: it is written apart from what is the same in every repetition.
    reason
        Why there is no answer, in the solver's words.
    """

    at_ms: int
    decision: str
    policy: str
    size: int
    rows: int = 0
    columns: int = 0
    status: str = "proven"
    actor: str = SOLVER
    work: float = 0.0
    objective: float = float("nan")
    bound: float = float("nan")
    gap: float = float("nan")
    guard_fired: bool = False
    seconds: float = 0.0
    reason: str = ""


@dataclass(slots=True)
class CallBook:
    """The calls of one policy. A policy that solves has one as its field ``calls``."""

    rows: list[SolverCall] = field(default_factory=list)

    def note(self, call: SolverCall) -> None:
        """Keep a record."""
        self.rows.append(call)
