"""No policy knows the future: the same run with another tomorrow decides the same until tomorrow comes.

Everything is changed that nobody can know at the moment: who will come, what suppliers, carriers and machines will do,
which disruptions the scenario has in store, what lies on shelves that nobody has counted. Events and decisions before
that moment must be the same, whatever policy decides. New policies are found by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import optimize  # noqa: F401  (its policies are held to this too)
import sim.model
from sim.disruptions import NodeOutage
from sim.disruptions.bad_master_data import BadMasterData
from sim.disruptions.carrier_outage import CarrierOutage
from sim.disruptions.labour_shortage import LabourShortage
from sim.disruptions.supplier_shutdown import SupplierShutdown
from sim.distributions import Uniform
from sim.model import Model
from sim.network import Supplier
from sim.policies import registry
from sim.policies.allocation import NAN, Answer, OrderView, StockView, serve_in_sequence
from sim.policies.registry import policies
from sim.streams import CounterStream, Streams
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import ForecastPlan, Horizon, PolicyChoice, Rules, StockPlan, World
from tests.sim.witness import frame
from tests.worlds import POLICIES, a_busy_world, a_node

NOW_MS = 2 * DAY_MS
"""What comes after this differs."""
HIDDEN_FROM_THE_START = ("shrinkage", "lead", "fill")
"""Draws whose outcome nobody sees before `NOW_MS` in this world."""
UNSEEN = "shelf_lost"
"""Rows of what happens to shelves and is on no record."""
OUTSIDE_TIME = ("sales history",)
"""Draws of what was before the run."""


class OtherLuck(Streams):
    """The streams of a run whose luck changes at `NOW_MS`, and what is hidden from the start."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.other = Streams(seed + 1_000)
        self.clock: Any = None

    def generator(self, purpose: str, entity: str, chunk: int = 0) -> np.random.Generator:
        changed = purpose not in OUTSIDE_TIME and (chunk * DAY_MS >= NOW_MS or purpose in HIDDEN_FROM_THE_START)
        return self.other.generator(purpose, entity, chunk) if changed else super().generator(purpose, entity, chunk)

    def counter(self, purpose: str, entity: str) -> CounterStream:
        own, other = super().counter(purpose, entity), self.other.counter(purpose, entity)
        return OtherCounter(self, own, other, hidden=purpose in HIDDEN_FROM_THE_START)


class OtherCounter(CounterStream):
    __slots__ = ("_hidden", "_other", "_own", "_streams")

    def __init__(self, streams: OtherLuck, own: CounterStream, other: CounterStream, *, hidden: bool) -> None:
        self._streams, self._own, self._other, self._hidden = streams, own, other, hidden

    def _now(self) -> CounterStream:
        clock = self._streams.clock
        return self._other if self._hidden or (clock is not None and clock.now_ms >= NOW_MS) else self._own

    @property
    def key(self) -> int:  # type: ignore[override]  # of the stream that holds at this moment
        return self._now().key

    def at(self, number: int) -> float:
        return self._now().at(number)

    def many(self, numbers: NDArray[np.signedinteger]) -> NDArray[np.float64]:
        return self._now().many(numbers)


def a_full_world(decision: str, choice: PolicyChoice) -> World:
    """Three nodes that lose stock, but too little for a picker to notice by `NOW_MS`; suppliers who come after that;
    every decision point taken by somebody."""
    world = a_busy_world(150.0, products=12)
    nodes = tuple(
        replace(node, shifts=(a_node().shifts[0],), shrinkage_share=1.0, wave_interval_ms=HOUR_MS)
        for node in world.network.nodes
    )
    supplier = Supplier("maker", Uniform(3.0 * DAY_MS, 6.0 * DAY_MS), fill_share=Uniform(0.5, 1.0))
    chosen = {
        **POLICIES,
        "forecast": PolicyChoice("moving_average"),
        "balancing": PolicyChoice("cutoff"),
        "transfers": PolicyChoice("level_cover"),
        decision: choice,
    }
    batch = hasattr(policies()[decision][choice.name], "decide_batch")
    return replace(
        world,
        network=replace(world.network, nodes=nodes, suppliers=(supplier,)),
        horizon=Horizon(NOW_MS + DAY_MS // 2, 0, NOW_MS + DAY_MS),
        stock=StockPlan(*(np.full((3, 12), units) for units in (500, 480, 520))),
        policies=chosen,
        forecast=ForecastPlan(history_buckets=7, backtest_buckets=3),
        rules=Rules(allocate_every_ms=30 * MINUTE_MS if batch else 0, data_fault_share=0.01),
    )


def with_another_future(world: World) -> World:
    """The same until `NOW_MS`, and then nothing goes well."""
    begin, long = NOW_MS + HOUR_MS, 8 * HOUR_MS
    to_come = (
        NodeOutage(0, begin, long),
        LabourShortage(1, begin, long),
        CarrierOutage("parcel company", begin, long),
        SupplierShutdown(0, begin, long),
        BadMasterData(begin, long),
    )
    return replace(world, disruptions=(*world.disruptions, *to_come))


def told(world: World, folder: Path, monkeypatch: pytest.MonkeyPatch, streams: type[Streams]) -> Told:
    folder.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(sim.model, "Streams", streams)
        model = Model(world, 5)
    if isinstance(model.streams, OtherLuck):
        model.streams.clock = model.clock
    model.run(folder)
    events, decisions = (frame(folder, book) for book in ("events", "decisions"))
    early = events[events["time_ms"] < NOW_MS]
    unseen = early["kind"] == UNSEEN
    return Told(
        plain(early[~unseen]),
        plain(decisions[decisions["time_ms"] < NOW_MS]),
        early[unseen][["node", "sku", "quantity"]].astype(str).agg(" ".join, axis=1).tolist(),
        model.customers.demand_hash,
    )


def plain(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows without their numbers, which what is unseen shifts, and without the list of names behind each column."""
    return rows.drop(columns="event").astype(object).reset_index(drop=True)


@dataclass(frozen=True)
class Told:
    """What came of a run before `NOW_MS`; and what differed there without anybody's seeing it."""

    events: pd.DataFrame
    decisions: pd.DataFrame
    lost_from_shelves: list[str]
    demand: str


def both(decision: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Told, Told]:
    world = a_full_world(decision, PolicyChoice(name))
    one = told(world, tmp_path / "one", monkeypatch, Streams)
    return one, told(with_another_future(world), tmp_path / "other", monkeypatch, OtherLuck)


ALL = [(decision, name) for decision, known in policies().items() for name in known]


@pytest.mark.parametrize(("decision", "name"), ALL, ids=lambda part: part)
def test_another_future_changes_no_decision_before_it(
    decision: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    one, other = both(decision, name, tmp_path, monkeypatch)

    assert one.demand != other.demand
    assert one.lost_from_shelves != other.lost_from_shelves
    assert len(one.decisions) > 200
    pd.testing.assert_frame_equal(one.events, other.events)
    pd.testing.assert_frame_equal(one.decisions, other.decisions)


@dataclass(slots=True)
class Peeking:
    """Avoids nodes that the scenario will close: what no company knows."""

    runner_up: int | None = None
    gap_cents: float = NAN
    _avoided: frozenset[int] = frozenset()

    def bind(self, world: World) -> None:
        self._avoided = frozenset(d.node for d in world.disruptions if isinstance(d, NodeOutage))

    def decide(self, order: OrderView, stock: StockView) -> Answer:
        nodes = range(len(stock.available))
        return serve_in_sequence([n for n in nodes if n not in self._avoided] or [*nodes], order.lines, stock)


def test_a_policy_that_peeks_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(registry._POLICIES["allocation"], "peeking", Peeking)
    one, other = both("allocation", "peeking", tmp_path, monkeypatch)

    with pytest.raises(AssertionError):
        pd.testing.assert_frame_equal(one.decisions, other.decisions)
