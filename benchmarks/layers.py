"""What an order costs with each part of the operating model switched on, alone and all together.

`benchmarks/layers.yaml` is ``peak-million`` with an override for each layer. Each layer is run in a process of its own,
and before each the same orders without any layer and the bare processes of `benchmarks/speed.py`, so that what else the
machine does falls on all three. CPU time, books flushed and closed.

    python benchmarks/layers.py [--orders 90000] [--only "at risk" --only balancing] [--markdown]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]
LAYERS = HERE / "layers.yaml"
ALL = "all of them"


def run(layers: list[str], orders: int) -> dict[str, Any]:
    """CPU seconds and orders of the scenario with some layers."""
    from speed import _horizon_hours

    from scenarios.load import load
    from sim.model import Model

    sets = [f"horizon.end={_horizon_hours(str(LAYERS), orders)}h", "horizon.warm_up=0h"]
    model = Model(load(str(LAYERS), layers, sets=sets).world, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        model.open(Path(folder))
        began = time.process_time()
        counters = model.run()["counters"]
        return {"cpu": time.process_time() - began, "orders": counters["orders_offered"]}


def us_an_order(role: str, layers: list[str], orders: int) -> float:
    """The same in a fresh interpreter, or of the bare processes."""
    command = [sys.executable, __file__, "--role", role, "--orders", str(orders)]
    for layer in layers:
        command += ["--only", layer]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    return float(result["cpu"] / result["orders"] * 1e6)


def main() -> None:
    """One line a layer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--orders", type=int, default=90_000)
    parser.add_argument("--only", action="append", default=[], help="a layer; all of them, and each, if none is named")
    parser.add_argument("--markdown", action="store_true", help="as a table for the docs")
    parser.add_argument("--role", choices=["model", "bare"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.role == "model":
        print(json.dumps(run(arguments.only, arguments.orders)))
        return
    if arguments.role == "bare":
        from speed import run_baseline

        print(json.dumps(run_baseline(arguments.orders)))
        return
    names = list(yaml.safe_load(LAYERS.read_text(encoding="utf-8"))["overrides"])
    chosen = [([name], name) for name in arguments.only or names] + ([] if arguments.only else [(names, ALL)])
    edge = "| " if arguments.markdown else ""
    print(f"{edge}{'layer':28} | us more | us an order | times the bare process{' |' if edge else ''}")
    if arguments.markdown:
        print("|---|---:|---:|---:|")
    for layers, name in chosen:
        bare = us_an_order("bare", [], arguments.orders)
        plain = us_an_order("model", [], arguments.orders)
        with_it = us_an_order("model", layers, arguments.orders)
        line = f"{edge}{name:28} | {with_it - plain:7.1f} | {with_it:11.1f} | {with_it / bare:.2f}"
        print(line + (" |" if edge else ""), flush=True)


if __name__ == "__main__":
    main()
