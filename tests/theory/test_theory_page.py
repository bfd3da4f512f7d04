"""The page of theory shows every case with its exact answer, and none that fails."""

from __future__ import annotations

from pathlib import Path

from tests.theory import desk, supply
from tests.theory.test_queueing_theory import CASES as STATIONS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "theory.md").read_text(encoding="utf-8")


def test_the_page_has_a_row_for_each_answer():
    """Renew it with `python benchmarks/theory_table.py docs/theory.md`."""
    shown = [tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in PAGE.splitlines() if " ± " in line]
    answers = [
        (case.name, measure, f"{answer:.5g}")
        for case in (*supply.CASES, *desk.CASES)
        for measure, answer in case.exact.items()
    ]
    answers += [(name, "wait", f"{case[3]:.5g}") for name, case in STATIONS.items()]

    assert answers == [(name, measure, exact) for name, _, measure, exact, _, _ in shown]
    assert {"yes"} == {row[-1] for row in shown}
