"""Cases and pallets: what is ordered by the pallet is reserved, moved and sent by the pallet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.agents.floor.pallet_work import PalletWork
from sim.books.register import Handled, Line
from sim.books.whole_pallets import WholePallets
from sim.plans.handling_units import HandlingPlan
from sim.policies.allocation import NAN, Answer, Assignment, OrderView, StockView

if TYPE_CHECKING:
    from sim.agents.customers.customer import Offer
    from sim.agents.site import Site


class Foreseen(NamedTuple):
    """A shipment to come: how many whole pallets (0: a parcel), lines of single units, time of a picker for what is
    pallets or cases, and (product, units)."""

    pallets: int
    lines: int
    extra_ms: int
    goods: list[tuple[int, int]]


Decide = Callable[[OrderView, StockView], Answer]


class Handling:
    """Breaks the lines of some channels down into whole pallets, cases and single units.

    The allocation policy is asked twice: first where whole pallets shall come from, and is shown nothing but these;
    then about the rest, and is shown what is left, without the pallets that are kept whole. Of what one node sends, the
    whole pallets are one shipment, and the rest is another. What that is to the people of a floor is ``work``.
    """

    def __init__(self, site: Site, plan: HandlingPlan) -> None:
        self._site, self.plan = site, plan
        self._units = plan.pallet_units
        stock = site.inventory
        self._whole = stock.pallets = WholePallets(stock.available, stock.quarantined, self._units)
        services, nodes = site.world.network.services, range(len(site.world.network.nodes))
        self._sends = [any(s.pallets is not None and s.can_collect_at(n) for s in services) for n in nodes]
        """By node: whether anybody fetches pallets there."""
        self._handled = site.register.handled
        self.work = PalletWork(site, plan)

    # Before they come.

    def asked(self, offer: Offer) -> NDArray[np.bool_]:
        """Arrivals that are more than lines of single units; where pallets are kept whole, all of them."""
        if not len(offer) or self.plan.kept_pallets:
            return np.ones(len(offer), dtype=np.bool_)
        never = np.iinfo(np.int64).max
        smallest = np.array(
            [min([u for u in sizes if u], default=never) for sizes in zip(self.plan.case_units, self._units)]
        )
        starts = np.cumsum(offer.line_count) - offer.line_count
        found = np.logical_or.reduceat(offer.units >= smallest[offer.product], starts)
        return np.asarray(found & np.isin(offer.channel, sorted(self.plan.channels)))

    # Allocation.

    def is_concerned(self, order: int) -> bool:
        """Whether an order takes whole pallets, or might break one that is kept."""
        lines = self._site.register.lines
        return bool(self.plan.kept_pallets) or (
            self._breaks_down(order)
            and any(self._pallets_in(lines.product[n], lines.units[n]) for n in self._site.register.orders.lines(order))
        )

    def ask(self, view: OrderView, stock: StockView, decide: Decide) -> Answer:
        """Where an order is served from: whole pallets first, then the rest."""
        policy, wanted = self._site.policies.allocation, view.lines
        in_pallets = self._in_pallets(view.order, wanted)
        if not in_pallets:
            return self._ask_loose(view, stock, [], decide)
        view.lines = in_pallets
        first = self._cut(decide(view, self._on_pallets(in_pallets, stock)), in_pallets)
        view.lines = self._rest(wanted, in_pallets, first)
        second = self._ask_loose(view, stock, first, decide) if view.lines else []
        answer = _together(first + _assignments(second, view.lines))
        view.lines = wanted
        policy.runner_up, policy.gap_cents = None, NAN  # no two nodes were compared for all of it
        return answer

    def _ask_loose(self, view: OrderView, stock: StockView, taken: list[Assignment], decide: Decide) -> Answer:
        """Of what is no pallet: loose stock first; where that does not do, pallets that are kept may be broken."""
        answer = decide(view, self._loose(view.lines, stock, taken, kept=self.plan.kept_pallets))
        if not self.plan.kept_pallets or not self.plan.breaks_kept or isinstance(answer, int):
            return answer
        if sum(units for *_, units in answer) == sum(units for *_, units in view.lines):
            return answer
        return decide(view, self._loose(view.lines, stock, taken, kept=0))

    def _breaks_down(self, order: int) -> bool:
        if self._site.pickups is not None and order in self._site.pickups.node_of:
            return False  # its customer carries it away
        return self._site.register.orders.channel[order] in self.plan.channels

    def _pallets_in(self, product: int, units: int) -> int:
        return units // self._units[product] if self._units[product] else 0

    def _in_pallets(self, order: int, wanted: Iterable[Line]) -> list[Line]:
        """What of an order's lines is whole pallets."""
        if not self._breaks_down(order):
            return []
        return [
            (line, product, pallets * self._units[product])
            for line, product, units in wanted
            if (pallets := self._pallets_in(product, units))
        ]

    def _on_pallets(self, lines: Iterable[Line], stock: StockView) -> StockView:
        """``stock``, of these lines' products only what stands on whole pallets."""
        rows = [row[:] for row in stock.available]
        for product in {product for _, product, _ in lines}:
            per_pallet = self._units[product]
            for node, row in enumerate(rows):
                shown = self._pallets_in(product, max(0, stock.available[node][product]))
                whole = min(self._whole.of(node, product), shown) if self._sends[node] else 0
                row[product] = whole * per_pallet  # type: ignore[index]  # it is a copy
        return StockView(rows, stock.is_open)

    def _loose(self, lines: Iterable[Line], stock: StockView, taken: list[Assignment], kept: int) -> StockView:
        """``stock`` less what is taken already, and less the last ``kept`` pallets."""
        hidden: dict[tuple[int, int], int] = {}
        product_of = {line: self._site.register.lines.product[line] for line, *_ in (*lines, *taken)}
        for line, node, units in taken:
            cell = (node, product_of[line])
            hidden[cell] = hidden.get(cell, 0) + units
        for product in set(product_of.values()) if kept else ():
            for node in range(len(stock.available)):
                units = hidden.get((node, product), 0)
                left = self._whole.of(node, product) - self._pallets_in(product, units)
                if min(kept, left):
                    hidden[node, product] = units + min(kept, left) * self._units[product]
        if not hidden:
            return stock
        rows = list(stock.available)
        for node in {node for node, _ in hidden}:
            rows[node] = rows[node][:]
        for (node, product), units in hidden.items():
            rows[node][product] = max(0, rows[node][product] - units)  # type: ignore[index]  # it is a copy
        return StockView(rows, stock.is_open)

    def _cut(self, answer: Answer, lines: list[Line]) -> list[Assignment]:
        """An answer about pallets without what would be a part of one."""
        size = {line: self._units[product] for line, product, _ in lines}
        found = [(line, node, units - units % size[line]) for line, node, units in _assignments(answer, lines)]
        return [assignment for assignment in found if assignment[2]]

    def _rest(self, wanted: Iterable[Line], in_pallets: list[Line], first: list[Assignment]) -> list[Line]:
        """What is still to be asked for: without pallets that wait for a whole one, where those are waited for."""
        settled: dict[int, int] = {}
        for line, units in [(n, u) for n, _, u in (in_pallets if self.plan.waits_for_pallets else first)]:
            settled[line] = settled.get(line, 0) + units
        rest = [(line, product, units - settled.get(line, 0)) for line, product, units in wanted]
        return [line for line in rest if line[2]]

    # Shipments.

    def divide(self, order: int, node: int, goods: list[Line]) -> list[tuple[list[Line], int]]:
        """Of what a node is about to send, (lines, pallets) of each shipment: whole pallets, which nobody else gets
        from now on, then the rest."""
        if not self._breaks_down(order) or not self._sends[node]:
            return [(goods, 0)]
        by_pallet, rest, count = list[Line](), list[Line](), 0
        for line, product, units in goods:
            pallets = min(self._pallets_in(product, units), self._whole.of(node, product))
            if pallets:
                self._whole.take(node, product, pallets)
                by_pallet.append((line, product, pallets * self._units[product]))
                count += pallets
            if units > pallets * self._units[product]:
                rest.append((line, product, units - pallets * self._units[product]))
        return [part for part in ((by_pallet, count), (rest, 0)) if part[0]]

    def planned(self, shipment: int, goods: list[Line], pallets: int) -> None:
        """A shipment was written."""
        order = self._site.register.shipments.order[shipment]
        if pallets:
            self._handled[shipment] = Handled(pallets, 0, 0)
        elif self._breaks_down(order):
            loose = [self.plan.loose_down(product, units) for _, product, units in goods]
            cases = sum([broken.cases for broken in loose])
            if cases:
                self._handled[shipment] = Handled(0, cases, sum([broken.eaches > 0 for broken in loose]))

    def on_pallets(self, shipment: int) -> int:
        """How many pallets a shipment is; 0: it is a parcel."""
        handled = self._handled.get(shipment)
        return 0 if handled is None else handled.pallets

    def among(self, shipments: NDArray[np.signedinteger]) -> list[int]:
        """Places of those that are whole pallets, or hold cases."""
        handled = self._handled
        return [place for place, shipment in enumerate(shipments.tolist()) if shipment in handled] if handled else []

    def has_whole(self, node: int, shipment: int) -> bool:
        """Whether another node could send a shipment as what it is: as many whole pallets, if it is pallets."""
        if not self.on_pallets(shipment):
            return True
        contents = self._site.register.contents((shipment,))
        return self._sends[node] and all(self._whole.of(node, p) * self._units[p] >= units for p, units in contents)

    def foreseen(self, order: int, node: int, goods: list[tuple[int, int]]) -> list[Foreseen]:
        """What would be sent of (product, units) at a node, of an order that has none: pallets, and the rest."""
        if not self._breaks_down(order):
            return [Foreseen(0, len(goods), 0, goods)]
        whole, rest, pallets, lines, cases = list[tuple[int, int]](), list[tuple[int, int]](), 0, 0, 0
        for product, units in goods:
            fits = min(self._pallets_in(product, units), self._whole.of(node, product)) if self._sends[node] else 0
            loose = units - fits * (self._units[product] or 1)
            if fits:
                pallets += fits
                whole.append((product, units - loose))
            if loose:
                broken = self.plan.loose_down(product, loose)
                lines, cases = lines + (broken.eaches > 0), cases + broken.cases
                rest.append((product, loose))
        parts = (Foreseen(pallets, 0, pallets * self.plan.pallet_move_ms, whole),
                 Foreseen(0, lines, cases * self.plan.case_pick_ms, rest))  # fmt: skip
        return [part for part in parts if part.goods]

    def undone(self, shipment: int, *, picked: bool) -> None:
        """A shipment was taken apart, and its units are available again: its pallets are still whole, and where they
        were, or are put there again if they had been ``picked``."""
        if self.on_pallets(shipment):
            node = self._site.register.shipments.node[shipment]
            for product, units in self._site.register.contents((shipment,)):
                self._whole.give_back(node, product, units // self._units[product])
                if picked:
                    self.work.put_back(node, product, units)


def _assignments(answer: Answer, lines: Iterable[Line]) -> list[Assignment]:
    return answer if not isinstance(answer, int) else [(line, answer, units) for line, _, units in lines]


def _together(parts: list[Assignment]) -> list[Assignment]:
    """One assignment for each line and node."""
    found: dict[tuple[int, int], int] = {}
    for line, node, units in parts:
        found[line, node] = found.get((line, node), 0) + units
    return [(line, node, units) for (line, node), units in found.items()]
