"""The book of solver calls: what each decided on, how far it got, who acted. A run has it where a policy solves.

What is the same in every repetition is in ``solver_calls.parquet``; wall time, which is not, in a file of its own that
the manifest does not sign.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from sim.books.recorder import Recorder
from sim.policies.calls import SOLVER, SOLVER_SECONDS, CallBook, SolverCall

SOLVER_CALLS = "solver_calls"
COLUMNS = {
    "time_ms": pa.int64(),
    "decision": pa.string(),
    "policy": pa.string(),
    "size": pa.int32(),
    "rows": pa.int32(),
    "columns": pa.int32(),
    "status": pa.string(),
    "actor": pa.string(),
    "work": pa.float64(),
    "objective": pa.float64(),
    "bound": pa.float64(),
    "gap": pa.float64(),
    "guard_fired": pa.bool_(),
    "reason": pa.string(),
}


def in_sequence(books: Sequence[CallBook]) -> list[SolverCall]:
    """All calls of a run by their moment; of one moment, as their policies were put in force."""
    return sorted((call for book in books for call in book.rows), key=lambda call: call.at_ms)


def write_calls(recorder: Recorder, calls: Sequence[SolverCall], folder: Path) -> None:
    """Enter all calls of a run, which has ended."""
    book = recorder.add_book(SOLVER_CALLS, COLUMNS)
    if calls:
        names = {"time_ms": "at_ms"}
        book.write({name: [getattr(call, names.get(name, name)) for call in calls] for name in COLUMNS})
    seconds = json.dumps([round(call.seconds, 6) for call in calls])
    (folder / SOLVER_SECONDS).write_text(seconds + "\n", encoding="utf-8")


def summary(calls: Sequence[SolverCall]) -> dict[str, Any]:
    """For the manifest: by policy, how many calls there were, how they ended, and who acted."""
    found: dict[str, dict[str, Any]] = {}
    for call in calls:
        own = found.setdefault(
            f"{call.decision}={call.policy}",
            {"calls": 0, "decided": 0, "work": 0.0, "worst_gap": 0.0, "by_status": {}, "fallbacks": {}},
        )
        own["calls"] += 1
        own["decided"] += call.size
        own["work"] += call.work
        own["by_status"][call.status] = own["by_status"].get(call.status, 0) + 1
        if call.actor == SOLVER:
            own["worst_gap"] = max(own["worst_gap"], call.gap if call.gap == call.gap else 0.0)
        else:
            own["fallbacks"][call.actor] = own["fallbacks"].get(call.actor, 0) + 1
    return found
