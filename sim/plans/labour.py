"""What people do beyond their roster, and what a crowded floor does to them."""

from __future__ import annotations

from dataclasses import dataclass

from sim.units import HOUR_MS


@dataclass(frozen=True, slots=True)
class Overtime:
    """A crew stays on after its shift for as long as ``backlog`` jobs or more wait for it: ``step_ms`` at a time, and
    ``at_most_ms`` in all, but not into the next shift. Its time costs ``premium_bp`` more than the wage."""

    backlog: int
    at_most_ms: int = 3 * HOUR_MS
    step_ms: int = HOUR_MS
    premium_bp: int = 5_000


@dataclass(frozen=True, slots=True)
class Congestion:
    """With more than ``above`` shipments on the floor, released and not yet packed, picking and packing take longer in
    proportion, at most ``slowest`` times as long."""

    above: int
    slowest: float = 2.0


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A store's people pick between ``start_minute`` and ``end_minute`` of the local day; at other hours, when they
    have customers to serve, only ``otherwise_bp`` of them do, rounded down."""

    start_minute: int
    end_minute: int
    otherwise_bp: int = 0


@dataclass(frozen=True, slots=True)
class TemporaryStaff:
    """``people`` whom an agency can send to a node, called ``notice_ms`` ahead for ``shortest_ms`` to ``longest_ms`` at
    a time, with ``rest_ms`` between two calls. In an hour they do ``productivity`` of what the crew does, and each hour
    that they are there costs the wage and ``premium_bp`` more, whether there is work for them or not."""

    people: int
    notice_ms: int = 4 * HOUR_MS
    shortest_ms: int = 4 * HOUR_MS
    longest_ms: int = 10 * HOUR_MS
    rest_ms: int = 11 * HOUR_MS
    productivity: float = 0.7
    premium_bp: int = 3_000
