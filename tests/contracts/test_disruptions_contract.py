"""Every registered disruption, found by itself: it fits into a world, begins, ends, and leaves the books in order."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import sim.model  # noqa: F401  every disruption that is at hand is registered by now
from sim.books.reconcile import reconcile
from sim.disruptions import DISRUPTIONS, Disruption, Promotion
from sim.model import Model
from sim.units import HOUR_MS
from tests.sim.telling import at
from tests.sim.witness import faults, frame
from tests.worlds import a_busy_world

BEGINS, LASTS = at(0, 10), 9 * HOUR_MS


def examples(cls: type) -> list[dict[str, Any]]:
    """Parameters by reflection: the defaults, and for each field an extreme and a middling value of its kind."""
    hints = get_type_hints(cls)
    required: dict[str, Any] = {}
    optional: list[dict[str, Any]] = [{}]
    for field in dataclasses.fields(cls):
        if field.name in ("at_ms", "duration_ms"):
            continue
        values = values_of(field.name, str(hints[field.name]))
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            required[field.name] = values[0]
        optional += [{field.name: value} for value in values]
    return [required | chosen for chosen in optional]


def values_of(name: str, hint: str) -> list[Any]:
    """Values that a field of this name and type may have in the busy world."""
    if "Literal" in hint:
        return list(get_args(eval(hint, {"typing": typing})))
    if "str" in hint:
        own = {"carrier": ["parcel company"], "decision": ["allocation"], "policy": ["most_stock", "cheapest"]}
        return (own | {"rule": [""], "when": ["units >= 2"]})[name]
    if "frozenset[int]" in hint:
        return [frozenset({0}), frozenset({0, 1})]
    if "float" in hint:
        return [0.5, 3.0]
    if name.endswith("_bp"):
        return [0, 4_000, 10_000]
    if name.endswith("_ms"):
        return [HOUR_MS, 30 * HOUR_MS]
    if "bool" in hint:
        return [False, True]
    if "int" in hint:
        return [0, 1]
    raise AssertionError(f"tests/contracts does not know what a {name}: {hint} may be")


CASES = [(name, parameters) for name, cls in sorted(DISRUPTIONS.items()) for parameters in examples(cls)]


def a_disruption(name: str, parameters: dict[str, Any]) -> Disruption:
    cls: Any = DISRUPTIONS[name]
    made: Disruption = cls(at_ms=BEGINS, duration_ms=LASTS, **parameters)
    return made


@pytest.mark.parametrize(("name", "parameters"), CASES, ids=[f"{n} {p}" for n, p in CASES])
def test_a_disruption_begins_ends_and_leaves_the_books_in_order(name: str, parameters: dict[str, Any], tmp_path: Path):
    world = a_busy_world(orders_per_day=100.0, disruptions=(a_disruption(name, parameters),))
    Model(world, 2, check=True).run(tmp_path)
    events = frame(tmp_path, "events")
    moments = {
        kind: events["time_ms"][events["kind"] == kind].tolist() for kind in ("disruption_began", "disruption_ended")
    }

    assert {"disruption_began": [BEGINS], "disruption_ended": [BEGINS + LASTS]} == moments
    assert ([], []) == (reconcile(tmp_path), faults(tmp_path))


def test_all_of_them_at_once(tmp_path: Path):
    """Any number compose, the same one twice too; promotions multiply, so these are mild."""
    mild = {Promotion.kind: {"multiplier": 1.1}}
    every = tuple(a_disruption(name, parameters | mild.get(name, {})) for name, parameters in CASES)
    Model(a_busy_world(orders_per_day=100.0, disruptions=every + every), 2, check=True).run(tmp_path)

    assert ([], []) == (reconcile(tmp_path), faults(tmp_path))


@pytest.mark.parametrize("name", sorted(DISRUPTIONS))
def test_a_disruption_is_a_frozen_dataclass_that_says_what_it_does(name: str):
    cls: Any = DISRUPTIONS[name]
    frozen: bool = cls.__dataclass_params__.frozen

    assert frozen
    assert {"at_ms", "duration_ms"} <= {f.name for f in dataclasses.fields(cls)}
    assert name == cls.kind
    assert len(inspect.getdoc(cls) or "") > 20


@pytest.mark.parametrize("name", sorted(set(DISRUPTIONS) - {Promotion.kind}))
def test_after_it_the_world_is_as_before(name: str, tmp_path: Path):
    """A disruption before the first customer, over before anything has happened, leaves no trace but its own rows."""
    cls: Any = DISRUPTIONS[name]
    (parameters, *_) = examples(cls)
    brief = cls(at_ms=0, duration_ms=1, **parameters)
    books = []
    for label, disruptions in (("with", (brief,)), ("without", ())):
        folder = tmp_path / label
        folder.mkdir()
        Model(a_busy_world(orders_per_day=100.0, disruptions=disruptions), 2).run(folder)
        events = frame(folder, "events").drop(columns="event")
        own = events["reason"].isin(["recalled", "record_error", "counted"])
        kept = ~(events["kind"].isin(["disruption_began", "disruption_ended"]) | own)
        books.append(
            events[kept].astype(dict.fromkeys(events.select_dtypes("category"), object)).reset_index(drop=True)
        )

    assert books[0].equals(books[1])
