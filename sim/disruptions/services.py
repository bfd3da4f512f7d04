"""Carriers by name: a disruption strikes all services of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.agents.carriers.carrier import Carrier
    from sim.model import Model


def services_of(model: Model, carrier: str) -> list[Carrier]:
    """The services of the carrier of this name."""
    return [service for service in model.site.carriers if service.spec.carrier == carrier]
