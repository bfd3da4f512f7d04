"""Substitutes: what is short is offered in another form, before anybody waits for it or does without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.books.register import Line
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.agents.site import Site

_SUBSTITUTED = NUMBER["substituted"]
_PLACES = 1 << 6


class Substitution:
    """Offers customers the first substitute of a SKU of which there is enough, at the lower of both prices.

    Whether they take it is their own draw. Only a line of which no unit has a node yet becomes another SKU.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        channels = site.world.network.channels
        self._luck = [site.streams.counter("substitutes", c.name) for c in channels]

    def offer(self, order: int, left: list[Line]) -> bool:
        """Ask the customer about each line that is short; whether any is something else now."""
        changed = False
        for line, product, units in left:
            substitute = self._found(order, line, product, units)
            if substitute is not None:
                self._exchange(order, line, substitute)
                changed = True
        return changed

    def _found(self, order: int, line: int, product: int, units: int) -> int | None:
        site, lines = self._site, self._site.register.lines
        others = site.world.network.products[product].substitutes
        if (
            not others
            or lines.units[line] - lines.cancelled_units[line] != units
            or self._is_there(order, product, units)
        ):
            return None
        orders = site.register.orders
        channel = orders.channel[order]
        place = line - orders.first_line[order]
        luck = self._luck[channel].at(orders.at_ms[order] * _PLACES + place % _PLACES)
        if luck >= site.world.rules.substitute_accepted_share:
            return None
        ats = site.inventory.ats[site.pool_of_channel[channel]]
        return next((p for p in others if ats[p] >= units and self._is_there(order, p, units)), None)

    def _is_there(self, order: int, product: int, units: int) -> bool:
        """Whether the open nodes of an order have so many units between them."""
        site = self._site
        pool = site.pools[site.pool_of_channel[site.register.orders.channel[order]]]
        return sum(site.inventory.available[n][product] for n in pool if site.open_nodes[n]) >= units

    def _exchange(self, order: int, line: int, substitute: int) -> None:
        """A line asks for another SKU from now on; what was written of it so far is written as it was."""
        site, register = self._site, self._site.register
        lines, units = register.lines, register.lines.open_units[line]
        channel = register.orders.channel[order]
        pool = site.pool_of_channel[channel]
        if site.log.recorder is not None:
            site.log.recorder.flush()
        spec = site.world.network.channels[channel]
        listed = site.world.network.products[substitute].price_cents * spec.price_bp // BASIS_POINTS
        price = min(lines.price_cents[line], register.worth(order, listed))
        site.backorders.want_no_more(order, line)
        site.inventory.unreserve(pool, lines.product[line], units)
        site.inventory.reserve(pool, [(line, substitute, units)], channel)
        if site.credit is not None:
            before, after = (register.asked(order, cents) for cents in (lines.price_cents[line], price))
            site.credit.cancelled(order, units * (before - after))
        lines.product[line], lines.price_cents[line] = substitute, price
        note = register.notes.add(order=order, line=line, product=substitute, units=units, value_cents=units * price)
        site.log.one(_SUBSTITUTED, site.orchestrator.actor, 0, note)
