"""What an order costs with each part of the operating model switched on, alone and all together.

`benchmarks/layers.yaml` is ``peak-million`` with an override for each layer. Each layer is run in a process of its own;
before every fifth of them, the same orders without any layer and the bare processes of `benchmarks/speed.py`, so that
what else the machine does falls on all three. CPU time, books flushed and closed.

    python benchmarks/layers.py [--hours 24] [--only "at risk" --only balancing] [--markdown]
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
sys.path.insert(0, str(HERE.parent))
LAYERS = HERE / "layers.yaml"
ALL = "all of them"


def run(layers: list[str], hours: int) -> dict[str, Any]:
    """CPU seconds and orders of the scenario with some layers."""

    from scenarios.load import load
    from sim.model import Model

    sets = [f"horizon.end={hours}h", "horizon.warm_up=0h"]
    model = Model(load(str(LAYERS), layers, sets=sets).world, seed=1)
    with tempfile.TemporaryDirectory() as folder:
        model.open(Path(folder))
        began = time.process_time()
        counters = model.run()["counters"]
        return {"cpu": time.process_time() - began, "orders": counters["orders_offered"]}


def us_an_order(command: list[str]) -> float:
    """CPU an order of one side, in a fresh interpreter."""
    done = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    return float(result["cpu"] / result["orders"] * 1e6)


def main() -> None:
    """One line a layer."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--hours", type=int, default=24, help="of demand, some 97,000 orders in the first 24")
    parser.add_argument("--only", action="append", default=[], help="a layer; all of them, and each, if none is named")
    parser.add_argument("--markdown", action="store_true", help="as a table for the docs")
    parser.add_argument("--role", choices=["model"], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.role:
        print(json.dumps(run(arguments.only, arguments.hours)))
        return
    names = list(yaml.safe_load(LAYERS.read_text(encoding="utf-8"))["overrides"])
    chosen = [([name], name) for name in arguments.only or names] + ([] if arguments.only else [(names, ALL)])
    edge = "| " if arguments.markdown else ""
    print(f"{edge}{'layer':28} | us more | us an order | times the bare process{' |' if edge else ''}")
    if arguments.markdown:
        print("|---|---:|---:|---:|")
    model = [__file__, "--role", "model", "--hours", str(arguments.hours)]
    bare = plain = 0.0
    for number, (layers, name) in enumerate(chosen):
        if number % 5 == 0:
            bare = us_an_order([str(HERE / "speed.py"), "--role", "baseline", "--orders", "100000"])
            plain = us_an_order(model)
        with_it = us_an_order([*model, *[word for layer in layers for word in ("--only", layer)]])
        line = f"{edge}{name:28} | {with_it - plain:7.1f} | {with_it:11.1f} | {with_it / bare:.2f}"
        print(line + (" |" if edge else ""), flush=True)


if __name__ == "__main__":
    main()
