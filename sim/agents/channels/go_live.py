"""Go-lives: nodes and channels that begin on a date, and crews that have to learn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.books.kinds import NUMBER
from sim.clock import BOUNDARY
from sim.units import BASIS_POINTS, DAY_MS

if TYPE_CHECKING:
    from sim.model import Model

_NODE_OPENED, _CHANNEL_OPENED = NUMBER["node_opened"], NUMBER["channel_opened"]
_RANK = 1 << 21


class GoLives:
    """Opens what is not open when the run begins."""

    def __init__(self, model: Model, planner: int) -> None:
        self._model, self._planner = model, planner

    def start(self) -> None:
        """Close what opens later, and put the openings on the clock."""
        model = self._model
        network, clock = model.world.network, model.clock
        for node, spec in enumerate(network.nodes):
            if spec.opens_ms > 0:
                model.site.not_open.add(node)
                model.warehouses[node].limit_capacity(0)
                clock.at(spec.opens_ms, BOUNDARY, self._open_node, node, rank=_RANK + node)
        for channel, sold in enumerate(network.channels):
            if sold.opens_ms > 0:
                clock.at(sold.opens_ms, BOUNDARY, self._open_channel, channel, rank=_RANK + (1 << 16) + channel)

    def _open_channel(self, channel: int) -> None:
        self._model.log.one(_CHANNEL_OPENED, self._planner, 0, channel)

    def _open_node(self, node: int) -> None:
        """The doors open on stock that was brought in before, and on people who are new."""
        model = self._model
        model.site.not_open.discard(node)
        self._ramp(node)
        model.limit_node(node)
        model.log.one(_NODE_OPENED, self._planner, 0, node)
        came = model.stock_node(node)
        model.site.backorders.stock_came(came)

    def _ramp(self, node: int) -> None:
        """What share of its crew a node's people are worth today; again tomorrow, until they know their work."""
        model, spec = self._model, self._model.world.network.nodes[node]
        since_ms = model.clock.now_ms - spec.opens_ms
        share = BASIS_POINTS
        if since_ms < spec.ramp_ms:
            share = spec.ramp_from_bp + (BASIS_POINTS - spec.ramp_from_bp) * since_ms // spec.ramp_ms
            model.clock.at(model.clock.now_ms + DAY_MS, BOUNDARY, self._ramp, node, rank=_RANK + node)
        model.site.crew_bp[node] = share
        model.limit_crew(node)
