"""Entry rules and owners are data: one of each for every move, asked at each move of a checked run, shown on a page."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from sim.agents.orders.entry_rules import TABLES, enforce
from sim.books.reasons import REASON_NUMBER
from sim.errors import IllegalTransitionError
from sim.lifecycle import GuardedLifecycle, Lifecycle
from sim.model import Model
from sim.orders import CLOSED, HELD, LINE_CANCELLED, PICKED, REFUNDED, RELEASED, SHIPPED, VALIDATED, Move
from sim.plans.escalation import BREACH_ACTIONS
from tests.sim.telling import at, visit
from tests.worlds import a_world

ROOT = Path(__file__).resolve().parents[3]
MOVES = [(what, move) for what, (_, moves, _) in TABLES.items() for move in moves]


@pytest.mark.parametrize(("what", "move"), MOVES)
def test_every_move_has_a_rule_an_owner_and_what_sets_it_off(what: str, move: Move):
    states, _, questions = TABLES[what]

    assert all((move.entry_rule, move.requires, move.trigger, move.owner))
    assert questions[move.source, move.target].__doc__
    if move.limit_ms is not None:
        assert move.escalates_to.replace(" ", "_") in REASON_NUMBER
        assert states[move.source] == "held" or BREACH_ACTIONS[states[move.source]]


def test_no_rule_is_about_a_move_that_there_is_not():
    for _, moves, questions in TABLES.values():
        assert {(m.source, m.target) for m in moves} == set(questions)


def test_only_a_checked_run_asks():
    assert type(Model(a_world()).site.shipment_states) is Lifecycle
    assert type(Model(a_world(), check=True).site.shipment_states) is GuardedLifecycle


@pytest.mark.parametrize(
    ("what", "source", "target", "words"),
    [
        ("shipment", RELEASED, PICKED, "units taken from the shelf"),
        ("shipment", PICKED, SHIPPED, "cannot go"),
        ("order", HELD, VALIDATED, "the hold's cause is cleared"),
        ("order", VALIDATED, CLOSED, "all pieces terminal, window past, money settled"),
        ("return", 1, REFUNDED, None),
    ],
)
def test_a_rule_that_does_not_hold_stops_the_run(what: str, source: int, target: int, words: str | None):
    """After a run nothing is committed or picked; each piece is put where it was, and asked to go on."""
    site = visit(a_world(), [(at(0, 9), [(0, 1, 1_000)])], return_units=[1], return_delay_ms=[0]).model.site
    site.register.holds[0] = "fraud"
    site.register.orders.pending[0] = 1
    states = getattr(site, f"{what}_states")
    states.column[0] = source
    if words is None:
        states.move(0, target)
        return
    with pytest.raises(IllegalTransitionError, match=words):
        states.move(0, target)
    states.column[0] = source
    with pytest.raises(IllegalTransitionError, match=words):
        states.advance([0], target)


def test_a_line_with_units_left_is_not_cancelled():
    site = visit(a_world(), [(at(0, 9), [(0, 2, 1_000)])]).model.site
    enforce(site)
    site.line_states.column[0], site.register.lines.open_units[0] = 2, 1

    with pytest.raises(IllegalTransitionError, match="not shipped"):
        site.line_states.move(0, LINE_CANCELLED)


def test_the_page_is_what_the_tables_say():
    found = importlib.util.spec_from_file_location("lifecycle_page", ROOT / "benchmarks" / "lifecycle_page.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)

    assert module.page() == (ROOT / "docs" / "lifecycle.md").read_text(encoding="utf-8")
