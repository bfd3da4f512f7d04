"""The lifecycle's tables: what is not listed raises, and what is listed says who, when and why."""

from __future__ import annotations

import pytest

from sim.errors import IllegalTransitionError, InvariantError
from sim.lifecycle import Lifecycle
from sim.orders import (
    HELD,
    LINE_MOVES,
    LINE_STATES,
    ORDER_MOVES,
    ORDER_STATES,
    RETURN_MOVES,
    RETURN_STATES,
    SHIPMENT_MOVES,
    SHIPMENT_STATES,
    Move,
    limits,
)

TABLES = {
    "order": (ORDER_STATES, ORDER_MOVES),
    "line": (LINE_STATES, LINE_MOVES),
    "shipment": (SHIPMENT_STATES, SHIPMENT_MOVES),
    "return": (RETURN_STATES, RETURN_MOVES),
}
EVERY_PAIR = [
    (what, source, target)
    for what, (states, _) in TABLES.items()
    for source in range(len(states))
    for target in range(len(states))
]


def a_lifecycle(what: str, *standing: int) -> Lifecycle:
    states, moves = TABLES[what]
    return Lifecycle(what, states, moves, bytearray(standing))


@pytest.mark.parametrize(("what", "source", "target"), EVERY_PAIR)
def test_a_move_is_made_if_and_only_if_the_table_lists_it(what: str, source: int, target: int):
    states, moves = TABLES[what]
    listed = any((m.source, m.target) == (source, target) for m in moves)
    one, many = a_lifecycle(what, source), a_lifecycle(what, source, source)

    if listed:
        one.move(0, target)
        many.advance([0, 1], target)
        assert ([target], [target, target]) == (list(one.column), list(many.column))
        return
    message = f"{what} 0 cannot go from {states[source]} to {states[target]}"
    with pytest.raises(IllegalTransitionError, match=message):
        one.move(0, target)
    with pytest.raises(IllegalTransitionError, match=message):
        many.advance([0, 1], target)
    assert ([source], [source, source]) == (list(one.column), list(many.column))


def test_the_message_names_the_first_that_may_not():
    shipments = a_lifecycle("shipment", 0, 0, 5)

    with pytest.raises(InvariantError, match="shipment 2 cannot go from delivered to released"):
        shipments.advance([0, 1, 2], 1)


def test_a_path_goes_through_listed_moves_only():
    orders = a_lifecycle("order", 0, 2)
    straight = orders.path(0, 2, 4)
    orders.go_along(0, straight, 4)

    assert [4, 2] == list(orders.column)
    with pytest.raises(IllegalTransitionError, match="order 1 cannot go from captured to validated"):
        orders.go_along(1, straight, 4)
    with pytest.raises(IllegalTransitionError, match="no order goes from offered to validated"):
        orders.path(0, 4)


@pytest.mark.parametrize("what", TABLES)
def test_each_move_has_what_it_takes(what: str):
    states, moves = TABLES[what]

    def complete(move: Move) -> bool:
        told = all((move.entry_rule, move.requires, move.trigger, move.owner))
        limited = (move.limit_ms is not None and move.limit_ms > 0) == bool(move.escalates_to)
        held_anew = what == "order" and move.source == HELD
        return told and limited and (move.source != move.target or held_anew)

    assert [] == [m for m in moves if not complete(m)]
    assert len(moves) == len({(m.source, m.target) for m in moves})
    assert {*range(len(states))} == {s for m in moves for s in (m.source, m.target)}


@pytest.mark.parametrize("what", TABLES)
def test_each_state_is_reached_from_the_first_and_the_ends_are_ends(what: str):
    states, moves = TABLES[what]
    reached, edge = {0}, {0}
    while edge:
        edge = {m.target for m in moves if m.source in edge} - reached
        reached |= edge
    usual = [m for m in moves if m.trigger != "recall"]  # which alone brings back what has ended
    ends = {states[s] for s in range(len(states)) if not any(m.source == s for m in usual)}

    assert {*range(len(states))} == reached
    assert {
        "order": {"refused", "cancelled", "closed", "abandoned"},
        "line": {"refused", "cancelled"},
        "shipment": {"delivered", "resent", "voided", "returned_to_sender", "merged"},
        "return": {"refunded", "return_refused"},
    }[what] == ends


@pytest.mark.parametrize("what", TABLES)
def test_there_is_one_limit_a_state(what: str):
    _, moves = TABLES[what]
    limited = [m for m in moves if m.limit_ms is not None]

    assert {m.source: (m.limit_ms, m.escalates_to) for m in limited} == limits(moves)
    assert len(limited) == len(limits(moves))
