"""The manifest of a run: what was run, what became of its orders, and the digests of its books."""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.agents.finance.foreign_sales import ForeignSales
from sim.agents.site import Site
from sim.books.columns import as_numpy
from sim.books.recorder import Recorder
from sim.books.solver_calls import in_sequence, summary
from sim.orders import CAPTURED, HELD, ORDER_STATES, VALIDATED
from sim.roster import rostered_hours, standard_seconds
from sim.run_files import MANIFEST
from sim.stall import stall_reason

if TYPE_CHECKING:
    from sim.model import Model


def census(site: Site) -> dict[str, int]:
    """Orders by state at this moment; open ones by what they wait for."""
    orders = site.register.orders
    present = orders.present()
    states = as_numpy(orders.state)[present]
    counts = Counter({ORDER_STATES[s]: n for s, n in enumerate(np.bincount(states).tolist()) if n})
    counts.update(site.register.leaving.census)
    for order in present[(states == CAPTURED) | (states == VALIDATED) | (states == HELD)].tolist():
        counts["open: " + stall_reason(site.register, order)] += 1
    for state in (CAPTURED, VALIDATED, HELD):
        counts.pop(ORDER_STATES[state], None)
    return dict(sorted(counts.items()))


def write_manifest(model: Model, folder: Path, recorder: Recorder) -> dict[str, Any]:
    """Write ``manifest.json`` beside the books of a run that has ended, and say what is in it."""
    world, horizon = model.world, model.world.horizon
    network = world.network
    manifest = {
        "scenario": world.name,
        "seed": model.seed,
        "start": world.calendar.start.isoformat(),
        "timezone": world.calendar.zone_name,
        "warm_up_ms": horizon.warm_up_ms,
        "end_ms": horizon.end_ms,
        "drain_until_ms": horizon.drain_until_ms,
        "cohort": horizon.cohort,
        "demand_hash": model.customers.demand_hash,
        "currency": network.entities[0].currency,
        "policies": {d: {"name": c.name, **c.parameters} for d, c in world.policies.items()},
        "disruptions": _happened(model),
        "nodes": _nodes(model),
        "channels": _channels(model),
        "counters": {
            "orders_offered": len(model.site.register.orders),
            "simpy_events": model.clock.events,
            "oversold_units": sum(c.oversold_units for c in model.site.channels),
            "rows": {name: book.rows for name, book in recorder.books.items()},
        },
        "census": census(model.site),
        "files": {f"{n}.parquet": _digest(folder / f"{n}.parquet") for n in recorder.books},
    }
    calls = in_sequence(model.site.policies.call_books)
    manifest["reproducible"] = not any(call.guard_fired for call in calls)
    if model.site.policies.call_books:
        manifest["solver_calls"] = summary(calls)
    if world.accounting is not None:
        manifest["close_target_ms"] = world.accounting.target_ms
    if len(network.entities) > 1:
        manifest |= _companies(model)
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return manifest


def _happened(model: Model) -> list[dict[str, Any]]:
    """Every disruption of this run for the manifest, by the name and number that the log refers to it with."""
    return [
        {
            "name": model.world.disruption_name(o.number),
            "kind": o.disruption.kind,
            "number": o.number,
            "at_ms": o.disruption.at_ms,
            "duration_ms": o.disruption.duration_ms,
        }
        for o in model.occurrences
    ]


def _nodes(model: Model) -> list[dict[str, Any]]:
    """Each node, with its roster in the measured time, the standard of its work and the zone that it names."""
    world, horizon = model.world, model.world.horizon
    return [
        {
            "name": n.name,
            "kind": n.kind,
            "rostered_hours": rostered_hours(n, world.calendar.of(n), horizon.warm_up_ms, horizon.end_ms),
            "standard_seconds": standard_seconds(n),
        }
        | ({} if n.timezone is None else {"timezone": n.timezone})
        for n in world.network.nodes
    ]


def _channels(model: Model) -> list[dict[str, Any]]:
    """Each channel, with its currency where the treasury exchanges it."""
    network = model.world.network
    abroad = ForeignSales.channels_of(network) if model.site.treasury is not None else ()
    return [
        {"name": c.name, "kind": c.kind, "sync": c.sync.mode} | ({"currency": c.currency} if i in abroad else {})
        for i, c in enumerate(network.channels)
    ]


def _companies(model: Model) -> dict[str, Any]:
    """Which entity each node and channel belongs to, and what currencies were worth."""
    network = model.world.network
    names = [e.name for e in network.entities]
    nodes = zip(_nodes(model), network.nodes, strict=True)
    channels = zip(_channels(model), network.channels, strict=True)
    return {
        "entities": [{"name": e.name, "currency": e.currency} for e in network.entities],
        "nodes": [told | {"entity": names[n.entity]} for told, n in nodes],
        "channels": [told | {"entity": names[c.entity]} for told, c in channels],
        "fx_rates": [{"currency": r.currency, "from_ms": r.from_ms, "rate": r.rate} for r in model.site.rates.steps],
    }


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
