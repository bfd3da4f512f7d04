"""Release of live shipments: in which sequence each node's next wave should take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from peakproof.service.network import LiveNetwork, label
from peakproof.service.rows import Sheet
from peakproof.service.wire import ReleaseAnswer, Released, ShipmentRow
from sim.agents.floor.crew import Crew
from sim.agents.floor.workload import job_ms
from sim.policies.release import FloorView
from sim.units import MINUTE_MS
from sim.world import PolicyChoice


def release(
    live: LiveNetwork, choice: PolicyChoice, rows: Sequence[ShipmentRow], nodes: Sequence[int], now_ms: int
) -> ReleaseAnswer:
    """Each node's shipments in the policy's sequence; ``nodes`` says where each row waits.

    A policy sees them in the sequence in which they were planned, and the floor by its roster and standard times, with
    nothing on it. A shipment without ``cutoff`` leaves when it is due; what is left for a later wave is not listed.
    """
    due = [live.ms(row.ship_by) for row in rows]
    cutoff = [due[i] if row.cutoff is None else live.ms(row.cutoff) for i, row in enumerate(rows)]
    planned = [live.ms(row.planned_at) for row in rows]
    everywhere = FloorView(
        now_ms=now_ms,
        planned_ms=planned.__getitem__,
        ship_by_ms=due.__getitem__,
        priority=lambda s: rows[s].priority,
        lines=lambda s: rows[s].lines,
        next_cutoff_ms=cutoff.__getitem__,
        due_ms=cutoff.__getitem__,
        promise_ms=cutoff.__getitem__,
        work_ms=lambda s: (0.0, 0.0),
        free_ms=lambda until_ms: (0.0, 0.0),
        next_wave_ms=now_ms,
    )
    policy = live.policy("release", choice)
    sequence = []
    for node in sorted(set(nodes)):
        view = replace(everywhere, **_floor(live, node, now_ms, rows))
        waiting = sorted([i for i, where in enumerate(nodes) if where == node], key=lambda i: (planned[i], i))
        sequence += [
            Released(
                node=live.network.nodes[node].name,
                place=place,
                shipment_ref=rows[i].shipment_ref,
                slack_minutes=(due[i] - now_ms) // MINUTE_MS,
            )
            for place, i in enumerate(policy.decide(waiting, view), start=1)
        ]
    return ReleaseAnswer(policy=label(choice), sequence=sequence)


def _floor(live: LiveNetwork, node: int, now_ms: int, rows: Sequence[ShipmentRow]) -> dict[str, Any]:
    """What a policy may know of one floor, as fields of its view."""
    spec = live.network.nodes[node]
    crews = [Crew(spec.shifts, station, live.world.calendar.of(spec)) for station in (0, 1)]
    pick_ms, pack_ms = (job_ms(spec.stations[station]) for station in (0, 1))
    return {
        "work_ms": lambda s: (rows[s].lines * pick_ms, pack_ms),
        "free_ms": lambda until_ms: tuple(float(crew.people_ms(now_ms, until_ms)) for crew in crews),
        "next_wave_ms": now_ms + spec.wave_interval_ms,
    }


def read_shipments(live: LiveNetwork, sheet: Sheet[ShipmentRow]) -> list[int]:
    """The node of each row."""
    sheet.unique("shipment_ref")
    return sheet.indices("node", live.known("node"), "node")
