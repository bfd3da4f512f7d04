"""Between legal entities: who ships for another sells to it first, at cost plus; and who supplies its nodes may."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.books.amounts import Amounts, Ints, piece_ranges
from sim.books.columns import as_numpy
from sim.books.kinds import NUMBER
from sim.books.reasons import REASON_NUMBER
from sim.network import Network

if TYPE_CHECKING:
    from sim.agents.site import Site

_SOLD, _BOUGHT, _TAKEN_BACK, _GIVEN_BACK, _SENT, _GOT, _STOCK_SOLD, _STOCK_BOUGHT = (
    NUMBER[k]
    for k in (
        "intercompany_sold",
        "intercompany_bought",
        "intercompany_taken_back",
        "intercompany_given_back",
        "intercompany_transfer_sent",
        "intercompany_transfer_got",
        "intercompany_stock_sold",
        "intercompany_stock_bought",
    )
)
_UNDELIVERABLE = REASON_NUMBER["undeliverable"]


class Intercompany:
    """Writes down what one entity owes another. Each fact is an entry of one entity, and has its pair."""

    def __init__(self, site: Site) -> None:
        self._site = site
        network = site.world.network
        self._of_node = [n.entity for n in network.nodes]
        self._of_channel = np.array([c.entity for c in network.channels], dtype=np.int64)
        self._amounts = Amounts(site.register, network)

    @staticmethod
    def is_needed(network: Network) -> bool:
        """Whether goods of one entity may be sold or kept by another."""
        nodes, channels = network.nodes, network.channels
        return len({n.entity for n in nodes}) > 1 or any(
            n.entity != c.entity and n.can_serve(i) for i, c in enumerate(channels) for n in nodes
        )

    def shipped(self, node: int, shipments: NDArray[np.int64]) -> None:
        """Control of parcels passes from a node: its entity sells what the orders of other entities hold."""
        register = self._site.register
        channel = as_numpy(register.orders.channel)[as_numpy(register.shipments.order)[shipments]]
        buyer = self._of_channel[channel]
        others = shipments[buyer != self._of_node[node]]
        actor = self._site.finance.actor
        self._site.log.add_pieces(_SOLD, actor, 0, others)
        self._site.log.add_pieces(_BOUGHT, actor, 0, others)
        if self._site.treasury is not None:
            for entity in np.unique(buyer[buyer != self._of_node[node]]).tolist():
                pieces, _ = piece_ranges(register, shipments[buyer == entity])
                self._owed(self._of_node[node], entity, "piece_transfer", pieces)

    def delivered(self, shipments: NDArray[np.int64]) -> None:
        """Parcels that were their senders' are their customers' now."""
        node = as_numpy(self._site.register.shipments.node)[shipments]
        for sender in np.unique(node).tolist():
            self.shipped(sender, shipments[node == sender])

    def brought_back(self, shipments: NDArray[np.int64]) -> None:
        """Nobody took parcels that were still their senders': if another entity gets them, it has bought them."""
        back = self._site.world.returns.node
        if back is not None:
            sender = np.array(self._of_node)[as_numpy(self._site.register.shipments.node)[shipments]]
            self.delivered(shipments[sender != self._of_node[back]])

    def came_back(self, node: int, returns: list[int]) -> None:
        """Returns reached a node: its entity takes the goods of other entities' customers back at the same price."""
        register, actor = self._site.register, self._site.finance.actor
        others = []
        for number in returns:
            order = register.order_of_return(number)
            is_others = self._of_channel[register.orders.channel[order]] != self._of_node[node]
            if is_others and not self._was_its_own(node, number):
                others.append(number)
        self._site.log.add(_TAKEN_BACK, actor, 0, others)
        self._site.log.add(_GIVEN_BACK, actor, 0, others)
        if self._site.treasury is not None:
            for number in others:
                order = register.order_of_return(number)
                buyer = int(self._of_channel[register.orders.channel[order]])
                self._owed(self._of_node[node], buyer, "return_transfer", np.array([number], dtype=np.int64), -1)

    def _was_its_own(self, node: int, number: int) -> bool:
        """Whether nobody took a parcel that was to be sold at delivery, and it was its node's entity's all the time."""
        register = self._site.register
        if self._site.deferral is None or register.returns.reason[number] != _UNDELIVERABLE:
            return False
        sender = register.shipments.node[register.pieces.shipment[register.returns.piece[number]]]
        return self._of_node[sender] == self._of_node[node]

    def transferred(self, node: int, to_node: int, goods: list[int]) -> None:
        """Stock is on its way to a node of another entity: at cost where its owner adds nothing, else sold."""
        if self._of_node[node] == self._of_node[to_node]:
            return
        register, actor = self._site.register, self._site.finance.actor
        rows = register.goods
        mirrored = [rows.add(to_node, rows.product[g], rows.units[g], rows.value_cents[g], other=node) for g in goods]
        is_sale = self._site.world.network.entities[self._of_node[node]].stock_markup_bp > 0
        self._site.log.add(_STOCK_SOLD if is_sale else _SENT, actor, 0, goods)
        self._site.log.add(_STOCK_BOUGHT if is_sale else _GOT, actor, 0, mirrored)
        if self._site.treasury is not None:
            self._owed(self._of_node[node], self._of_node[to_node], "goods_sold_at", np.array(goods, dtype=np.int64))

    def _owed(self, seller: int, buyer: int, amount: str, records: Ints, sign: int = 1) -> None:
        """Tell the treasury of entries of now."""
        assert self._site.treasury is not None
        self._site.treasury.owed(seller, buyer, self._amounts.of(amount, records), sign)
        self._amounts.forget()
