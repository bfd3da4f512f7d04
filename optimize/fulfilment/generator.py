"""Random instances after Ma (2023) and Jasin and Sinha (2015), and as varied by Amil, Makhdoumi and Wei (2022).

Costs are those of the former: 8.759 for a shipment, and for an item 0.423 and 0.000541 a mile; what is unfilled costs
twice a shipment, and twice the item from the farthest centre.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from optimize.fulfilment.instance import Floats, Instance, Ints

SHIPMENT, ITEM, ITEM_MILE = 8.759, 0.423, 0.000541
EARTH_KM, MILE_KM = 6371.0, 1.61
SMALL_CITIES = 10
SMALL_CENTRES = ("OAK4", "IND1", "AVP3", "CAE1", "DFW7")


@dataclass(frozen=True, slots=True)
class Places:
    """Cities with their share of the population (cities,), and miles (centres, cities) to them."""

    share: Floats
    miles: Floats

    @classmethod
    def read(
        cls, cities: Path, centres: Path, *, first: int | None = None, only: Sequence[str] | None = None
    ) -> Places:
        """From two files: the ``first`` cities, and the centres named in ``only``; by default all."""
        with cities.open(encoding="utf-8", newline="") as file:
            towns = list(csv.DictReader(file))[:first]
        with centres.open(encoding="utf-8", newline="") as file:
            houses = {row["centre"]: row for row in csv.DictReader(file)}
        names = list(houses) if only is None else only
        people = np.array([float(town["population"]) for town in towns])
        return cls(people / people.sum(), miles(_degrees([houses[name] for name in names]), _degrees(towns)))

    @classmethod
    def small(cls, folder: Path) -> Places:
        """The ten largest cities and five centres of the small version."""
        return cls.read(
            folder / "cities.csv", folder / "fulfilment_centres.csv", first=SMALL_CITIES, only=SMALL_CENTRES
        )


def _degrees(rows: Sequence[dict[str, str]]) -> Floats:
    return np.array([[float(row["lat"]), float(row["lon"])] for row in rows])


def miles(of: Floats, to: Floats) -> Floats:
    """Great-circle distances (of, to) between points in degrees of latitude and longitude, by the haversine."""
    one, two = np.radians(of)[:, None], np.radians(to)[None]
    half = (two - one) / 2
    across = np.cos(one[..., 0]) * np.cos(two[..., 0]) * np.sin(half[..., 1]) ** 2
    return np.asarray(2 * EARTH_KM / MILE_KM * np.arcsin(np.sqrt(np.sin(half[..., 0]) ** 2 + across)))


@dataclass(frozen=True, slots=True)
class Plan:
    """How large an instance is: ``subsets`` types of order for each size from 1 to ``longest``, ``items`` in all."""

    slots: int
    longest: int
    items: int = 20
    subsets: int = 5
    carried: float = 0.75


def instance(places: Places, plan: Plan, seed: int) -> Instance:
    """The instance of a seed, with stationary demand."""
    rng = np.random.default_rng(seed)
    orders = _orders(rng, plan)
    size_share = rng.random(plan.longest + 1)
    size_share /= size_share.sum()  # size 0 is no order
    within = rng.random((plan.longest, plan.subsets))
    within /= within.sum(axis=1, keepdims=True)
    share = (size_share[1:, None] * within).reshape(-1)
    phases = (share[:, None] * places.share)[None]
    carried = rng.random((len(places.miles), plan.items)) < plan.carried
    return _stocked(places, plan, orders, phases, carried, slack=0.5)


def shifting(places: Places, plan: Plan, shift: float, seed: int) -> Instance:
    """The variant whose demand moves between single and larger orders at half time; ``shift`` from 0 to 1 is its *a*.

    In the first half the single orders' probabilities are multiplied by 2a, the others' by 2 (1 - a), and the other
    way round in the second; both are normalised.
    """
    rng = np.random.default_rng(seed)
    orders = _orders(rng, plan)
    weight = rng.choice(np.arange(1, 1000), plan.longest + 1, replace=False).astype(np.float64)
    weight /= weight.sum()
    within = rng.uniform(1e-5, np.maximum(weight[1:], 1e-5)[:, None], (plan.longest, plan.subsets))
    single = np.repeat(np.arange(plan.longest) == 0, plan.subsets)
    nobody = weight[0]
    share = (weight[1:, None] * within / within.sum(axis=1, keepdims=True)).reshape(-1)
    halves = []
    for factor in (shift, 1 - shift):
        bent = share * np.where(single, 2 * factor, 2 * (1 - factor))
        halves.append(bent / (bent.sum() + nobody))
    phases = np.array(halves)[:, :, None] * places.share
    carried = rng.random((len(places.miles), plan.items)) < plan.carried
    return _stocked(places, plan, orders, phases, carried, slack=None)


def _orders(rng: np.random.Generator, plan: Plan) -> tuple[tuple[int, ...], ...]:
    """Distinct sets of items, ``subsets`` of each size."""
    orders: list[tuple[int, ...]] = []
    for size in range(1, plan.longest + 1):
        found: dict[frozenset[int], tuple[int, ...]] = {}
        while len(found) < plan.subsets:
            drawn = tuple(rng.choice(plan.items, size, replace=False).tolist())
            found.setdefault(frozenset(drawn), drawn)
        orders += found.values()
    return tuple(orders)


def _stocked(
    places: Places,
    plan: Plan,
    orders: tuple[tuple[int, ...], ...],
    phases: Floats,
    carried: NDArray[np.bool_],
    slack: float | None,
) -> Instance:
    """Stock for the demand of the cities whose nearest centre carries the item.

    With ``slack``, rounded and with so many standard deviations more; without, the mean rounded up.
    """
    centres = len(places.miles)
    far = np.where(carried[:, :, None], places.miles[:, None, :], np.inf)  # (centres, items, cities)
    nearest = np.where(np.isfinite(far.min(axis=0)), far.argmin(axis=0), centres).astype(np.int64)
    contains = np.array([[item in order for order in orders] for item in range(plan.items)], dtype=np.float64)
    wanted = contains @ phases.mean(axis=0)  # (items, cities) in each slot
    rate = np.array([np.where(nearest == centre, wanted, 0.0).sum(axis=1) for centre in range(centres)])
    mean = plan.slots * rate
    if slack is None:
        stock = np.ceil(mean - 1e-9)
    else:
        stock = np.round(mean + slack * np.sqrt(mean * (1 - rate)))
    unit = ITEM + ITEM_MILE * places.miles
    lost = 2 * (ITEM + ITEM_MILE * places.miles.max(axis=0))
    return Instance(
        slots=plan.slots,
        orders=orders,
        phases=phases,
        fixed=np.array([SHIPMENT] * centres + [2 * SHIPMENT]),
        unit=np.vstack([unit, lost]),
        stock=stock.astype(np.int64),
        nearest=nearest,
    )


def arrivals(problem: Instance, seed: int) -> Ints:
    """The arrivals of a seed: a stream of their own, whatever else is drawn for it."""
    return problem.draw(np.random.default_rng((seed, 1)))
