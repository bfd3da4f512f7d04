"""A user's mistake is told once and plainly; a fault of the program keeps its traceback."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import typer

from peakproof.console import complain
from sim.errors import InvariantError, PeakproofError

MISTAKE, FAULT = 2, 1

P = ParamSpec("P")
R = TypeVar("R")


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Decorator of commands: what Peakproof raises on purpose becomes one message and an exit code.

    2 stands for a mistake in what was asked for, 1 for a broken invariant of the simulation.
    """

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except InvariantError as error:
            where = " ".join(getattr(error, "__notes__", []))
            complain(f"An invariant of the simulation was broken, so the run was stopped: {error} {where}".strip())
            raise typer.Exit(FAULT) from None
        except PeakproofError as error:
            complain(str(error))
            raise typer.Exit(MISTAKE) from None

    return wrapped
