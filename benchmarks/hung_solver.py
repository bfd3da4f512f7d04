"""What a solver that hangs costs: service with a share of its calls hung, and what the guard against it takes.

    python benchmarks/hung_solver.py                        service, 5 seeds, some ten minutes of one core
    python benchmarks/hung_solver.py --only waves --seeds 2
    python benchmarks/hung_solver.py --guard                overhead of a call by the way in which it is guarded

A call that is to hang is answered as if its process had just been killed, so that the study ends soon (that processes
are killed is what `tests/optimize/test_hung_solvers.py` shows); after five in a row, twenty are left out, as in a
run. Which calls hang is drawn by seed and number of the call. Differences are to the healthy solver on the same
customers, paired, with their 95% intervals.
"""

from __future__ import annotations

import argparse
import ctypes
import statistics
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from optimize.programs import Limits, Program
from optimize.solver import solve
from optimize.solver_process import NoAnswerError, SolverProcess

ROOT = Path(__file__).resolve().parent.parent
SHOP = str(ROOT / "benchmarks" / "floor_shop.yaml")
TIGHT = (
    "nodes.East.stations.pack.per_hour=40",
    "nodes.West.stations.pack.per_hour=40",
    "carriers.Northway.services.ground.capacity_parcels=70",
    "carriers.Bluebird.services.post.capacity_parcels=60",
)
SHARES = (0.0, 0.1, 0.5, 1.0)
IN_A_ROW, LEFT_OUT = 5, 20

CASES: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    "waves": ("release=waves", "release=earliest_cutoff", (), ("fill_rate", "otif")),
    "shifts": ("labour=shifts", "labour=backlog_flex", (), ("fill_rate", "otif", "labour_per_order_cents")),
    "assignment": ("carrier=assignment", "carrier=cheapest", TIGHT, ("otif", "freight_per_order_cents")),
}
"""By case: the policy, the plain rule nearest to what stands in for it, settings, measures."""


class Faulty:
    """In the place of `SolverProcess.ask`: some calls hang, the others are made here; counts all."""

    def __init__(self, share: float, seed: int) -> None:
        self._share, self._draws = share, np.random.default_rng((seed, 17))
        self._hung = self._left_out = 0
        self.calls = self.unanswered = 0

    def __call__(self, process: SolverProcess, work: Callable[..., Any], *arguments: Any, guard_seconds: float) -> Any:
        self.calls += 1
        is_asked = self._hung < IN_A_ROW or self._left_out >= LEFT_OUT
        if is_asked and self._draws.random() >= self._share:
            self._hung = self._left_out = 0
            return work(*arguments)
        self._hung, self._left_out = (self._hung + 1, 0) if is_asked else (self._hung, self._left_out + 1)
        self.unanswered += 1
        raise NoAnswerError("hung" if is_asked else "not asked")


def service(case: str, seeds: int) -> str:
    """One case's table, in Markdown."""
    from benchmarks.floor_decisions import shown
    from scenarios.experiments.comparison import Variant
    from scenarios.experiments.experiment import Job, simulate
    from scenarios.experiments.statistics import mean_interval, paired_difference

    policy, rule, sets, kpis = CASES[case]
    rows: dict[str, tuple[dict[str, list[float]], str]] = {}

    def run(name: str, chosen: str, share: float) -> None:
        values: dict[str, list[float]] = {k: [] for k in kpis}
        calls = unanswered = 0
        for seed in range(1, seeds + 1):
            faulty = Faulty(share, seed)
            variant = Variant(name, (chosen,), (*sets, "rules.isolate_solvers=true"))
            # a function, so that it is bound to the process as a method is
            with mock.patch.object(SolverProcess, "ask", lambda *a, by=faulty, **k: by(*a, **k)):
                outcome = simulate(Job(SHOP, variant, seed, seed, (), kpis))
            for k in kpis:
                values[k].append(outcome.kpis[k])
            calls, unanswered = calls + faulty.calls, unanswered + faulty.unanswered
        rows[name] = values, f"{unanswered} of {calls}" if calls else ""

    for share in SHARES:
        run(f"{share:.0%} hang", policy, share)
    run(f"`{rule}`", rule, 0.0)
    healthy = next(iter(rows.values()))[0]
    lines = [f"| `{policy}` | calls without an answer | " + " | ".join(kpis) + " |", "|---" * (2 + len(kpis)) + "|"]
    for name, (own, calls_told) in rows.items():
        cells = []
        for k in kpis:
            apart = paired_difference(own[k], healthy[k])
            gap = f" ({shown(k, apart.mean, signed=True)} ± {shown(k, apart.half_width)})"
            cells.append(shown(k, mean_interval(own[k]).mean) + ("" if own is healthy else gap))
        lines.append(f"| {name} | {calls_told} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def a_program(rows: int, columns: int) -> Program:
    from scipy import sparse

    rng = np.random.default_rng(1)
    matrix = sparse.random_array((rows, columns), density=5 / rows, rng=rng, format="csr")
    return Program.of(-rng.random(columns), matrix, -np.inf, np.full(rows, 5.0), upper=1.0)


def milliseconds(act: Callable[[], Any], times: int) -> str:
    found = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        found.append(1_000 * (time.perf_counter() - began))
    return f"{statistics.median(found):,.1f}"


def guards() -> str:
    """What a call takes, median of some, by the way in which it is guarded."""
    lines = ["| linear program | in the run | thread for each call | kept process | process for each call |"]
    lines.append("|---|---:|---:|---:|---:|")
    kept = SolverProcess()
    for rows, columns in ((20, 50), (100, 500), (1_000, 5_000)):
        program, times = a_program(rows, columns), 30 if rows < 1_000 else 3

        def here(program: Program = program) -> None:
            solve(program)

        def in_a_thread(act: Callable[[], None] = here) -> None:
            thread = threading.Thread(target=act)
            thread.start()
            thread.join(60.0)

        def in_kept(program: Program = program) -> None:
            solve(program, Limits(apart=kept))

        def in_new(program: Program = program) -> None:
            process = SolverProcess()
            solve(program, Limits(apart=process))
            process.close()

        here()
        in_kept()
        cells = [milliseconds(act, times) for act in (here, in_a_thread, in_kept)]
        lines.append(f"| {rows} x {columns} | {' | '.join(cells)} | {milliseconds(in_new, 3)} |")
    return "\n".join(lines)


def waits_for_a_thread() -> float:
    """Seconds until a run that gives a thread .2 s goes on, if it sleeps for 3 in native code and holds the
    interpreter."""
    thread = threading.Thread(target=lambda: ctypes.PyDLL(None).sleep(3))
    began = time.perf_counter()
    thread.start()
    thread.join(0.2)
    return time.perf_counter() - began


def main() -> None:
    """Print tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=CASES, help="one case")
    parser.add_argument("--seeds", type=int, default=5, help="how many (5)")
    parser.add_argument("--guard", action="store_true", help="the overhead of guards instead, in milliseconds")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if options.guard:
        print(guards())
        print(f"\nA run that gives a thread .2 s goes on after {waits_for_a_thread():.1f} s")
        return
    for case in [options.only] if options.only else CASES:
        print(service(case, options.seeds), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
