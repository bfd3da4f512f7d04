"""Buying many products under a bound on money or room: at its price products are apart.

A program of thousands of products is easy as long as nothing binds all of them; a budget makes it several times
harder. So the bound is dualised: the linear relaxation gives its price, at which the products of different suppliers
are apart and each part is solved without it, and what then exceeds or is left of the bound is taken off or filled up
lot by lot, where that costs least. The parts' bounds less what money and room are worth at their prices are a bound of
the whole (Lagrangian relaxation; Fisher 1981).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optimize.programs import LIMITED, PROVEN, Limits, Solver, SolveRecord
from optimize.replenishment.purchase_program import Offer, PurchaseProblem, PurchaseProgram

Floats = NDArray[np.float64]

WHOLE = 300
"""Offers up to which a budget is a row of the program."""
_PIVOTS = 500_000
_SLACK = 1e-6


def buy(problem: PurchaseProblem, solver: Solver, limits: Limits, whole: int = WHOLE) -> tuple[list[int], SolveRecord]:
    """Units of each offer and the record of the call; no units without an answer."""
    if len(problem.offers) > whole and any(math.isfinite(most) for most in _bounds(problem)):
        found = _at_prices(problem, solver, limits)
        if found is not None:
            return found
    program = PurchaseProgram(problem)
    answer = solver(program.program, limits)
    return (program.units(answer.values) if answer.record.has_solution else []), answer.record


def _bounds(problem: PurchaseProblem) -> tuple[float, float]:
    return problem.budget_cents, problem.storage_l


def _at_prices(problem: PurchaseProblem, solver: Solver, limits: Limits) -> tuple[list[int], SolveRecord] | None:
    """Both calls' answer; None where a lot that must go cannot."""
    relaxed = solver(replace(PurchaseProgram(problem).program, integer=None), replace(limits, work=_PIVOTS))
    if not relaxed.record.has_solution or not relaxed.duals.size:
        return None
    prices = np.zeros(2)
    is_bound = [math.isfinite(most) for most in _bounds(problem)]
    prices[is_bound] = np.maximum(0.0, -relaxed.duals[-sum(is_bound) :])
    priced, units = _priced(problem, prices), [0] * len(problem.offers)
    records = [relaxed.record]
    for numbers in parts_of(problem):
        program = PurchaseProgram(part(priced, numbers))
        answer = solver(program.program, replace(limits, gap=limits.gap / 2))
        records.append(answer.record)
        if not answer.record.has_solution:
            return [], answer.record
        for number, n in zip(numbers, program.units(answer.values), strict=True):
            units[number] = n
    basket = Basket(problem, units)
    if not basket.take_off():
        return None
    basket.fill_up()
    worth = sum(price * most for price, most in zip(prices.tolist(), _bounds(problem), strict=True) if price)
    return basket.units, _joined(records, problem.cost(basket.units), worth, limits.gap)


def _joined(records: Sequence[SolveRecord], cost: float, worth: float, gap: float) -> SolveRecord:
    """The record of all calls, the first of which was that of the relaxation, of what the whole costs and its bound."""
    whole = replace(
        records[0],
        solver=records[1].solver,
        objective=cost,
        bound=sum(record.bound for record in records[1:]) - worth,
        work=sum(record.work for record in records),
        build_seconds=sum(record.build_seconds for record in records),
        solve_seconds=sum(record.solve_seconds for record in records),
        guard_fired=any(record.guard_fired for record in records),
    )
    is_proven = whole.gap <= gap
    return replace(whole, status=PROVEN if is_proven else LIMITED, reason="" if is_proven else "gap at prices")


def parts_of(problem: PurchaseProblem) -> list[list[int]]:
    """Offers, by number, that share no product and no document with those of any other part."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    products = len(problem.curves)
    ends = np.array([(o.product, products + o.document) for o in problem.offers]).T
    size = products + len(problem.documents)
    graph = coo_array((np.ones(len(problem.offers)), (ends[0], ends[1])), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    found: dict[int, list[int]] = {}
    for number, product in enumerate(ends[0].tolist()):
        found.setdefault(int(label[product]), []).append(number)
    return list(found.values())


def part(problem: PurchaseProblem, numbers: Sequence[int]) -> PurchaseProblem:
    """The problem of some of the offers, and of no other products and documents than theirs."""
    offers = [problem.offers[n] for n in numbers]
    products = {p: place for place, p in enumerate(sorted({o.product for o in offers}))}
    documents = {d: place for place, d in enumerate(sorted({o.document for o in offers}))}
    return replace(
        problem,
        curves=[problem.curves[p] for p in products],
        offers=[replace(o, product=products[o.product], document=documents[o.document]) for o in offers],
        documents=[problem.documents[d] for d in documents],
        early={products[p]: curve for p, curve in problem.early.items() if p in products},
        volume_l=[problem.volume_l[p] for p in products] if problem.volume_l else (),
    )


def _priced(problem: PurchaseProblem, prices: Floats) -> PurchaseProblem:
    """Without its bounds, whatever uses them costing more."""
    offers = [replace(o, extra_cents=o.extra_cents + float(prices @ _uses(problem, o))) for o in problem.offers]
    return replace(problem, offers=offers, budget_cents=math.inf, storage_l=math.inf)


def _uses(problem: PurchaseProblem, offer: Offer) -> Floats:
    """What a unit takes of the budget and of the room."""
    return np.array([offer.landed_cents, problem.volume_l[offer.product] if problem.volume_l else 0.0])


class Basket:
    """Units of each offer, changed lot by lot.

    Parameters
    ----------
    problem
        With a bound on money, room or both.
    units
        Of each offer, to begin with.
    """

    def __init__(self, problem: PurchaseProblem, units: Sequence[int]) -> None:
        self._problem, self.units = problem, list(units)
        self._uses = np.array([_uses(problem, offer) for offer in problem.offers])
        self.left = np.array(_bounds(problem)) - self._uses.T @ np.array(self.units, dtype=np.float64)
        self._of_product: dict[int, list[int]] = {}
        self._held = np.zeros((len(problem.documents), 2))
        for number, (offer, n) in enumerate(zip(problem.offers, self.units, strict=True)):
            self._of_product.setdefault(offer.product, []).append(number)
            self._held[offer.document] += n * np.array([1.0, offer.price_cents])

    def take_off(self) -> bool:
        """Take lots off until everything fits, first what costs least for what it frees; whether that was possible."""
        short = self.left < -_SLACK
        if short.any():
            self._change(-1, np.where(short, 1.0 / np.array(_bounds(self._problem)), 0.0))
        return not (self.left < -_SLACK).any()

    def fill_up(self) -> None:
        """Add lots that fit, first what saves most for what it uses."""
        self._change(1, 1.0 / np.array(_bounds(self._problem)))

    def _change(self, sign: int, weight: Floats) -> None:
        """Lot by lot in the sequence of cost by use; prices of use are by ``weight``."""
        heap = [entry for number in range(len(self.units)) for entry in self._step(number, sign, weight)]
        heapq.heapify(heap)
        while heap and (sign > 0 or (self.left < -_SLACK).any()):
            _, number, units = heapq.heappop(heap)
            if units != self.units[number] or not self._may(number, sign):
                continue
            self._apply(number, sign)
            for other in self._of_product[self._problem.offers[number].product]:
                for entry in self._step(other, sign, weight):
                    heapq.heappush(heap, entry)

    def _step(self, number: int, sign: int, weight: Floats) -> list[tuple[float, int, int]]:
        """One lot's cost by use, if it is to be had and, where it is added, pays."""
        if not self._may(number, sign):
            return []
        cost = self._cost_of(number, sign)
        use = float(weight @ self._uses[number]) * self._problem.offers[number].lot_units
        if use <= 0 or (sign > 0 and cost >= 0):
            return []
        return [(cost / use, number, self.units[number])]

    def _may(self, number: int, sign: int) -> bool:
        """Whether a lot more or less leaves bounds, curves and minimums as they must be."""
        problem, offer = self._problem, self._problem.offers[number]
        document = problem.documents[offer.document]
        if sign < 0:
            after = self._held[offer.document] - offer.lot_units * np.array([1.0, offer.price_cents])
            enough = after[0] >= document.min_units and after[1] >= document.min_cents
            return self.units[number] >= offer.lot_units and (enough or after[0] == 0)
        total = sum(self.units[n] for n in self._of_product[offer.product]) + offer.lot_units
        is_placed = self._held[offer.document][0] > 0
        fits = (self._uses[number] * offer.lot_units <= self.left + _SLACK).all()
        return bool(is_placed and fits and total <= problem.curves[offer.product].units[-1])

    def _cost_of(self, number: int, sign: int) -> float:
        """What one lot more or less costs."""
        before = self._cost(self._problem.offers[number].product)
        self.units[number] += sign * self._problem.offers[number].lot_units
        after = self._cost(self._problem.offers[number].product)
        self.units[number] -= sign * self._problem.offers[number].lot_units
        return after - before

    def _cost(self, product: int) -> float:
        """Of a product with all its offers."""
        return self._problem.cost_of(product, [(n, self.units[n]) for n in self._of_product[product]])

    def _apply(self, number: int, sign: int) -> None:
        offer = self._problem.offers[number]
        self.units[number] += sign * offer.lot_units
        self.left -= sign * offer.lot_units * self._uses[number]
        self._held[offer.document] += sign * offer.lot_units * np.array([1.0, offer.price_cents])
