"""The wiring of the channels: of which kind each one is, and whom they meet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sim import network
from sim.agents.carriers.pickups import PickupChannel, picking_up
from sim.agents.channels.channel import Channel
from sim.agents.channels.cut_off import cutting_off
from sim.agents.channels.inbound import Inbound, InboundChannel, promising
from sim.agents.channels.marketplace import RatedChannel
from sim.agents.channels.paced_channel import pacing
from sim.agents.channels.promises import Promises
from sim.agents.customers.carts import Carts
from sim.agents.customers.subscriptions import SubscriptionChannel
from sim.agents.orders.reservations import Reservations
from sim.books.news import StockNews

if TYPE_CHECKING:
    from sim.agents.site import Site
    from sim.wiring import Wiring


def make_channels(wiring: Wiring, site: Site) -> None:
    """Open all channels of a world, in its sequence."""
    site.promises = Promises(site, wiring.turns.choices("promise"))
    for i, spec in enumerate(wiring.world.network.channels):
        if wiring.world.trace is not None:  # a replayed order was accepted in its day
            spec = replace(spec, accepts_backorders=True)
        reaches_ahead, spec = site.promises.may_reach_ahead(i, spec), site.promises.on_terms(i, spec)
        pool = site.pool_of_channel[i]
        if spec.sync.mode == "events" and site.inventory.news[pool] is None:
            site.inventory.publish(pool, StockNews(site.clock, site.register.moves))
        kind = _kind_of(spec, site, subscribed=i in wiring.customers.rosters, reaches_ahead=reaches_ahead)
        wiring.channels.append(
            wiring.make(kind)(
                i,
                spec,
                pool,
                wiring.actor(f"channel:{spec.name}"),
                site.clock,
                site.log,
                site.register,
                site.inventory,
                site.order_states,
                site.line_states,
                site.streams.counter("messages", spec.name),
                wiring.world.horizon.end_ms,
            )
        )
    site.channels = wiring.channels


def _kind_of(spec: network.Channel, site: Site, *, subscribed: bool, reaches_ahead: bool) -> type[Channel]:
    """What a channel is, with all that its description asks for on top."""
    kind = SubscriptionChannel if subscribed else RatedChannel if spec.limits is not None else Channel
    if reaches_ahead:
        kind = promising(kind)
    if spec.pickup is not None and site.pickups is not None:
        kind = picking_up(kind)
    if spec.sync.per_minute is not None or spec.sync.retries:
        kind = pacing(kind)
    if site.world.fallbacks.stock_sync is not None:
        kind = cutting_off(kind)
    return kind


def introduce_channels(channels: list[Channel], site: Site) -> None:
    """Those who deal with what channels promise and reserve."""
    if any(isinstance(c, InboundChannel) for c in channels):
        site.inbound = Inbound(site)
    for channel in channels:
        if isinstance(channel, InboundChannel) and site.inbound is not None:
            channel.inbound = site.inbound
        if isinstance(channel, PickupChannel) and site.pickups is not None:
            channel.pickups = site.pickups
    specs = site.world.network.channels
    if site.pickups is not None or any(c.reservation != network.Reservation() for c in specs):
        site.reservations = Reservations(site)
    if site.world.trace is None and any(c.checkout_ms is not None for c in specs):
        site.carts = Carts(site)
