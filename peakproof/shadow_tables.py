"""What a shadow found, as tables on the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peakproof.console import say, table
from scenarios.display import display

if TYPE_CHECKING:
    from peakproof.service.network import LiveNetwork
    from peakproof.service.replaying import NodeTally, Shadow, Tally


def print_shadow(found: Shadow, live: LiveNetwork, top: int) -> None:
    """Both courses side by side, what each node sends, the changes that save and cost most, and a sentence."""
    currency = live.network.entities[0].currency
    then, own = found.recorded, found.shadow
    what = "decisions" if found.mode == "per decision" else "orders"
    rows = _figures(then, own, what, currency)
    title = f"{found.policy} in the shadow of {found.name} ({found.recorded_policy}), {found.mode}"
    table(title, ["", "recorded", "shadow"], rows, numbers=(1, 2))
    _print_nodes(found, currency)
    _print_changes(found, live, currency, top)
    _say_it(found, what, currency)


def _figures(then: Tally, own: Tally, what: str, currency: str) -> list[list[str]]:
    both = (then, own)
    columns = {
        what: [f"{t.decisions:,}" for t in both],
        "split over nodes": [_share(t.split, t.decisions) for t in both],
        "units without a node": [f"{t.short_units:,}" for t in both],
        "parcels": [f"{t.parcels:,}" for t in both],
        "units sent": [f"{t.units:,}" for t in both],
        "freight, handling, packaging": [display(t.cost_cents, "cents", currency) for t in both],
    }
    return [[label, *pair] for label, pair in columns.items()]


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({part / whole:.1%})" if whole else "0"


def _print_nodes(found: Shadow, currency: str) -> None:
    names = sorted({*found.recorded.by_node, *found.shadow.by_node})
    rows = []
    for name in names:
        then, own = (tally.by_node.get(name) for tally in (found.recorded, found.shadow))
        rows.append([name, *(cell for pair in zip(_cells(then, currency), _cells(own, currency)) for cell in pair)])
    columns = ["node", "parcels", "shadow", "units", "shadow", "cost", "shadow"]
    table(None, columns, rows, numbers=range(1, 7))


def _cells(tally: NodeTally | None, currency: str) -> list[str]:
    if tally is None:
        return ["", "", ""]
    return [f"{tally.parcels:,}", f"{tally.units:,}", display(tally.cost_cents, "cents", currency)]


def _print_changes(found: Shadow, live: LiveNetwork, currency: str, top: int) -> None:
    from peakproof.service.shadow import told_parcels

    ranked = sorted(found.changes, key=lambda change: (-change.saved_cents, change.reference))
    shown = ranked[:top] + [change for change in ranked[-top:] if change not in ranked[:top]] if top else []
    rows = [
        [
            change.reference,
            f"{live.world.calendar.moment(change.at_ms):%a %d %b %H:%M}",
            told_parcels(change.recorded) or "nothing",
            told_parcels(change.shadow) or "nothing",
            display(change.saved_cents, "cents", currency),
        ]
        for change in shown
    ]
    if rows:
        title = "Changes that save most, and those that save least"
        table(title, ["order", "at", "recorded", "shadow", "saves"], rows, numbers=(4,))


def _say_it(found: Shadow, what: str, currency: str) -> None:
    then, own = found.recorded, found.shadow
    changed = f"{len(found.changes):,} of {then.decisions:,} {what} would have been otherwise"
    text = f"{changed}; estimated saving {display(found.saved_cents, 'cents', currency)}"
    if then.units != own.units:
        text += f", which is not like for like: {own.units - then.units:+,} units are sent"
    if found.forced:
        text += f". {found.forced:,} decisions were not the policy's to take and stand as they were"
    if found.uncovered_units:
        text += f". {found.uncovered_units:,} units left nodes by transfer or correction that the shadow had not there"
    say(text + ".")
