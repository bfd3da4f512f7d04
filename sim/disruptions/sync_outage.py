"""News of stock that does not get through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from sim.disruptions.registry import disruption, in_force

if TYPE_CHECKING:
    from sim.model import Model


@disruption("sync_outage")
@dataclass(frozen=True, slots=True)
class SyncOutage:
    """Channels (all of them, if none is named) hear nothing of stock: they sell from what they saw last, less their own
    sales. Afterwards their views are refreshed as a whole, unless ``full_refresh`` is false: then a batch is put
    right by its next snapshot, and a view that hears of changes keeps its drift.
    """

    kind: ClassVar[str]
    at_ms: int
    duration_ms: int
    channels: frozenset[int] | None = None
    full_refresh: bool = True

    def begin(self, model: Model) -> None:
        """Cut them off."""
        self._set(model)

    def end(self, model: Model) -> None:
        """Join them again, as far as no other outage holds them."""
        self._set(model)

    def _set(self, model: Model) -> None:
        outages = in_force(model, SyncOutage)
        for number, channel in enumerate(model.channels):
            offline = any(d.channels is None or number in d.channels for d in outages)
            channel.connect(not offline, refresh=self.full_refresh)
