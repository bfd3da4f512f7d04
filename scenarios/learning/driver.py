"""A model that is driven from one decision to the next by stepping its clock: no thread, and always the same bits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scenarios.load import load
from sim.clock import Handler
from sim.model import Model
from sim.world import World


def world_of(scenario: str | Path | World) -> World:
    """A world, or that of a scenario by name or file."""
    return scenario if isinstance(scenario, World) else load(scenario).world


class Driver:
    """One episode.

    Parameters
    ----------
    world
        What to run.
    seed
        Of the random streams.
    asked
        Says of a pending event whether it is a decision for the agent.
    """

    def __init__(self, world: World, seed: int, asked: Callable[[Model, Handler, Any], bool]) -> None:
        self.model = Model(world, seed)
        self.site = self.model.site
        self._asked = asked
        self._end_ms = world.horizon.end_ms
        self.model.begin()
        self.is_over = False

    @property
    def now_ms(self) -> int:
        """The moment of the pending decision, or the end."""
        return int(self.model.clock.now_ms)

    def pending(self) -> tuple[Handler, Any]:
        """The event of the pending decision."""
        return self.model.clock.pending()

    def go_on(self) -> None:
        """Run to the next decision, or to the end of demand."""
        self.is_over = not self.model.clock.pause_before(self._end_ms, lambda h, what: self._asked(self.model, h, what))

    def carry_out(self) -> None:
        """Let the pending decision be taken and carried out."""
        self.model.clock.advance()
