"""What channels may promise: the terms of the promise policy in force, beside what is protected for other channels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from sim.network import Channel as ChannelSpec
from sim.policies.promise import PromisePolicy
from sim.policies.registry import make
from sim.world import PolicyChoice

if TYPE_CHECKING:
    from sim.agents.site import Site


class Promises:
    """Puts a promise policy's terms into effect; without one, each channel's own keys hold.

    Parameters
    ----------
    choices
        Every promise policy that may be in force at some moment of the run.
    """

    def __init__(self, site: Site, choices: Iterable[PolicyChoice]) -> None:
        self._site = site
        self._kept = [self._kept_for_others(channel) for channel in range(len(site.world.network.channels))]
        self._ever = [self._bound(choice) for choice in choices]

    def _bound(self, choice: PolicyChoice) -> PromisePolicy:
        found: PromisePolicy = make("promise", choice.name, choice.parameters)
        found.bind(self._site.world)
        return found

    def on_terms(self, channel: int, spec: ChannelSpec) -> ChannelSpec:
        """A channel as it may sell now."""
        policies = self._site.policies
        buffer_units, within_ms = spec.buffer_units, spec.promise.inbound_within_ms
        if policies.decides("promise"):
            buffer_units, within_ms = policies.promise.decide(channel)
        promise = replace(spec.promise, inbound_within_ms=within_ms)
        return replace(spec, promise=promise, buffer_units=buffer_units + self._kept[channel])

    def may_reach_ahead(self, channel: int, spec: ChannelSpec) -> bool:
        """Whether the channel ever promises what is on order; one that sells everything never needs to."""
        ever = [spec.promise.inbound_within_ms, *(policy.decide(channel).inbound_within_ms for policy in self._ever)]
        return not spec.accepts_backorders and any(within_ms is not None for within_ms in ever)

    def renew(self) -> None:
        """Another policy is in force."""
        specs = self._site.world.network.channels
        for channel in self._site.channels:
            terms = self.on_terms(channel.index, specs[channel.index])
            channel.promise_on(terms.buffer_units, terms.promise.inbound_within_ms)

    def _kept_for_others(self, channel: int) -> int:
        """Units of each SKU that are protected for other channels that sell from the same nodes."""
        site, specs = self._site, self._site.world.network.channels
        mine = site.pools[site.pool_of_channel[channel]]
        return sum(
            spec.protected_units
            for other, spec in enumerate(specs)
            if other != channel and site.pools[site.pool_of_channel[other]] & mine
        )
