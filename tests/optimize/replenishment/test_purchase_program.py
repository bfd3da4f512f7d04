"""The purchase program: each formulation pinned, and tiny ones tried in every way."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimize.programs import PROVEN, Limits
from optimize.replenishment.purchase_program import Break, Curve, Document, Offer, PurchaseProblem, PurchaseProgram
from optimize.replenishment.purchase_worth import (
    piece_ends,
    sampled,
    shortage_prevented,
    worth_of_early_units,
    worth_of_units,
)
from optimize.solver import solve
from tests.optimize.programs import as_text

GOLDEN = Path(__file__).parents[2] / "golden" / "purchases.txt"
EXACT = Limits(gap=1e-9)


def best_by_hand(problem: PurchaseProblem) -> float:
    """The least cost over every number of lots of every offer that respects minimums, money and room."""
    most = [math.floor(problem.curves[o.product].units[-1] / o.lot_units) for o in problem.offers]
    best = math.inf
    for lots in itertools.product(*(range(n + 1) for n in most)):
        units = [n * o.lot_units for n, o in zip(lots, problem.offers, strict=True)]
        best = min(best, problem.cost(units) if is_allowed(problem, units) else math.inf)
    return best


def is_allowed(problem: PurchaseProblem, units: list[int]) -> bool:
    by_product: dict[int, int] = {}
    for offer, n in zip(problem.offers, units, strict=True):
        by_product[offer.product] = by_product.get(offer.product, 0) + n
    if any(n > problem.curves[p].units[-1] for p, n in by_product.items()):
        return False
    for number, document in enumerate(problem.documents):
        mine = [(o, n) for o, n in zip(problem.offers, units, strict=True) if o.document == number]
        total, money = sum(n for _, n in mine), sum(n * o.price_cents for o, n in mine)
        if total and (total < document.min_units or money < document.min_cents - 1e-9):
            return False
    spent = sum(n * o.landed_cents for o, n in zip(problem.offers, units, strict=True))
    filled = sum(n * problem.volume_l[o.product] for o, n in zip(problem.offers, units, strict=True))
    return spent <= problem.budget_cents + 1e-9 and filled <= problem.storage_l + 1e-9


@st.composite
def problems(draw: Any) -> PurchaseProblem:
    """Two products, three offers on two documents, with whatever binds them."""
    small = st.integers(0, 9)

    def curve(length: int) -> Curve:
        slopes = sorted(draw(st.lists(st.integers(-12, 9), min_size=3, max_size=3)))
        ends = np.array([1, 2, 3]) * length
        return Curve(tuple(ends.tolist()), tuple(np.cumsum(np.array(slopes) * float(length)).tolist()))

    curves = [curve(2), curve(2)]
    offers = [
        Offer(
            product=draw(st.integers(0, 1)),
            document=draw(st.integers(0, 1)),
            lot_units=draw(st.integers(1, 2)),
            extra_cents=float(draw(st.integers(-3, 5))),
            landed_cents=float(draw(st.integers(1, 5))),
            price_cents=float(draw(st.integers(1, 5))),
            is_early=draw(st.booleans()),
            breaks=(Break(3, 1.0), Break(5, float(draw(st.integers(2, 5))))) if draw(st.booleans()) else (),
        )
        for _ in range(3)
    ]
    return PurchaseProblem(
        curves,
        offers,
        [Document(draw(small), float(draw(small)), float(draw(small))) for _ in range(2)],
        {0: curve(2)},
        line_cents=float(draw(small)),
        volume_l=[1.0, 2.5],
        budget_cents=float(draw(st.sampled_from([math.inf, 12, 25]))),
        storage_l=float(draw(st.sampled_from([math.inf, 6, 9]))),
    )


@settings(max_examples=40, deadline=None)
@given(problems())
def test_the_program_finds_the_cheapest_purchase(problem: PurchaseProblem):
    program = PurchaseProgram(problem)
    found = solve(program.program, EXACT)
    units = program.units(found.values)

    assert PROVEN == found.record.status
    assert is_allowed(problem, units)
    assert best_by_hand(problem) == pytest.approx(problem.cost(units), abs=1e-6)
    # A solver's whole numbers are whole to a millionth, each of some cents.
    assert problem.cost(units) == pytest.approx(found.record.objective, abs=1e-4)


def two_sources() -> PurchaseProblem:
    """One product of a cheap source with a minimum and a break, and of an early one."""
    return PurchaseProblem(
        curves=[Curve((6.0, 12.0), (-60.0, -50.0))],
        offers=[
            Offer(0, 0, 6, 0.0, 100.0, 95.0, breaks=(Break(12, 4.0),)),
            Offer(0, 1, 1, 30.0, 130.0, 130.0, is_early=True),
        ],
        documents=[Document(min_units=6, min_cents=500.0, fixed_cents=2.0), Document()],
        early={0: Curve((6.0, 12.0), (-240.0, -240.0))},
        line_cents=5.0,
        volume_l=[1.5],
        budget_cents=2_000.0,
        storage_l=30.0,
    )


def test_the_formulation_is_pinned():
    """To renew the file after a change on purpose: write ``as_text(...)`` into it."""
    assert GOLDEN.read_text(encoding="utf-8") == as_text(PurchaseProgram(two_sources()).program)


@pytest.mark.parametrize(
    ("changes", "units"),
    [
        ({}, [0, 6]),
        ({"early": {}}, [12, 0]),
        ({"early": {}, "budget_cents": 1_100.0}, [6, 0]),
        ({"early": {}, "storage_l": 12.0}, [6, 0]),
        ({"early": {}, "documents": [Document(min_units=13), Document()]}, [0, 0]),
        ({"early": {}, "line_cents": 1_000.0}, [0, 0]),
    ],
)
def test_what_binds_shows(changes: dict[str, Any], units: list[int]):
    """A dozen at the break is cheaper than six; a minimum out of reach, or a dear line, leaves all where it is."""
    problem = replace(two_sources(), **changes)
    program = PurchaseProgram(problem)

    assert units == program.units(solve(program.program, EXACT).values)


def test_samples_are_equally_likely():
    """The quantiles amid four strata of Poisson demand with mean 2: at 1/8, 3/8, 5/8 and 7/8."""
    assert [[0, 1, 2, 4]] == sampled(np.array([2.0]), np.array([2.0]), 4).tolist()


def test_pieces_end_at_whole_lots():
    assert [6, 12, 18, 24] == piece_ends(24, 6).tolist()
    assert [1, 2, 3] == piece_ends(3, 1).tolist()
    assert 10 == len(piece_ends(1_000, 7))


@pytest.mark.parametrize("level", [6, 10, 14])
def test_the_cheapest_stock_is_the_level_of_theory(level: int):
    """Demand 4 or 6 in lead time and review, 2 a review; holding 1, shortage 9: the newsvendor's level is 6."""
    ends = np.arange(1.0, 31.0)
    curve = worth_of_units(np.array([4.0, 6.0]), 2.0, 0, 6, level, 1.0, 9.0, ends)

    assert (np.diff(np.diff([0.0, *curve.costs])) >= -1e-9).all()
    assert level == pytest.approx(float(ends[int(np.argmin(curve.costs))]), abs=1)


def test_early_units_are_worth_the_shortage_that_they_prevent():
    """Demand 0 or 4 before more can come, one unit there: the first three save half a shortage each."""
    curve = worth_of_early_units(np.array([0.0, 4.0]), 1, 10.0, np.array([1.0, 3.0, 5.0]))

    assert (-5, -15, -15) == curve.costs


def test_the_shortage_that_a_unit_prevents_is_an_average():
    """Demand 4 or 10 against a position of 4: of the six units up to 10 each prevents half a shortage."""
    assert 1.5 == shortage_prevented(np.array([4.0, 10.0]), 4, 10, 3.0)
    assert 0 == shortage_prevented(np.array([4.0]), 4, 10, 3.0)
