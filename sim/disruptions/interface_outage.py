"""An interface between systems that carries nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force

if TYPE_CHECKING:
    from sim.model import Model


@disruption("interface_outage")
@dataclass(frozen=True, slots=True)
class InterfaceOutage:
    """Interfaces of ``messages`` (all of them, if none is named) are down: what would leave waits, in its sequence,
    until they are up again. What is on its way arrives.
    """

    kind: ClassVar[str]
    at_ms: int
    duration_ms: int
    interfaces: frozenset[int] | None = None

    def begin(self, model: Model) -> None:
        """Stop them."""
        self._set(model)

    def end(self, model: Model) -> None:
        """Let them carry again, as far as no other outage holds."""
        self._set(model)

    def _set(self, model: Model) -> None:
        exchange = model.site.exchange
        if exchange is None:
            return
        outages = in_force(model, InterfaceOutage)
        exchange.stop(
            frozenset(
                route.name
                for number, route in enumerate(model.world.messages)
                if any(d.interfaces is None or number in d.interfaces for d in outages)
            )
        )
