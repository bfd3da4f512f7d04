"""Decisions on files: every problem of every file in one report, and an answer that is written whole or not at all."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from peakproof.outputs import OutputError
from peakproof.service import decisions
from peakproof.service.network import LiveNetwork
from peakproof.service.rows import R, Sheet, read_sheet
from peakproof.service.wire import (
    FIRST_YEAR,
    LAST_YEAR,
    AllocationAnswer,
    Asked,
    CoverRow,
    OrderLine,
    PositionRow,
    ReleaseAnswer,
    ReplenishmentAnswer,
    ShipmentRow,
    StockRow,
    TransfersAnswer,
    within_years,
)
from scenarios.errors import Mark, Problems, ScenarioError
from scenarios.load import load

OF = "what was given"
_FORMATS = (".csv", ".json")


class Given:
    """A scenario, and files of rows about it.

    Parameters
    ----------
    network
        A name from the library or the path of a scenario file.
    decision, policy
        Who takes which decision; None: the scenario's own policy.
    sets, use
        As for any scenario.
    closed, at
        Nodes that are closed now, and when that is.
    """

    def __init__(
        self,
        network: str | Path,
        decision: str,
        policy: str | None = None,
        *,
        sets: Sequence[str] = (),
        use: Sequence[str] = (),
        closed: Sequence[str] = (),
        at: str | None = None,
    ) -> None:
        self.problems = Problems()
        self._live: LiveNetwork | None = None
        chosen = [f"{decision}={policy}"] if policy else []
        try:
            self._live = LiveNetwork(load(network, use, sets, chosen).world)
        except ScenarioError as error:
            self.problems.extend(error.problems)
        self.asked = Asked(closed=tuple(closed), at=self._moment(at))

    def _moment(self, text: str | None) -> datetime | None:
        try:
            return None if text is None else within_years(datetime.fromisoformat(text))
        except ValueError:
            accepted = f"an ISO date and time such as 2026-11-24T18:05, from {FIRST_YEAR} to {LAST_YEAR}"
            self.problems.add(Mark(f"--at {text}"), "", f"{text!r} does not fit", value=text, accepted=accepted)
            return None

    def sheet(self, option: str, path: Path, model: type[R]) -> Sheet[R]:
        """The rows of a file, as far as they fit."""
        return read_sheet(path, option, model, self.problems) or Sheet([], lambda _: Mark(str(path)), self.problems)

    @property
    def live(self) -> LiveNetwork:
        """The network; without one nothing more can be checked, and all that was found is told.

        Raises
        ------
        ScenarioError
            If the scenario has problems.
        """
        if self._live is None:
            self.problems.raise_if_any(OF)
        assert self._live is not None
        return self._live


def decide_allocation(given: Given, orders: Path, stock: Path) -> AllocationAnswer:
    """Nodes for the orders of a file."""
    sheets = given.sheet("--orders", orders, OrderLine), given.sheet("--stock", stock, StockRow)
    return decisions.decide_allocation(given.live, given.asked, *sheets, given.problems, OF)


def decide_replenishment(given: Given, stock: Path) -> ReplenishmentAnswer:
    """Orders for the positions of a file."""
    sheet = given.sheet("--stock", stock, PositionRow)
    return decisions.decide_replenishment(given.live, given.asked, sheet, given.problems, OF)


def decide_transfers(given: Given, stock: Path) -> TransfersAnswer:
    """Transfers for the positions of a file."""
    sheet = given.sheet("--stock", stock, CoverRow)
    return decisions.decide_transfers(given.live, given.asked, sheet, given.problems, OF)


def decide_release(given: Given, shipments: Path) -> ReleaseAnswer:
    """A sequence for the shipments of a file."""
    sheet = given.sheet("--shipments", shipments, ShipmentRow)
    return decisions.decide_release(given.live, given.asked, sheet, given.problems, OF)


def check_format(out: Path | None) -> None:
    """Raise `OutputError` unless an answer can be written to such a file."""
    if out is not None and out.suffix.lower() not in _FORMATS:
        raise OutputError(f"--out {out}: does not fit; accepted: a file that ends in {' or '.join(_FORMATS)}")


def write_answer(out: Path, answer: BaseModel) -> None:
    """Write an answer as JSON, or its rows as CSV; the file appears whole."""
    check_format(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    partial = out.with_name(f".{out.name}.{os.getpid()}.partial")
    try:
        if out.suffix.lower() == ".json":
            partial.write_text(answer.model_dump_json(indent=2) + "\n", encoding="utf-8")
        else:
            _write_csv(partial, list(flat_rows(answer)))
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)


def _write_csv(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def flat_rows(answer: BaseModel) -> Iterable[dict[str, Any]]:
    """An answer as rows of one table; of an allocation one a piece, sent or missing."""
    if isinstance(answer, AllocationAnswer):
        return _allocation_rows(answer)
    rows: list[BaseModel] = next(value for _, value in answer if isinstance(value, list))
    return [row.model_dump() for row in rows]


def _allocation_rows(answer: AllocationAnswer) -> Iterable[dict[str, Any]]:
    for decision in answer.decisions:
        order = {
            "order_cost_cents": decision.cost_cents,
            "runner_up": decision.runner_up,
            "runner_up_cost_cents": decision.runner_up_cost_cents,
            "gap_cents": decision.gap_cents,
        }
        for parcel in decision.parcels:
            for goods in parcel.goods:
                yield {
                    "order_ref": decision.order_ref,
                    "sku": goods.sku,
                    "units": goods.units,
                    "decision": "send",
                    "node": parcel.node,
                    **order,
                    "why": decision.why,
                }
        for missing in decision.backorders:
            yield {
                "order_ref": decision.order_ref,
                "sku": missing.sku,
                "units": missing.units,
                "decision": "backorder",
                "node": None,
                **order,
                "why": missing.why,
            }
