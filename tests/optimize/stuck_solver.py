"""Solvers that never answer, or have no answer."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from typing import Any

from optimize.programs import Limits, Program, Solution, SolveRecord


def never_returns(*_: Any) -> Any:
    """Sleeps in native code that holds the interpreter: no thread, signal handler or call-back can end it."""
    ctypes.PyDLL(None).sleep(3_600)


def dies(*_: Any) -> Any:
    """Ends its process, as a fault in native code does."""
    os.abort()


def without_answer(status: str) -> Callable[[Program, Limits], Solution]:
    """One that ends at once, with a status and no solution."""

    def solver(program: Program, limits: Limits) -> Solution:
        return Solution(SolveRecord("broken", status, 1, 1, float("inf"), -float("inf"), 0.0, 0.0, 0.0, reason="test"))

    return solver
