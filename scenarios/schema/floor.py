"""What a floor has between the shelf and the vans, as a scenario file describes it."""

from __future__ import annotations

from scenarios.fields import Count, Duration, PositiveCount, PositiveDuration, Section, key
from sim.plans.floor import Loading, Outbound, PickFace, PutWall, Refurbishing
from sim.units import HOUR_MS


class PutWallSpec(Section):
    """Where shipments of several lines are sorted before they are packed."""

    staff: PositiveCount = key(1, description="People who sort, in each of the node's shifts.")
    per_hour: PositiveCount = key(300, description="Lines that one of them sorts in an hour.")


class PickFaceSpec(Section):
    """Where pickers take from, while the reserve lies elsewhere."""

    units: PositiveCount = key(description="Units of each SKU that it holds.")
    below: Count = key(0, description="A SKU is filled up when fewer are left; in any case when somebody wants more.")
    staff: PositiveCount = key(1, description="People who fill it, in each of the node's shifts.")
    per_hour: PositiveCount = key(25, description="SKUs that one of them fills in an hour.")


class RefurbishSpec(Section):
    """People who make returned goods saleable again; `refurbish_time` of their category says how long it takes."""

    staff: PositiveCount = key(1, description="How many there are, in each of the node's shifts.")


class OutboundSpec(Section):
    """Where packed parcels stand until a van has taken them."""

    parcels: PositiveCount | None = key(
        None, description="Parcels that it has room for; while it is full nobody packs. null: any."
    )
    pallet: PositiveCount | None = key(
        None, description="Parcels in whose room a pallet stands; null: a shipment of pallets takes that of one."
    )
    doors: PositiveCount | None = key(None, description="Vans that are loaded at a time; the others wait. null: all.")
    load: PositiveDuration = key("20min", description="How long one has its door.")


class LoadingSpec(Section):
    """People who load vans, and when a van's manifest closes."""

    staff: PositiveCount = key(1, description="People who load, in each of the node's shifts.")
    per_hour: PositiveCount = key(150, description="Parcels that one loads in an hour.")
    pallet: PositiveDuration | None = key(
        None, description="How long one takes for a pallet; null: for a shipment of pallets as for a parcel."
    )
    close: Duration = key("30min", description="How long before a van is to leave its manifest closes.")
    wait: Duration = key("15min", description="How long it waits for them at most; then it leaves with what is on it.")


def loading(spec: LoadingSpec | None) -> Loading | None:
    """How a node's vans are loaded, if that takes anybody."""
    return None if spec is None else Loading(spec.staff, HOUR_MS / spec.per_hour, spec.close, spec.wait, spec.pallet)


def put_wall(spec: PutWallSpec | None) -> PutWall | None:
    """A node's put wall, if it has one."""
    return None if spec is None else PutWall(spec.staff, HOUR_MS / spec.per_hour)


def pick_face(spec: PickFaceSpec | None) -> PickFace | None:
    """A node's pick faces, if they are apart from its reserve."""
    return None if spec is None else PickFace(spec.units, spec.below, spec.staff, HOUR_MS / spec.per_hour)


def refurbishing(spec: RefurbishSpec | None) -> Refurbishing | None:
    """Who refurbishes at a node, if it has people for it."""
    return None if spec is None else Refurbishing(spec.staff)


def outbound(spec: OutboundSpec | None) -> Outbound | None:
    """A node's limits behind the packers, if it has any."""
    return None if spec is None else Outbound(spec.parcels, spec.doors, spec.load, spec.pallet)
