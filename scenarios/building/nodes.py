"""Nodes, from what a scenario file says of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from scenarios.building.names_to_numbers import position_of, positions_of
from scenarios.names import Names
from scenarios.schema.floor import loading, outbound, pick_face, put_wall, refurbishing
from scenarios.schema.nodes import CycleCountsSpec, NodeSpec, OvertimeSpec, ShiftSpec, StationSpec, TemporaryStaffSpec
from scenarios.schema.stock import LaneSpec
from sim.distributions import Fixed
from sim.network import (
    CycleCounts,
    Dock,
    Node,
    Region,
    Shift,
    Station,
    Storage,
)
from sim.plans.labour import Congestion, Overtime, QuietHours, TemporaryStaff
from sim.units import HOUR_MS


def node_of(
    spec: NodeSpec,
    names: Names,
    regions: tuple[Region, ...],
    sources: Mapping[str, LaneSpec],
    closed_days: frozenset[int],
) -> Node:
    """A node that has ``closed_days``, but for the moment at which it opens; ``sources`` are the lanes that feed nodes,
    by node."""
    latitude, longitude, timezone = spec.latitude, spec.longitude, spec.timezone
    if spec.place is not None:
        region = regions[names.index("region", spec.place)]
        latitude, longitude, timezone = region.latitude, region.longitude, timezone or region.timezone
    assert latitude is not None
    assert longitude is not None
    lane = sources.get(spec.name)
    stations = spec.stations
    node = Node(
        name=spec.name,
        latitude=latitude,
        longitude=longitude,
        timezone=timezone,
        shifts=tuple(_shift(shift, closed_days) for shift in spec.shifts),
        stations=(
            _station(stations.pick),
            _station(stations.pack),
            _station(stations.receive),
            _station(stations.inspect),
        ),
        kind=spec.kind,
        entity=position_of(names, "entity", spec.entity),
        priority=spec.priority,
        wave_interval_ms=spec.wave_interval,
        wave_capacity=spec.wave_capacity,
        wage_cents_per_hour=spec.wage,
        paid=spec.paid,
        packaging_cents=spec.packaging,
        order_fee_cents=spec.order_fee,
        line_fee_cents=spec.line_fee,
        serves_channels=positions_of(names, "channel", spec.serves_channels),
        review_minute=spec.review_at,
        review_every_ms=spec.review_every,
        overtime=None if spec.overtime is None else _overtime(spec.overtime),
        temporary_staff=None if spec.temporary_staff is None else _temporary(spec.temporary_staff),
        congestion=None if spec.congestion is None else Congestion(spec.congestion.above, spec.congestion.slowest),
        quiet_hours=None if (q := spec.quiet_hours) is None else QuietHours(q.start, q.end, q.otherwise),
        shrinkage_share=spec.shrinkage_share,
        mispick_share=spec.mispick_share,
        receiving_error_share=spec.receiving_error_share,
        cycle_counts=None if spec.cycle_counts is None else _counts(spec.cycle_counts),
        dock=None if (dock := spec.dock) is None else Dock(dock.doors, dock.unload, dock.open, dock.close, closed_days),
        put_wall=put_wall(spec.put_wall),
        pick_face=pick_face(spec.pick_face),
        refurbish=refurbishing(spec.refurbish),
        outbound=outbound(spec.outbound),
        loading=loading(spec.loading),
        storage=None if (room := spec.storage) is None else Storage(room.volume, room.rent),
        cross_dock_ms=spec.cross_dock,
    )
    if lane is None or lane.transit is None:
        return node
    return replace(node, source=names.index("node", lane.source), transfer_ms=lane.transit)


def _counts(spec: CycleCountsSpec) -> CycleCounts:
    return CycleCounts((spec.a, spec.b, spec.c), spec.after_short_pick, spec.staff, HOUR_MS / spec.per_hour)


def _overtime(spec: OvertimeSpec) -> Overtime:
    return Overtime(spec.backlog, spec.at_most, spec.step, spec.premium)


def _temporary(spec: TemporaryStaffSpec) -> TemporaryStaff:
    return TemporaryStaff(
        people=spec.people,
        notice_ms=spec.notice,
        shortest_ms=spec.shortest,
        longest_ms=spec.longest,
        rest_ms=spec.rest,
        productivity=spec.productivity,
        premium_bp=spec.premium,
    )


def _shift(spec: ShiftSpec, closed_days: frozenset[int]) -> Shift:
    staff = (spec.pick, spec.pack, spec.receive, spec.inspect)
    return Shift(spec.days, spec.start, spec.end, staff, closed_days)


def _station(spec: StationSpec) -> Station:
    work = Fixed(HOUR_MS / spec.per_hour) if spec.per_hour else spec.work
    assert work is not None
    return Station(work, spec.batch, spec.setup)
