"""What a floor has between the shelf and the vans: pick faces, a put wall, a staging area with doors; and a bench."""

from __future__ import annotations

from dataclasses import dataclass

from sim.units import HOUR_MS, MINUTE_MS


@dataclass(frozen=True, slots=True)
class PutWall:
    """Shipments of several lines are sorted before they are packed: a piece takes one of ``staff`` people in each shift
    ``work_ms``."""

    staff: int = 1
    work_ms: float = HOUR_MS / 300


@dataclass(frozen=True, slots=True)
class PickFace:
    """Pickers take from a face that holds ``units`` of each SKU. It is filled from the reserve when fewer than
    ``below_units`` are left that nobody was sent for, or when somebody wants more: a SKU takes one of ``staff`` people
    in each shift ``work_ms``."""

    units: int
    below_units: int = 0
    staff: int = 1
    work_ms: float = HOUR_MS / 25


@dataclass(frozen=True, slots=True)
class Refurbishing:
    """``staff`` people in each shift make returned goods saleable again, one return at a time, as long as its category
    says; what is not finished at the end of a shift is taken up again in the next."""

    staff: int = 1


@dataclass(frozen=True, slots=True)
class Loading:
    """A van's manifest closes ``close_ms`` before it is to leave; what is packed later goes with the next. A parcel
    takes one of ``staff`` people in each shift ``work_ms``, a pallet ``pallet_ms`` (None: a shipment of pallets is as a
    parcel). A van waits ``wait_ms`` for them at most, then leaves with what is on it."""

    staff: int = 1
    work_ms: float = HOUR_MS / 150
    close_ms: int = 30 * MINUTE_MS
    wait_ms: int = 15 * MINUTE_MS
    pallet_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Outbound:
    """The staging area holds ``parcels`` (None: any); while it is full nobody packs, and whole pallets wait behind it.
    A pallet takes the room of ``pallet_parcels`` (None: a shipment of pallets that of one). Of ``doors`` (None: any) a
    van occupies one for ``load_ms``; the others wait."""

    parcels: int | None = None
    doors: int | None = None
    load_ms: int = 20 * MINUTE_MS
    pallet_parcels: int | None = None
