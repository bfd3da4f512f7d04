"""A user's mistake, and what the machine refuses, is told once and plainly; a fault of ours keeps its traceback."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import typer

from peakproof.console import complain
from sim.errors import InvariantError, PeakproofError

MISTAKE, FAULT, INTERRUPTED = 2, 1, 130

_QUERY_INTERRUPTED = "Query interrupted"
"""What DuckDB makes of Ctrl-C."""

P = ParamSpec("P")
R = TypeVar("R")


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Decorator of commands: what Peakproof raises on purpose becomes one message and an exit code.

    2 stands for a mistake in what was asked for, or for a file or disk that refuses; 1 for a broken invariant of the
    simulation, 130 for an interruption by its user.
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
        except BrokenPipeError:
            raise  # who reads has left: the command line ends without a word
        except OSError as error:
            complain(f"{_refused(error)}. What was not finished is not there.")
            raise typer.Exit(MISTAKE) from None
        except MemoryError:
            complain("This takes more memory than there is. What was not finished is not there.")
            raise typer.Exit(MISTAKE) from None
        except (KeyboardInterrupt, RuntimeError) as error:
            if isinstance(error, RuntimeError) and str(error) != _QUERY_INTERRUPTED:
                raise
            complain("Interrupted. What was not finished is not there.")
            raise typer.Exit(INTERRUPTED) from None

    return wrapped


def _refused(error: OSError) -> str:
    """What the system refused, with the file if it says which."""
    reason = os.strerror(error.errno) if error.errno is not None else str(error)
    return reason if error.filename is None else f"{error.filename}: {reason}"
