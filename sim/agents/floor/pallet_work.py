"""Pallets and cases in people's hands: what they take, and what is broken for less."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.unbroken import Unbroken
from sim.plans.handling_units import HandlingPlan

if TYPE_CHECKING:
    from sim.agents.site import Site

_BY_PALLET, _BY_CASE = NUMBER["picked_by_pallet"], NUMBER["picked_by_case"]
_PALLET_BROKEN, _CASE_BROKEN, _PALLET_SPLIT, _CASE_SPLIT = (
    NUMBER[k] for k in ("pallet_broken", "case_broken", "pallet_split", "case_split")
)


class PalletWork:
    """Measures shipments and goods in lines of single units, and counts what is opened to pick less of it."""

    def __init__(self, site: Site, plan: HandlingPlan) -> None:
        self._site, self._plan = site, plan
        self._units = plan.pallet_units
        stock = site.inventory
        lying = (stock.available, stock.committed, stock.quarantined)
        self._unbroken = stock.unbroken = Unbroken(lying, plan.case_units, plan.pallet_units, self._split)
        self._handled = site.register.handled
        self._line_ms = [n.stations[0].work_ms.mean for n in site.world.network.nodes]
        self._received_ms = [n.stations[2].work_ms.mean for n in site.world.network.nodes]

    def lines_in(self, node: int, shipments: list[int]) -> float:
        """What shipments are to a node's pickers, counted in lines of single units."""
        first, line_ms = self._site.register.shipments.first_piece, self._line_ms[node]
        lines, extra_ms = 0, 0
        for shipment in shipments:
            handled = self._handled.get(shipment)
            if handled is None:
                lines += first[shipment + 1] - first[shipment]
            else:
                lines += handled.lines
                extra_ms += handled.pallets * self._plan.pallet_move_ms + handled.cases * self._plan.case_pick_ms
        return lines + extra_ms / line_ms if line_ms else float(lines)

    def received(self, node: int, goods: list[int]) -> float:
        """What goods at the dock are to who puts them away, counted in lines."""
        columns, line_ms, lines, extra_ms = self._site.register.goods, self._received_ms[node], 0, 0
        for record in goods:
            line, ms = self._plan.put_away(columns.product[record], columns.units[record])
            lines, extra_ms = lines + line, extra_ms + ms
        return lines + extra_ms / line_ms if line_ms else float(lines)

    def picked(self, node: int, actor: int, shipments: Iterable[int]) -> None:
        """Note what was picked by the pallet and by the case, a row for each pallet, and for each line in cases; and
        what was broken for it."""
        register, plan, by_pallet, by_case = self._site.register, self._plan, list[int](), list[int]()
        rest = list[tuple[int, int]]()
        for shipment in shipments:
            handled = self._handled.get(shipment)
            for piece in register.pieces_of(shipment):
                product, units, cases = register.pieces.product[piece], register.pieces.units[piece], 0
                if handled is not None and handled.pallets:
                    by_pallet += [piece] * (units // self._units[product])
                    self._unbroken.take_pallets(node, product, units // self._units[product])
                    continue
                if handled is not None:
                    cases = plan.loose_down(product, units).cases
                    by_case += [piece] * (cases > 0)
                rest.append((piece, cases))
        self._site.log.add(_BY_PALLET, actor, 0, by_pallet)
        self._site.log.add(_BY_CASE, actor, 0, by_case)
        self._break_for(node, actor, rest)

    def _break_for(self, node: int, actor: int, taken: list[tuple[int, int]]) -> None:
        """Pieces were taken, each with so many whole cases, one after the other."""
        pieces, to_come = self._site.register.pieces, dict[int, int]()
        pallets, opened = list[int](), list[int]()
        for piece, _ in taken:
            product = pieces.product[piece]
            to_come[product] = to_come.get(product, 0) + pieces.units[piece]
        for piece, cases in taken:
            product = pieces.product[piece]
            to_come[product] -= pieces.units[piece]
            broken = self._unbroken.take(node, product, cases, to_come[product])
            pallets += [piece] * broken[0]
            opened += [piece] * broken[1]
        self._site.log.add(_PALLET_BROKEN, actor, 0, pallets)
        self._site.log.add(_CASE_BROKEN, actor, 0, opened)

    def _split(self, node: int, product: int, pallets: int, cases: int) -> None:
        """Goods left for another reason than an order, and were a part of these."""
        actor, goods = self._site.warehouses[node].actor, self._site.register.goods
        for kind, units, count in (
            (_PALLET_SPLIT, self._units[product], pallets),
            (_CASE_SPLIT, self._plan.case_units[product], cases),
        ):
            self._site.log.add(kind, actor, 0, [goods.add(node, product, units, 0) for _ in range(count)])

    def pass_by(self, shipments: array[int]) -> tuple[array[int], list[int]]:
        """(parcels to pack, pallets that are ready for the dock) of what was picked."""
        pallets = [s for s in shipments if self._is_pallets(s)]
        return array("i", [s for s in shipments if not self._is_pallets(s)]) if pallets else shipments, pallets

    def _is_pallets(self, shipment: int) -> bool:
        handled = self._handled.get(shipment)
        return handled is not None and handled.pallets > 0

    def put_back(self, node: int, product: int, units: int) -> None:
        """Whole pallets that had been picked are where they were."""
        self._unbroken.put_back_pallets(node, product, units // self._units[product])
