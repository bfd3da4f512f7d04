"""Shadow mode: what a policy would have changed, and saved, of a day that has passed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from peakproof.outputs import check_free, file_hashes, whole_folder, write_json
from peakproof.service.allocating import Allocator
from peakproof.service.files import OF, Given
from peakproof.service.network import label
from peakproof.service.recorded import Recorded, from_rows, from_run
from peakproof.service.replaying import Change, Replay, Sent, Shadow
from peakproof.service.wire import ArrivalRow, SentLine
from scenarios.errors import Problems
from sim.run_files import MANIFEST

LIMITS = """Costs are estimates: freight by the cheapest service that keeps the channel's promise, handling and
packaging; not what carriers charged that day. Per decision, stock is that of the record at each moment, and a decision
that would have left other stock to later orders is not followed up; cumulative, it is, but deliveries, transfers,
corrections, outages and cancellations stay as they were, and floors and carriers are never full. What a policy does to
lead times and promises only a run can tell: peakproof compare."""


def shadow(record: Recorded, policy: str, *, cumulative: bool = False) -> Shadow:
    """Take a policy (``name:parameter=value,...``) through a record.

    Raises
    ------
    ScenarioError
        If there is no such policy.
    """
    problems = Problems()
    choice = record.live.choice("allocation", policy, problems)
    problems.raise_if_any(OF)
    assert choice is not None
    allocator = Allocator(record.live, record.live.policy("allocation", choice))
    return Replay(record, allocator, label(choice), cumulative=cumulative).run()


def shadow_run(folder: str | Path, policy: str, *, cumulative: bool = False) -> Shadow:
    """The same for a finished run.

    Examples
    --------
    >>> found = shadow_run("runs/outage-1", "cheapest")  # doctest: +SKIP
    >>> len(found.changes), found.saved_cents  # doctest: +SKIP
    (18231, 2120417.0)
    """
    return shadow(from_run(Path(folder)), policy, cumulative=cumulative)


def read_day(given: Given, orders: Path, stock: Path) -> Recorded:
    """The record that files of orders and stock make."""
    sheets = given.sheet("--orders", orders, SentLine), given.sheet("--stock", stock, ArrivalRow)
    record = from_rows(given.live, *sheets)
    given.problems.raise_if_any(OF)
    return record


def write_shadow(folder: Path, found: Sequence[Shadow]) -> None:
    """shadow.json with the tallies, and every change as a row of changes.csv."""
    import pandas as pd

    check_free(folder)
    rows = [_row(one.mode, change) for one in found for change in one.changes]
    columns = ["mode", "order", "at_ms", "recorded", "recorded_cents", "shadow", "shadow_cents", "saved_cents"]
    with whole_folder(folder) as partial:
        write_json(partial / "shadow.json", [_summary(one) for one in found])
        pd.DataFrame(rows, columns=columns).to_csv(partial / "changes.csv", index=False, lineterminator="\n")
        write_json(partial / MANIFEST, {"policy": found[0].policy, "files": file_hashes(partial)})


def _summary(found: Shadow) -> dict[str, Any]:
    plain = asdict(found) | {"changes": len(found.changes), "saved_cents": found.saved_cents, "limits": LIMITS}
    return {key: _finite(value) for key, value in plain.items()}


def _finite(value: Any) -> Any:
    """JSON has no infinity, which is what a parcel costs that no carrier takes."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _row(mode: str, change: Change) -> list[Any]:
    costs = [math.fsum(parcel.cost_cents for parcel in sent) for sent in (change.recorded, change.shadow)]
    told = [told_parcels(change.recorded), told_parcels(change.shadow)]
    return [
        mode,
        change.reference,
        change.at_ms,
        told[0],
        round(costs[0], 2),
        told[1],
        round(costs[1], 2),
        round(change.saved_cents, 2),
    ]


def told_parcels(sent: Sequence[Sent]) -> str:
    """``AVP: 2 SKU1 + IND: 1 SKU2``; nothing where nothing is sent."""
    return " + ".join(f"{p.node}: {', '.join(f'{units} {sku}' for sku, units in p.goods)}" for p in sent)
