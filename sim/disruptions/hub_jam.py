"""A carrier's hub that is full of other shippers' parcels, or short of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force
from sim.disruptions.services import services_of
from sim.units import BASIS_POINTS

if TYPE_CHECKING:
    from sim.model import Model


@disruption("hub_jam")
@dataclass(frozen=True, slots=True)
class HubJam:
    """The sorts of a carrier's hubs take ``room_share`` of the parcels that they take of this shop otherwise; what does
    not fit waits for the next.

    Services without a `hub` sort any number.
    """

    kind: ClassVar[str]
    carrier: str
    at_ms: int
    duration_ms: int
    room_share_bp: int = 5_000

    def begin(self, model: Model) -> None:
        """Take their room."""
        self._set(model)

    def end(self, model: Model) -> None:
        """Give it back, as far as no other jam holds it."""
        self._set(model)

    def _set(self, model: Model) -> None:
        shares = [d.room_share_bp for d in in_force(model, HubJam) if d.carrier == self.carrier]
        for service in services_of(model, self.carrier):
            if service.sorting is not None:
                service.sorting.share_bp = min(shares, default=BASIS_POINTS)
