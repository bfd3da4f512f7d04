"""Prices, fees and penalties in the currency of a channel, which stay the same whatever that is worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.agents.finance.exchange_rates import ExchangeRates, halves_away
from sim.agents.finance.foreign_sales import ForeignSales
from sim.streams import Streams
from sim.units import half_away
from sim.world import World

Ints = NDArray[np.signedinteger]


class ForeignPrices:
    """What prices, fees and penalties that were fixed in a foreign currency when the scenario starts are worth to the
    group; falsy where all channels sell in the group's currency."""

    def __init__(self, world: World, streams: Streams) -> None:
        network, self._rates = world.network, None
        self._currency: dict[int, str] = {}
        if world.treasury is not None:
            group = network.entities[0].currency
            self._currency = {i: name for i, name in ForeignSales.channels_of(network).items() if name != group}
        if self._currency:
            self._rates = ExchangeRates(network, world.calendar, streams, world.horizon.drain_until_ms)

    def __bool__(self) -> bool:
        return bool(self._currency)

    def prices(self, channel: int, at_ms: Ints, price: Ints) -> Ints:
        """Of lines that are ordered at ``at_ms``, where ``price`` was right at the start: in the customers' currency,
        to its minor unit, and then in the group's."""
        currency = self._currency.get(channel)
        if currency is None or self._rates is None:
            return price
        table = self._rates.table(currency)
        return halves_away(halves_away(price / table[0]) * table[self._rates.numbers(at_ms)])

    def worth(self, channel: Ints, at_ms: Ints, cents: Ints) -> Ints:
        """The same of amounts of several channels' orders."""
        found = cents.astype(np.int64)
        for number in self._currency:
            mine = channel == number
            found[mine] = self.prices(number, at_ms[mine], found[mine])
        return found

    def asked(self, channel: Ints, at_ms: Ints, cents: Ints) -> Ints:
        """What the group has of orders that were entered at ``at_ms``, in the currencies of their channels."""
        found = cents.astype(np.int64)
        for number, currency in self._currency.items():
            assert self._rates is not None
            mine = np.flatnonzero(channel == number)
            found[mine] = halves_away(found[mine] / self._rates.table(currency)[self._rates.numbers(at_ms[mine])])
        return found

    def fixed(self, channel: int, cents: int) -> int:
        """What was told in the group's currency at the start, in the currency of a channel."""
        currency = self._currency.get(channel)
        if currency is None or self._rates is None:
            return cents
        return half_away(cents / float(self._rates.table(currency)[0]))

    def is_abroad(self, channel: int) -> bool:
        """Whether a channel sells in a foreign currency."""
        return channel in self._currency
