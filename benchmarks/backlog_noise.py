"""How far the backlog of an undisturbed run varies from customers to customers, beside what the continuity report takes
for noise: the square root of its mean, as if nobody waited for one another.

A run a seed, without what happens to the scenario; every hour of the measured time.

    python benchmarks/backlog_noise.py baseline peak --seeds 8
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Run all seeds and print a line a scenario."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("scenario", nargs="+", help="names of the library, or files")
    parser.add_argument("--seeds", type=int, default=8, help="runs of each, from seed 1")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    print("| scenario | mean backlog | square root | standard deviation between seeds | ratio by hour: median | p90 |")
    print("|---|---:|---:|---:|---:|---:|")
    for name in arguments.scenario:
        print(_row(name, arguments.seeds), flush=True)


def _row(name: str, seeds: int) -> str:
    import numpy as np

    from peakproof.paired_runs import undisturbed
    from reports.continuity import backlog
    from scenarios.load import load
    from sim.model import Model
    from sim.run import Run
    from sim.units import HOUR_MS

    world = undisturbed(load(name).world)
    at = np.arange(world.horizon.warm_up_ms, world.horizon.end_ms, HOUR_MS, dtype=np.int64)
    found = []
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            Model(world, seed).run(Path(folder))
            found.append(backlog(Run(Path(folder)), at))
    mean, deviation = np.mean(found, axis=0), np.std(found, axis=0, ddof=1)
    ratio = deviation[mean > 0] / np.sqrt(mean[mean > 0])
    cells = (
        mean.mean(),
        np.sqrt(mean.mean()),
        np.sqrt((deviation**2).mean()),
        np.median(ratio),
        np.quantile(ratio, 0.9),
    )
    return f"| `{name}` | " + " | ".join(f"{cell:,.{0 if cell >= 100 else 1}f}" for cell in cells) + " |"


if __name__ == "__main__":
    main()
