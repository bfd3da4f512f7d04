"""The lifecycle's tables as a page: every move, its entry rule, owner, limit and what a breach may lead to.

python benchmarks/lifecycle_page.py docs/lifecycle.md
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

HEAD = """# The lifecycle, move by move

This page is made by `python benchmarks/lifecycle_page.py docs/lifecycle.md` from the tables of `sim/orders.py`, the
entry rules of `sim/agents/orders/entry_rules.py` and the answers of `sim/plans/escalation.py`; do not edit it. The
engine makes no move that is not listed. A run with `--check` asks the entry rule of every move (in brackets, as the
function that is asked has it) and stops where it does not hold. Limits are those of the tables; `rules.limits` sets
others, `rules.breaches` says which of the answers is given, by whom.
"""
UNITS = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000))


def page() -> str:
    """The page as Markdown."""
    sys.path.insert(0, str(ROOT))
    from sim.agents.orders.entry_rules import TABLES
    from sim.plans.escalation import BREACH_ACTIONS

    parts = [HEAD]
    for what, (states, moves, questions) in TABLES.items():
        parts += [
            f"\n## {what.capitalize()}\n",
            "| from | to | entry rule | data | trigger | owner | limit | hears of a breach | answers |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        for move in moves:
            asked = " ".join((questions[move.source, move.target].__doc__ or "").split())
            answers = ", ".join(BREACH_ACTIONS.get(states[move.source], ())) if move.limit_ms is not None else ""
            cells = (
                states[move.source],
                states[move.target],
                f"{move.entry_rule} ({asked[:1].lower()}{asked[1:].rstrip('.')})",
                move.requires,
                move.trigger,
                move.owner,
                _shown(move.limit_ms),
                move.escalates_to,
                answers,
            )
            parts.append(f"| {' | '.join(cells)} |")
    return "\n".join(parts) + "\n"


def _shown(limit_ms: int | None) -> str:
    if limit_ms is None:
        return ""
    unit, size = next((unit, size) for unit, size in UNITS if limit_ms % size == 0)
    return f"{limit_ms // size} {unit}"


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("page", type=Path, nargs="?", help="where to write it; the screen, if not given")
    arguments = parser.parse_args()
    if arguments.page:
        arguments.page.write_text(page(), encoding="utf-8")
    else:
        print(page(), end="")


if __name__ == "__main__":
    main()
