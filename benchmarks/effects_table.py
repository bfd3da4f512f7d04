"""What each capability changes: the table of docs/effects.md, one small shop with it and without it.

Some ninety pairs of runs, half a minute. The pairs stand in tests/contracts/effects.yaml.

    python benchmarks/effects_table.py docs/effects.md
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PAGE = """# What each capability changes

This page is made by `python benchmarks/effects_table.py docs/effects.md`; do not edit it.

One small shop (`tests/contracts/effects_shop.yaml`: three nodes, four channels, {days} days, seed {seed}), run twice:
with the capability switched on and without, on the same customers (equal hashes of what was offered); a star marks
capabilities that are about the customers themselves, or about what they are offered. The settings of each pair are in
`tests/contracts/effects.yaml`, and `tests/contracts/test_effects_*.py` run them all again. One seed of one shop says
where a thing goes and that it is a mechanism; how far it goes in your company, only a scenario of yours can say.

| id | what | key | measure | without | with | difference |
|---|---|---|---|---:|---:|---:|
{rows}
"""


def main() -> None:
    """Run all pairs and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("page", type=Path, nargs="?", help="where to write it; the screen, if not given")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from tests.contracts.effects import SEED, effects, measured, row

    rows = []
    for effect in effects():
        rows.append(row(effect, measured(effect)))
        print(rows[-1], flush=True)
    if arguments.page:
        arguments.page.write_text(PAGE.format(rows="\n".join(rows), seed=SEED, days=3), encoding="utf-8")


if __name__ == "__main__":
    main()
