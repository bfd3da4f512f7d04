"""A day that has passed, as what a shadow needs of it: what was captured, what was decided, how stock moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from peakproof.service.allocation import read_orders
from peakproof.service.network import LiveNetwork
from peakproof.service.rows import Sheet
from peakproof.service.wire import ArrivalRow, SentLine
from scenarios.load import load
from sim.agents.customers.customer import Customers
from sim.disruptions import occurrences
from sim.disruptions.node_outage import NodeOutage
from sim.errors import PeakproofError
from sim.policies.allocation import Assignment
from sim.run import Run
from sim.run_files import REFERENCES, SCENARIO
from sim.streams import Streams

if TYPE_CHECKING:
    import pandas as pd

_HAPPENED = ("captured", "allocated", "backordered", "deallocated", "put_back", "cancelled_units", "resent_units")
_BY_HAND = ("rule_applied", "overridden", "contract_applied", "ready_for_pickup")
"""Events of orders about which somebody other than the allocation policy may have had a say."""
_OWN_MOVES = ("allocated", "deallocated", "put_back")


class ShadowError(PeakproofError):
    """A record cannot be shadowed."""


class Captured(NamedTuple):
    """A line was accepted, or its units are to be sent once more."""

    at_ms: int
    order: int
    line: int
    units: int


class Decision(NamedTuple):
    """What an order got; ``forced`` where it was not the policy's to decide."""

    at_ms: int
    order: int
    assignments: tuple[Assignment, ...]
    forced: bool


class Back(NamedTuple):
    """Units of a line were taken from the node that was to send them, and are open again."""

    at_ms: int
    order: int
    line: int
    node: int
    units: int


class Cancelled(NamedTuple):
    """Open units are not wanted any more."""

    at_ms: int
    order: int
    line: int
    units: int


class Moved(NamedTuple):
    """Available units of a node changed, other than by orders."""

    at_ms: int
    node: int
    product: int
    units: int


class Opened(NamedTuple):
    """A node opened, or closed."""

    at_ms: int
    node: int
    is_open: bool


Moment = Captured | Decision | Back | Cancelled | Moved | Opened


@dataclass(frozen=True)
class Recorded:
    """A record: orders by number, lines by number, and everything that happened, in sequence.

    Attributes
    ----------
    channel, region, deliver_by_ms, reference
        By order.
    product
        By line.
    """

    live: LiveNetwork
    name: str
    policy: str
    channel: Sequence[int]
    region: Sequence[int]
    deliver_by_ms: Sequence[int]
    reference: Sequence[str]
    product: Sequence[int]
    moments: Sequence[Moment]


# From a run.


def from_run(folder: Path) -> Recorded:
    """The record of a finished run: stock is that of its ledger, moment by moment.

    The books do not say where customers live; they are drawn again from the run's scenario and seed, and the
    fingerprint of demand says whether these are the same customers.

    Raises
    ------
    ShadowError
        If they are not, or the run's folder has no scenario.
    """
    run = Run.open(folder)
    scenario = folder / SCENARIO
    if not scenario.is_file():
        raise ShadowError(f"{folder} has no scenario.yaml, which says what its network was")
    live = LiveNetwork(load(scenario).world)
    channel, region, due = _customers(live, run)
    events = run.books.frame(_EVENTS, kinds=list(_HAPPENED))
    lines = int(events["line"].max()) + 1 if len(events) else 0
    product = np.zeros(lines, dtype=np.int64)
    captured = events[events["kind"] == "captured"]
    skus = live.known("product")
    product[captured["line"]] = captured["sku"].map(skus).to_numpy(dtype=np.int64)
    moments: list[tuple[int, int, Moment]] = sorted(
        [
            *_closures(live, int(run.manifest["seed"])),
            *_moves(live, run.books.frame(_MOVES, own=list(_OWN_MOVES))),
            *_orders_events(live, events, _not_the_policys(live, run)),
        ],
        key=lambda found: found[:2],
    )
    return Recorded(
        live=live,
        name=run.manifest["scenario"],
        policy=str(run.manifest["policies"]["allocation"]["name"]),
        channel=channel,
        region=region,
        deliver_by_ms=due,
        reference=_references(run, len(channel)),
        product=product.tolist(),
        moments=[moment for _, _, moment in moments],
    )


def _customers(live: LiveNetwork, run: Run) -> tuple[list[int], list[int], list[int]]:
    customers = Customers(live.world, Streams(int(run.manifest["seed"])))
    offers = [offer for offer in customers.offers() if len(offer)]
    if customers.demand_hash != run.manifest["demand_hash"]:
        raise ShadowError(
            f"{run.folder}: its customers cannot be drawn again from its scenario and seed, so that nobody knows where "
            "they live; runs with subscriptions cannot be shadowed"
        )
    if run.books.value("SELECT count(*) FROM events WHERE kind = 'exchange_ordered'"):
        raise ShadowError(f"{run.folder}: runs with exchanges cannot be shadowed: they are orders among the others")
    columns = [[getattr(offer, name) for offer in offers] for name in ("channel", "region", "deliver_by_ms")]
    channel, region, due = (np.concatenate(column).tolist() if column else [] for column in columns)
    return channel, region, due


def _references(run: Run, count: int) -> list[str]:
    file = run.folder / REFERENCES
    if not file.is_file():
        return [str(number) for number in range(count)]
    rows = run.books.frame('SELECT "order", reference FROM read_parquet($path) ORDER BY "order"', path=str(file))
    return [str(reference) for reference in rows["reference"]]


def _not_the_policys(live: LiveNetwork, run: Run) -> tuple[frozenset[int], frozenset[int]]:
    """Orders that somebody else had a say about; shipments that another decision placed where they are."""
    orders = run.books.frame(
        'SELECT DISTINCT "order" FROM events WHERE kind IN (SELECT unnest($kinds))', kinds=list(_BY_HAND)
    )
    moved = run.books.frame("SELECT shipment FROM decisions WHERE policy LIKE '%=%'")
    return frozenset(orders["order"].tolist()) | _by_pallet(live, run), frozenset(moved["shipment"].tolist())


def _by_pallet(live: LiveNetwork, run: Run) -> frozenset[int]:
    """Orders that were asked about twice, for whole pallets first; all, where pallets were kept from some."""
    plan = live.world.network.handling_units
    if plan is None:
        return frozenset()
    captured = run.books.frame("SELECT \"order\", channel, sku, quantity FROM events WHERE kind = 'captured'")
    if not plan.kept_pallets:
        size = captured["sku"].map(live.known("product")).map(plan.pallet_units.__getitem__)
        channel = captured["channel"].map(live.known("channel"))
        captured = captured[channel.isin(plan.channels) & (size > 0) & (captured["quantity"] >= size)]
    return frozenset(captured["order"].tolist())


def _closures(live: LiveNetwork, seed: int) -> Iterator[tuple[int, int, Opened]]:
    """Before everything else of its moment, a node closes or opens; of overlapping outages the last one opens it."""
    world = live.world
    spans: dict[int, list[tuple[int, int]]] = {}
    for found in occurrences(world.disruptions, Streams(seed), world.horizon.drain_until_ms):
        d = found.disruption
        if isinstance(d, NodeOutage) and not d.capacity_share_bp:
            spans.setdefault(d.node, []).append((d.at_ms, d.at_ms + d.duration_ms))
    for node, spec in enumerate(world.network.nodes):
        if spec.opens_ms > 0:
            spans.setdefault(node, []).append((0, spec.opens_ms))
    for node, closed in spans.items():
        edges = sorted({edge for span in closed for edge in span})
        for edge in edges:
            is_open = not any(begin <= edge < end for begin, end in closed)
            yield edge, -1, Opened(edge, node, is_open)


def _moves(live: LiveNetwork, rows: pd.DataFrame) -> Iterator[tuple[int, int, Moved]]:
    nodes, products = rows["node"].map(live.known("node")), rows["sku"].map(live.known("product"))
    columns = (rows["event"], rows["time_ms"], nodes, products, rows["units"])
    for event, at_ms, node, product, units in zip(*(column.tolist() for column in columns), strict=True):
        yield at_ms, event, Moved(at_ms, node, product, units)


def _orders_events(
    live: LiveNetwork, events: pd.DataFrame, others: tuple[frozenset[int], frozenset[int]]
) -> Iterator[tuple[int, int, Moment]]:
    """Captures, decisions and what was undone. What an order got at one moment, and what of it was backordered then, is
    one decision; a unit that came back in between begins another."""
    nodes = live.known("node")
    columns = ("event", "time_ms", "kind", "order", "line", "node", "quantity", "shipment")
    group: tuple[int, int, int] | None = None
    got: list[Assignment] = []
    forced = False
    for event, at_ms, kind, order, line, node, units, shipment in zip(
        *(events[column].tolist() for column in columns), strict=True
    ):
        decides = kind in ("allocated", "backordered")
        if group is not None and (not decides or group[1:] != (at_ms, order)):
            yield group[1], group[0], Decision(group[1], group[2], tuple(got), forced)
            group, got, forced = None, [], False
        if decides:
            group = group or (event, at_ms, order)
            forced = forced or order in others[0] or (kind == "allocated" and shipment in others[1])
            if kind == "allocated":
                got.append((line, nodes[node], units))
        elif kind in ("captured", "resent_units"):
            yield at_ms, event, Captured(at_ms, order, line, units)
        elif kind == "cancelled_units":
            yield at_ms, event, Cancelled(at_ms, order, line, units)
        else:
            yield at_ms, event, Back(at_ms, order, line, nodes[node], units)
    if group is not None:
        yield group[1], group[0], Decision(group[1], group[2], tuple(got), forced)


_EVENTS = """
SELECT event, time_ms, kind, "order", line, sku, node, quantity, shipment
FROM events WHERE kind IN (SELECT unnest($kinds)) AND line >= 0 ORDER BY event
"""

_MOVES = """
SELECT event, time_ms, sku, from_node AS node, -units AS units FROM ledger
WHERE from_bucket = 'available' AND kind NOT IN (SELECT unnest($own))
UNION ALL
SELECT event, time_ms, sku, to_node, units FROM ledger
WHERE to_bucket = 'available' AND kind NOT IN (SELECT unnest($own))
ORDER BY event
"""


# From files.


def from_rows(live: LiveNetwork, sent: Sheet[SentLine], stock: Sheet[ArrivalRow]) -> Recorded:
    """The record of a day that files tell of; what is wrong with their rows goes to the sheets' problems.

    Stock is what was there and came, less what was sent before.
    """
    orders = read_orders(live, sent, 0)
    nodes = sent.indices("node", live.known("node"), "node")
    moments: list[tuple[int, int, Moment]] = []
    product: list[int] = []
    rows = _rows_of(sent.rows)
    for number, (reference, order) in enumerate(orders):
        own = rows[reference]
        at_ms = live.ms(sent.rows[own[0]].placed_at)
        line_of: dict[int, int] = {}
        wanted: dict[int, int] = {}
        got: list[Assignment] = []
        for i, (_, what, units) in zip(own, order.lines, strict=True):
            if what not in line_of:
                line_of[what] = len(product)
                product.append(what)
            line = line_of[what]
            wanted[line] = wanted.get(line, 0) + (units or 0)
            if nodes[i] >= 0:
                got.append((line, nodes[i], units))
        moments += [(at_ms, 1, Captured(at_ms, number, line, units)) for line, units in wanted.items()]
        moments.append((at_ms, 1, Decision(at_ms, number, tuple(got), forced=False)))
    moments += _arrivals(live, stock)
    moments.sort(key=lambda found: found[:2])
    views = [order for _, order in orders]
    return Recorded(
        live=live,
        name=live.world.name,
        policy="what was recorded",
        channel=[view.channel for view in views],
        region=[view.region for view in views],
        deliver_by_ms=[view.deliver_by_ms for view in views],
        reference=[reference for reference, _ in orders],
        product=product,
        moments=[moment for *_, moment in moments],
    )


def _rows_of(rows: Iterable[SentLine]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for i, row in enumerate(rows):
        found.setdefault(row.order_ref, []).append(i)
    return found


def _arrivals(live: LiveNetwork, stock: Sheet[ArrivalRow]) -> Iterator[tuple[int, int, Moment]]:
    """Stock that was there comes before all else."""
    nodes = stock.indices("node", live.known("node"), "node")
    products = stock.indices("sku", live.known("product"), "product")
    for row, node, product in zip(stock.rows, nodes, products, strict=True):
        at_ms = -(1 << 60) if row.at is None else live.ms(row.at)
        yield at_ms, 0, Moved(at_ms, node, product, row.available)
