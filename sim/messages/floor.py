"""Nodes behind interfaces: a release reaches the floor by message, a put-away the books."""

from __future__ import annotations

from array import array

from sim.agents.floor.warehouse import Warehouse


class RemoteWarehouse(Warehouse):
    """A node that is told of its shipments, and tells of what it put away."""

    _heard: array[int] | None = None
    """Shipments that it was told of and has not released; None where it is told at once."""

    knows_already = False
    """Whether what is planned now is known here, because a copy of a message brought it."""

    @property
    def waiting(self) -> array[int]:
        """Shipments that the node knows of and has not released."""
        exchange = self._site.exchange
        if exchange is None or not exchange.carries("release", self.index):
            return super().waiting
        if self._heard is None:
            self._heard = array("i")
        return self._heard

    @waiting.setter
    def waiting(self, shipments: array[int]) -> None:
        if self._site.exchange is not None and self._site.exchange.carries("release", self.index):
            self._heard = shipments
        else:
            self._waiting = shipments

    def plan(self, shipment: int) -> None:
        """A shipment was allocated to this node; the message about it leaves."""
        exchange = self._site.exchange
        if exchange is None or not exchange.carries("release", self.index):
            super().plan(shipment)
            return
        if self.knows_already:
            self.hear(shipment)
            return
        self._site.limits.watch()
        exchange.send("release", self.index, [shipment])

    def hear(self, shipment: int) -> None:
        """The node knows of a shipment: it waits for the next wave."""
        self.waiting.append(shipment)
        super().plan(shipment)

    def _put_away(self, goods: list[int]) -> None:
        exchange = self._site.exchange
        if exchange is None or not exchange.carries("receipt", self.index):
            super()._put_away(goods)
        else:
            exchange.send("receipt", self.index, goods)

    def record_put_away(self, goods: list[int]) -> None:
        """The house knows that goods stand on the shelf: they can be sold."""
        super()._put_away(goods)
