"""Finance and returns behind interfaces: money moves when the house is told, not when goods do."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.agents.finance.finance import Finance
from sim.agents.orders.completion import Completion
from sim.agents.returns.returns import ReturnsDesk
from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.clock import SWEEP

_LATE, _AGAIN = NUMBER["shipment_limit_breached"], NUMBER["refunded_again"]
_CONFIRMATION, _RETURN_RECEIPT = REASON_NUMBER["ship_confirmation"], REASON_NUMBER["return_receipt"]

Ints = NDArray[np.int64]


class RemoteFinance(Finance):
    """Invoices and captures when a shipment is confirmed; books a payout when its notice comes."""

    def invoice(self, ids: Ints) -> None:
        """Parcels left; what their nodes confirm at once is invoiced now."""
        exchange, register = self._site.exchange, self._site.register
        assert exchange is not None
        node_of = as_numpy(register.shipments.node)[ids]
        for node in np.unique(node_of).tolist():
            own = ids[node_of == node]
            if not exchange.carries("ship_confirmation", node):
                super().invoice(own)
                continue
            exchange.send("ship_confirmation", node, own.tolist())
            self._watch(own.tolist())

    def hear(self, shipments: list[int]) -> None:
        """Confirmations arrived: invoice, and capture what was authorised."""
        super().invoice(np.array(shipments, dtype=np.int64))

    def _watch(self, shipments: list[int]) -> None:
        """A marketplace counts a shipment as late that is not confirmed by its ship-by date, wherever it is."""
        orders, clock = self._site.register.orders, self._site.clock
        for shipment in shipments:
            order = self._site.register.shipments.order[shipment]
            due_ms = orders.ship_by_ms[order]
            if (
                due_ms >= clock.now_ms
                and self._site.world.network.channels[orders.channel[order]].kind == "marketplace"
            ):
                clock.gather(due_ms, SWEEP, self._confirm_by_passes, (shipment,), rank=1 << 25)

    def _confirm_by_passes(self, shipments: list[int]) -> None:
        exchange = self._site.exchange
        assert exchange is not None
        late = [s for s in shipments if exchange.is_open("ship_confirmation", s)]
        self._site.log.add(_LATE, self.actor, _CONFIRMATION, late)

    def book_payout(self, channel: int, shipments: Ints) -> None:
        """Money was paid out; it is on the books with the notice of it."""
        exchange = self._site.exchange
        assert exchange is not None
        if exchange.carries("posting", channel):
            exchange.send("posting", channel, shipments.tolist())
        else:
            super().book_payout(channel, shipments)

    def hear_payouts(self, shipments: list[int]) -> None:
        """Notices arrived."""
        ids = np.array(shipments, dtype=np.int64)
        orders = self._site.register.orders
        channel = as_numpy(orders.channel)[as_numpy(self._site.register.shipments.order)[ids]]
        for number in np.unique(channel).tolist():
            super().book_payout(number, ids[channel == number])


class RemoteReturns(ReturnsDesk):
    """Refunds when the node has told of what came back."""

    def refund(self, numbers: list[int]) -> None:
        """Returns were inspected; the messages about them leave."""
        exchange, node_of = self._site.exchange, self._site.register.returns.node
        assert exchange is not None
        by_node: dict[int, list[int]] = {}
        for number in numbers:
            by_node.setdefault(node_of[number], []).append(number)
        for node, own in by_node.items():
            if exchange.carries("return_receipt", node):
                exchange.send("return_receipt", node, own)
            else:
                super().refund(own)

    def hear(self, numbers: list[int]) -> None:
        """Finance knows of the returns."""
        super().refund(numbers)

    def hear_again(self, numbers: list[int]) -> None:
        """The same message once more, and nobody noticed: the money is given back twice, and gone."""
        register, finance = self._site.register, self._site.finance
        for number in numbers:
            line = register.line_of_return(number)
            cents = register.returns.net_cents[number] + register.returns.tax_cents[number]
            note = register.notes.add(
                order=register.lines.order[line], line=line, product=register.lines.product[line], value_cents=cents
            )
            self._site.log.one(_AGAIN, finance.actor, _RETURN_RECEIPT, note)


class RemoteCompletion(Completion):
    """Parcels reach their customers; the house hears of it with the carrier's status."""

    def delivered(self, shipments: NDArray[np.signedinteger]) -> None:
        """What customers have is theirs at once; the carriers' messages about it leave."""
        super().delivered(shipments)
        if self._site.typists is not None:
            self._site.typists.delivered(shipments.tolist())
        exchange = self._site.exchange
        assert exchange is not None
        node_of = as_numpy(self._shipments.node)[shipments]
        for node in np.unique(node_of).tolist():
            if exchange.carries("tracking", node):
                exchange.send("tracking", node, shipments[node_of == node].tolist())
