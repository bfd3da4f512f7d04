"""Names of a scenario file as the numbers that a world uses."""

from __future__ import annotations

from collections.abc import Mapping

from scenarios.names import Names


def position_of(names: Names, kind: str, name: str | None) -> int:
    """The first of its kind stands in where a file does not say."""
    return 0 if name is None else names.index(kind, name)


def positions_of(names: Names, kind: str, chosen: tuple[str, ...] | None) -> frozenset[int] | None:
    """Numbers of some things of a kind; None for all."""
    return None if chosen is None else frozenset(names.index(kind, name) for name in chosen)


def weights_of(names: Names, kind: str, given: Mapping[str, float] | None) -> tuple[float, ...] | None:
    """Weights by position; what is not named has none."""
    return None if given is None else tuple(given.get(name, 0.0) for name in names.of(kind) or ())
