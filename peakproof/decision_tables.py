"""Decisions on live data as tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from peakproof.console import say, table
from scenarios.display import display

if TYPE_CHECKING:
    from peakproof.service.network import LiveNetwork
    from peakproof.service.wire import (
        Allocation,
        AllocationAnswer,
        Goods,
        ReleaseAnswer,
        ReplenishmentAnswer,
        TransfersAnswer,
    )

_MOST_ROWS = 40


def print_allocation(answer: AllocationAnswer, live: LiveNetwork) -> None:
    """A row for each parcel and each shortage, then all of it in a sentence."""
    currency = live.network.entities[0].currency
    rows = [row for decision in answer.decisions for row in _allocation_rows(decision, currency)]
    columns = ["order", "units", "from", "cost", "runner-up", "costs more", "why"]
    _print(f"Allocation by {answer.policy}", columns, rows, numbers=(3, 5))
    t = answer.totals
    say(
        f"{_many(t.orders, 'order')}: {t.whole:,} whole from one node, {t.split:,} split, {t.incomplete:,} incomplete "
        f"with {_many(t.backordered_units, 'unit')} short; freight, handling and packaging "
        f"{display(float(t.cost_cents), 'cents', currency)}."
    )


def _allocation_rows(decision: Allocation, currency: str) -> list[list[str]]:
    rows = [
        [decision.order_ref, _goods(parcel.goods), parcel.node, _money(parcel.cost_cents, currency), "", "", ""]
        for parcel in decision.parcels
    ]
    if rows:
        more = None
        if decision.runner_up_cost_cents is not None and decision.cost_cents is not None:
            more = decision.runner_up_cost_cents - decision.cost_cents
        rows[0][4:] = [decision.runner_up or "", _money(more, currency), decision.why]
    short = [[decision.order_ref, _goods([m]), "backorder", "", "", "", m.why] for m in decision.backorders]
    return rows + short


def print_replenishment(answer: ReplenishmentAnswer, live: LiveNetwork) -> None:
    """A row for each node, SKU and source."""
    currency = live.network.entities[0].currency
    rows = [
        [
            f"{o.node}",
            o.sku,
            o.source,
            str(o.units),
            _money(o.cost_cents, currency),
            o.why + ("; urgent" if o.urgent else "") + ("; below the supplier's minimum" if o.below_minimum else ""),
        ]
        for o in answer.orders
    ]
    _print(f"Replenishment by {answer.policy}", ["node", "SKU", "of", "units", "landed cost", "why"], rows, (3, 4))
    cost = display(float(sum(o.cost_cents for o in answer.orders)), "cents", currency)
    say(f"{_many(len(answer.orders), 'line')}, {_many(sum(o.units for o in answer.orders), 'unit')}, {cost}.")


def print_release(answer: ReleaseAnswer) -> None:
    """A row for each shipment, in sequence."""
    rows = [[r.node, str(r.place), r.shipment_ref, f"{r.slack_minutes / 60:,.1f} h"] for r in answer.sequence]
    _print(f"Release by {answer.policy}", ["node", "place", "shipment", "until ship-by"], rows, (1, 3))


def print_transfers(answer: TransfersAnswer) -> None:
    """A row for each pair of nodes and SKU."""
    rows = [[m.source, m.to, m.sku, str(m.units), m.why] for m in answer.transfers]
    _print(f"Transfers by {answer.policy}", ["from", "to", "SKU", "units", "why"], rows, (3,))
    say(f"{_many(len(rows), 'transfer')}, {_many(sum(m.units for m in answer.transfers), 'unit')}.")


def _print(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> None:
    table(title, columns, rows[:_MOST_ROWS], numbers=numbers)
    if len(rows) > _MOST_ROWS:
        say(f"... and {len(rows) - _MOST_ROWS:,} more rows; --out writes all of them.")


def _goods(goods: Sequence[Goods]) -> str:
    return ", ".join(f"{g.units} {g.sku}" for g in goods)


def _money(cents: int | None, currency: str) -> str:
    return "" if cents is None else display(float(cents), "cents", currency)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
