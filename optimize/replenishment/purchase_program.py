"""What to buy of whom at one review: a mixed-integer program over lots, lines, documents, price breaks and what all
share.

Each product has a convex curve of what a further unit is worth (`Curve`); its *offers* are suppliers, regular or in a
hurry, that bring it at their own price in their own lots; offers that go on one *document* share its minimum.

Variables, in this order: units on each piece of each curve; whole lots and the line of each offer; units and the choice
of each price break; each document.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from optimize.programs import Program

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """Cost of having so many more units: 0 at 0, then ``costs`` at rising ``units``, straight between, convex."""

    units: tuple[float, ...]
    costs: tuple[float, ...]

    def at(self, units: float) -> float:
        """The cost of so many units, at most the last."""
        return float(np.interp(units, (0.0, *self.units), (0.0, *self.costs)))


@dataclass(frozen=True, slots=True)
class Break:
    """A discount on all units of a line of ``least`` or more."""

    least: int
    saved_cents: float


@dataclass(frozen=True, slots=True)
class Offer:
    """A way to get a product.

    Attributes
    ----------
    product, document
        Numbers; units of a product from all its offers share its curve.
    lot_units
        What it comes in.
    extra_cents
        What a unit costs above what the curve takes it to cost.
    landed_cents, price_cents
        What a unit takes of the budget, and what it counts towards the document's minimum.
    is_early
        Whether its units count on the product's early curve too.
    breaks
        Rising.
    """

    product: int
    document: int
    lot_units: int
    extra_cents: float
    landed_cents: float
    price_cents: float
    is_early: bool = False
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """An order with one supplier: its minimum, if it is placed at all, and what placing it costs."""

    min_units: int = 0
    min_cents: float = 0.0
    fixed_cents: float = 0.0


@dataclass(frozen=True, slots=True)
class PurchaseProblem:
    """One review.

    ``curves`` by product; ``early`` by product where there is an offer in a hurry, of what a unit is worth until the
    regular ones come; ``line_cents`` is what an order line costs; ``budget_cents`` and ``storage_l`` bound all of them.
    """

    curves: Sequence[Curve]
    offers: Sequence[Offer]
    documents: Sequence[Document]
    early: dict[int, Curve] = field(default_factory=dict)
    line_cents: float = 0.0
    volume_l: Sequence[float] = ()
    budget_cents: float = math.inf
    storage_l: float = math.inf

    def cost(self, units: Sequence[int]) -> float:
        """What units of each offer cost, whether or not they may be bought together."""
        lines: list[list[tuple[int, int]]] = [[] for _ in self.curves]
        for number, (offer, n) in enumerate(zip(self.offers, units, strict=True)):
            lines[offer.product].append((number, n))
        used = {offer.document for offer, n in zip(self.offers, units, strict=True) if n}
        products = sum(self.cost_of(product, mine) for product, mine in enumerate(lines))
        return products + sum(self.documents[document].fixed_cents for document in used)

    def cost_of(self, product: int, lines: Sequence[tuple[int, int]]) -> float:
        """What one product costs, by (offer, units) of all its offers."""
        total = self.curves[product].at(sum(n for _, n in lines))
        if product in self.early:
            total += self.early[product].at(sum(n for number, n in lines if self.offers[number].is_early))
        for number, n in lines:
            offer = self.offers[number]
            saved = max((b.saved_cents for b in offer.breaks if n >= b.least), default=0.0)
            total += n * (offer.extra_cents - saved) + self.line_cents * (n > 0)
        return total


class PurchaseProgram:
    """The program of one problem, and how its solution reads."""

    def __init__(self, problem: PurchaseProblem) -> None:
        self._problem = problem
        self._cost: list[float] = []
        self._upper: list[float] = []
        self._whole: list[bool] = []
        self._rows: list[dict[int, float]] = []
        self._bounds: list[tuple[float, float]] = []
        pieces = [self._pieces(curve) for curve in problem.curves]
        early = {product: self._pieces(curve) for product, curve in problem.early.items()}
        most = [curve.units[-1] for curve in problem.curves]
        self._lots = [
            self._column(o.extra_cents * o.lot_units, math.floor(most[o.product] / o.lot_units), whole=True)
            for o in problem.offers
        ]
        lines = [self._column(problem.line_cents, 1, whole=True) for _ in problem.offers]
        self._split(pieces, problem.offers)
        for product, columns in early.items():
            self._split({product: columns}, [o if o.is_early else None for o in problem.offers])
        for number, offer in enumerate(problem.offers):
            limit = math.floor(most[offer.product] / offer.lot_units)
            self._row({self._lots[number]: 1.0, lines[number]: -float(limit)}, -math.inf, 0.0)
            self._breaks(number, offer, most[offer.product])
        self._documents(lines)
        self._shared()

    @property
    def program(self) -> Program:
        """As `optimize.solver` takes it."""
        rows = [row for row, entries in enumerate(self._rows) for _ in entries]
        columns = [column for entries in self._rows for column in entries]
        values = [value for entries in self._rows for value in entries.values()]
        shape = (len(self._rows), len(self._cost))
        lower, upper = np.array(self._bounds, dtype=np.float64).reshape(-1, 2).T
        return Program.of(
            np.array(self._cost),
            sparse.csr_array((values, (rows, columns)), shape=shape),
            lower,
            upper,
            upper=np.array(self._upper),
            integer=np.array(self._whole),
        )

    def units(self, values: Floats) -> list[int]:
        """Units of each offer in a solution."""
        offers = self._problem.offers
        return [round(values[column]) * o.lot_units for column, o in zip(self._lots, offers, strict=True)]

    # Columns and rows.

    def _column(self, cost: float, upper: float, whole: bool = False) -> int:
        self._cost.append(cost)
        self._upper.append(upper)
        self._whole.append(whole)
        return len(self._cost) - 1

    def _row(self, entries: dict[int, float], lower: float, upper: float) -> None:
        self._rows.append(entries)
        self._bounds.append((lower, upper))

    def _pieces(self, curve: Curve) -> list[int]:
        """Units on each straight piece; convex, so that the cheap ones fill first."""
        ends, costs = (0.0, *curve.units), (0.0, *curve.costs)
        return [
            self._column((costs[k + 1] - costs[k]) / (ends[k + 1] - ends[k]), ends[k + 1] - ends[k])
            for k in range(len(curve.units))
        ]

    def _split(self, pieces: Sequence[list[int]] | dict[int, list[int]], offers: Sequence[Offer | None]) -> None:
        """Units bought are units on pieces."""
        numbered = pieces.items() if isinstance(pieces, dict) else enumerate(pieces)
        for product, columns in numbered:
            entries = dict.fromkeys(columns, -1.0)
            for number, offer in enumerate(offers):
                if offer is not None and offer.product == product:
                    entries[self._lots[number]] = float(offer.lot_units)
            self._row(entries, 0.0, 0.0)

    def _breaks(self, number: int, offer: Offer, most: float) -> None:
        """A line's units stand under the one break that it reaches, or under none."""
        reachable = [b for b in offer.breaks if b.least <= most]
        if not reachable:
            return
        chosen, units = [], []
        for b in reachable:
            units.append(self._column(-b.saved_cents, most))
            chosen.append(self._column(0.0, 1, whole=True))
            self._row({units[-1]: 1.0, chosen[-1]: -float(b.least)}, 0.0, math.inf)
            self._row({units[-1]: 1.0, chosen[-1]: -most}, -math.inf, 0.0)
        self._row(dict.fromkeys(chosen, 1.0), -math.inf, 1.0)
        self._row(dict.fromkeys(units, 1.0) | {self._lots[number]: -float(offer.lot_units)}, -math.inf, 0.0)

    def _documents(self, lines: list[int]) -> None:
        """A line stands on its document, and a document holds its minimum."""
        for number, document in enumerate(self._problem.documents):
            mine = [n for n, offer in enumerate(self._problem.offers) if offer.document == number]
            placed = self._column(document.fixed_cents, 1, whole=True)
            for n in mine:
                self._row({lines[n]: 1.0, placed: -1.0}, -math.inf, 0.0)
            for least, weights in (
                (document.min_units, dict.fromkeys(mine, 1.0)),
                (document.min_cents, {n: self._problem.offers[n].price_cents for n in mine}),
            ):
                if least > 1:
                    held = {self._lots[n]: w * self._problem.offers[n].lot_units for n, w in weights.items()}
                    self._row(held | {placed: -float(least)}, 0.0, math.inf)

    def _shared(self) -> None:
        """Money and room for all."""
        problem, numbered = self._problem, list(enumerate(self._problem.offers))
        if math.isfinite(problem.budget_cents):
            spent = {self._lots[n]: o.landed_cents * o.lot_units for n, o in numbered}
            self._row(spent, -math.inf, problem.budget_cents)
        if math.isfinite(problem.storage_l):
            filled = {self._lots[n]: problem.volume_l[o.product] * o.lot_units for n, o in numbered}
            self._row(filled, -math.inf, problem.storage_l)
