"""The exact case of two nodes: ten periods, moves at 1 a unit, a lost unit costs 10, holding 0.1 a period."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

CASES = Path(__file__).parents[4] / "shared" / "bench" / "validity_cases.json"
needs_cases = pytest.mark.skipif(not CASES.exists(), reason="the cases with known answers are not beside the project")

_REACH = 40
Plan = Callable[[np.ndarray, float, int], list[list[int]]]
"""From stock by node, mean demand of a node and period, and periods to look ahead: rows of (source, target, product,
units) that move now."""


def two_nodes() -> dict[str, Any]:
    """The published case, with the cost of its optimum."""
    (case,) = (c for c in json.loads(CASES.read_text(encoding="utf-8"))["cases"] if c["id"] == "BAL_2NODE")
    found: dict[str, Any] = case
    return found


def cost_over_the_horizon(plan: Plan, ahead: int, case: dict[str, Any]) -> float:
    """Expected cost of asking for a plan each period that looks ``ahead`` periods, exactly, state by state."""
    inputs = case["inputs"]
    mean = float(inputs["lam"][0])
    asked = stats.poisson.pmf(np.arange(_REACH), mean)
    asked[-1] += 1 - asked.sum()

    @cache
    def moved(a: int, b: int, periods: int) -> tuple[int, int]:
        for source, _, _, units in plan(np.array([[a], [b]]), mean, periods):
            a, b = (a - units, b + units) if source == 0 else (a + units, b - units)
        return a, b

    @cache
    def from_here(period: int, a: int, b: int) -> float:
        if period == inputs["T"]:
            return 0.0
        x, y = moved(a, b, min(ahead, inputs["T"] - period))
        total = inputs["proactive"] * abs(x - a)
        left = [np.bincount(np.maximum(0, n - np.arange(_REACH)), asked, n + 1) for n in (x, y)]
        for n, chance in ((x, left[0]), (y, left[1])):
            units = np.arange(n + 1)
            total += inputs["p"] * (mean - float(chance @ (n - units))) + inputs["h"] * float(chance @ units)
        return total + sum(
            float(left[0][i] * left[1][j]) * from_here(period + 1, i, j) for i in range(x + 1) for j in range(y + 1)
        )

    return from_here(0, *inputs["x0"])
