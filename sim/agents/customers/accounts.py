"""Which account an order belongs to, which contract that account has, and what it pays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sim.network import Channel, Network
from sim.plans.contract import Contract
from sim.streams import Streams
from sim.units import BASIS_POINTS

Ints = NDArray[np.int64]


class Accounts:
    """The customer accounts of one channel; those with a contract come first, in the sequence of the contracts."""

    def __init__(self, channel: Channel, streams: Streams) -> None:
        self._channel = channel
        self._luck = streams.counter("accounts", channel.name)
        self._contract_of = [c for c in channel.contracts for _ in range(c.accounts)][: channel.accounts]

    def account(self, at_ms: int) -> int:
        """The number of the account that orders at a moment: the customer's own draw, whatever else is sold."""
        return int(self._luck.at(at_ms) * self._channel.accounts)

    def contract(self, at_ms: int) -> Contract | None:
        """The contract of the account that orders at a moment."""
        account = self.account(at_ms)
        return self._contract_of[account] if account < len(self._contract_of) else None

    def have_contracts(self, at_ms: Ints) -> NDArray[np.bool_]:
        """Whether the account that orders has a contract, at each of many moments."""
        account = (self._luck.many(at_ms) * self._channel.accounts).astype(np.int64)
        found: NDArray[np.bool_] = account < len(self._contract_of)
        return found

    def prices(
        self, network: Network, at_ms: Iterable[int], count: Ints, product: Ints, units: Ints, usual: Ints
    ) -> Ints:
        """Net prices of the lines of orders placed at ``at_ms``, ``count`` lines each, where ``usual`` are those of
        whoever has no contract. A contract price takes no part in promotions."""
        contracts = self._channel.contracts
        number = {id(c): i for i, c in enumerate(contracts)}
        own = np.array([-1 if (c := self.contract(t)) is None else number[id(c)] for t in at_ms], dtype=np.int64)
        of_line = np.repeat(own, count)
        listed = np.array([p.price_cents for p in network.products], dtype=np.int64)[product]
        category = np.array([p.category for p in network.products], dtype=np.int64)[product]
        prices = usual.copy()
        for i, contract in enumerate(contracts):
            for line in sorted(contract.prices, key=lambda price: price.rank):
                fits = (of_line == i) & (units >= line.from_units)
                if line.product is not None:
                    fits &= product == line.product
                elif line.category is not None:
                    fits &= category == line.category
                reduced = listed * (BASIS_POINTS - line.discount_bp) // BASIS_POINTS
                prices = np.where(fits, reduced if line.price_cents is None else line.price_cents, prices)
        return prices
