"""Buying at the price of money and room: within both, and between its bound and little more than the best."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

from optimize.programs import FAILED, Limits, Program, Solution, SolveRecord
from optimize.replenishment.purchase_prices import Basket, buy, part, parts_of
from optimize.replenishment.purchase_program import Break, Curve, Document, Offer, PurchaseProblem, PurchaseProgram
from optimize.solver import solve
from tests.optimize.replenishment.test_purchase_program import EXACT, best_by_hand, is_allowed, problems


@settings(max_examples=40, deadline=None)
@given(problems())
def test_at_prices_a_purchase_is_allowed_and_between_bound_and_best(problem: PurchaseProblem):
    assume(math.isfinite(problem.budget_cents) or math.isfinite(problem.storage_l))
    units, record = buy(problem, solve, EXACT, whole=0)
    best = best_by_hand(problem)

    assert record.has_solution
    assert is_allowed(problem, units)
    assert record.bound <= best + 1e-4
    assert best - 1e-6 <= problem.cost(units)
    assert problem.cost(units) == pytest.approx(record.objective, abs=1e-4)


def a_catalogue(products: int, **changes: Any) -> PurchaseProblem:
    """Three suppliers with lots and minimums; a second source of every seventh product."""
    rng = np.random.default_rng(1)
    curves, offers = [], []
    for product in range(products):
        ends = np.arange(1, 7) * 12.0
        slopes = np.sort(rng.uniform(-400, 60, 6))
        curves.append(Curve(tuple(ends.tolist()), tuple(np.cumsum(slopes * 12).tolist())))
        cents = float(rng.integers(300, 3_000))
        supplier = product % 3
        breaks = (Break(24, 0.05 * cents),) if supplier == 1 else ()
        offers.append(Offer(product, supplier, (4, 6, 12)[supplier], 0.0, cents, cents, breaks=breaks))
        if product % 7 == 0:
            offers.append(Offer(product, 3, 2, 20.0, cents, cents))
    documents = [Document(24, 30_000.0, 500.0) for _ in range(4)]
    problem = PurchaseProblem(curves, offers, documents, {}, 200.0, rng.uniform(0.2, 4.0, products).tolist())
    return replace(problem, **changes)


def used(problem: PurchaseProblem, units: list[int]) -> tuple[float, float]:
    money = sum(n * o.landed_cents for o, n in zip(problem.offers, units, strict=True))
    return money, sum(n * problem.volume_l[o.product] for o, n in zip(problem.offers, units, strict=True))


@pytest.mark.parametrize(("money", "room"), [(0.4, 9.0), (9.0, 0.3), (0.5, 0.5)])
def test_many_products_keep_to_money_and_room_at_nearly_the_least_cost(money: float, room: float):
    free = a_catalogue(90)
    spent, filled = used(free, buy(free, solve, Limits(gap=1e-4))[0])
    problem = a_catalogue(90, budget_cents=money * spent, storage_l=room * filled)
    units, record = buy(problem, solve, Limits(gap=1e-4), whole=0)
    whole, exact = buy(problem, solve, Limits(gap=1e-4), whole=1_000)

    assert is_allowed(problem, units)
    assert is_allowed(problem, whole)
    assert record.bound <= exact.objective + 1.0
    assert exact.objective - 1.0 <= record.objective <= exact.objective + 0.01 * abs(exact.objective)
    assert record.gap <= 0.02
    assert units == buy(problem, solve, Limits(gap=1e-4), whole=0)[0]


def test_without_a_bound_there_is_one_program():
    problem = a_catalogue(20)
    asked: list[tuple[int, ...]] = []

    def counting(program: Program, limits: Limits) -> Solution:
        asked.append(program.matrix.shape)
        return solve(program, limits)

    buy(problem, counting, EXACT, whole=0)

    assert [PurchaseProgram(problem).program.matrix.shape] == asked


def test_parts_share_neither_product_nor_document():
    """The second source joins the products of all three suppliers; without it they are apart."""
    problem = a_catalogue(30)
    alone = replace(problem, offers=[o for o in problem.offers if o.document < 3])

    parts = parts_of(alone)
    assert [3, 1] == [len(parts), len(parts_of(problem))]
    assert list(range(30)) == sorted(n for numbers in parts for n in numbers)
    small = part(alone, parts[1])
    assert 10 == len(small.curves) == len(small.offers)
    assert 1 == len(small.documents)
    assert [alone.curves[alone.offers[n].product] for n in parts[1]] == [small.curves[o.product] for o in small.offers]


def test_a_basket_keeps_minimums_and_fills_up_with_what_saves_most():
    curves = [Curve((4.0, 8.0), (-80.0, -100.0)), Curve((4.0, 8.0), (-40.0, -50.0))]
    offers = [Offer(0, 0, 4, 0.0, 10.0, 10.0), Offer(1, 0, 4, 0.0, 10.0, 10.0)]
    problem = PurchaseProblem(curves, offers, [Document(min_units=8)], volume_l=[1.0, 1.0], budget_cents=120.0)
    basket = Basket(problem, [8, 8])

    assert basket.take_off()
    assert [8, 4] == basket.units
    tight = Basket(replace(problem, budget_cents=50.0), [8, 8])
    assert not tight.take_off()
    more = Basket(problem, [4, 4])
    more.fill_up()
    assert [8, 4] == more.units


@pytest.mark.parametrize("at_call", [1, 2])
def test_without_an_answer_there_are_no_units(at_call: int):
    calls: list[int] = []

    def failing(program: Program, limits: Limits) -> Solution:
        calls.append(1)
        if len(calls) >= at_call:
            return Solution(SolveRecord("broken", FAILED, 1, 1, math.inf, -math.inf, 0.0, 0.0, 0.0, reason="test"))
        return solve(program, limits)

    units, record = buy(a_catalogue(20, budget_cents=9_000.0), failing, EXACT, whole=0)

    assert ([], FAILED) == (units, record.status)
