"""Programs as text, for golden files."""

from __future__ import annotations

import math

from optimize.programs import Program


def _bounded(text: str, low: float, high: float) -> str:
    if low == high:
        return f"{text} = {low:g}"
    left = "" if math.isinf(low) else f"{low:g} <= "
    return f"{left}{text}" + ("" if math.isinf(high) else f" <= {high:g}")


def _sum(terms: list[tuple[int, float]]) -> str:
    return " ".join(f"{value:+g} x{column}" for column, value in terms) or "0"


def as_text(program: Program) -> str:
    """Objective, rows and columns, one a line, in their sequence."""
    lines = ["minimise " + _sum([(c, v) for c, v in enumerate(program.cost.tolist()) if v])]
    matrix = program.matrix
    for row in range(matrix.shape[0]):
        begin, end = matrix.indptr[row], matrix.indptr[row + 1]
        terms = sorted(zip(matrix.indices[begin:end].tolist(), matrix.data[begin:end].tolist(), strict=True))
        lines.append(_bounded(_sum(terms), program.row_lower[row], program.row_upper[row]))
    for column in range(matrix.shape[1]):
        is_whole = program.integer is not None and bool(program.integer[column])
        kind = " whole" if is_whole else ""
        lines.append(_bounded(f"x{column}", program.lower[column], program.upper[column]) + kind)
    return "\n".join(lines) + "\n"
