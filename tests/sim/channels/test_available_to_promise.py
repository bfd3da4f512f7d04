"""Available to promise (DOMAIN rule 6): what comes by a date, less what is promised by it, at that date and at all
later ones."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.agents.channels.inbound import Inbound
from sim.calendar import Calendar
from sim.distributions import Fixed
from sim.network import Promise, Supplier
from sim.orders import BACKORDERED, VALIDATED
from sim.units import DAY_MS
from sim.world import Horizon
from tests.sim.telling import Story, at, visit
from tests.worlds import ALWAYS, a_channel, a_world, stock

START = a_world().calendar.start


def shop(*wanted: tuple[int, int]) -> Story:
    """Ten of P1 are ordered at 6:00 of day 0 for day 2; each morning, what was sold since, for two days later."""
    world = a_world(
        suppliers=(Supplier("maker", Fixed(2 * DAY_MS), quoted_lead_time_ms=2 * DAY_MS),),
        channels=(a_channel(promise=Promise(14 * 60, 5, ALWAYS, 10 * DAY_MS)),),
        stock=stock([[0, 100]], [[9, 0]], [[10, 0]]),
        horizon=Horizon(4 * DAY_MS, 0, 40 * DAY_MS),
    )
    return visit(world, [(when, [(0, units, 1_000)]) for when, units in wanted])


def test_what_others_were_promised_of_a_later_delivery_does_not_hold_back_this_one():
    """Of the ten of day 2 eight are sold; the next customer's six come with the eight of day 3, which leave two of the
    first for who comes then: a day sooner than those."""
    story = shop((at(0, 9), 8), (at(1, 9), 6), (at(1, 10), 2))

    assert [("0 09:00", 8, at(9, 0)), ("1 09:00", 6, at(10, 0)), ("1 10:00", 2, at(9, 0))] == [
        (when, units, due) for when, _, units, due in story.events("quantity", "due_ms", kind="captured")
    ]
    assert [("2 06:10", 0, 8), ("2 06:10", 2, 2), ("3 06:10", 1, 6)] == [
        (when, order, units) for when, _, order, units in story.events("order", "quantity", kind="allocated")
    ]
    assert [] == story.times("oversold")


def test_what_is_promised_later_must_still_be_kept():
    """Three more of the first delivery would be one too many; of the second there are four."""
    story = shop((at(0, 9), 8), (at(1, 9), 6), (at(1, 10), 3))

    assert [at(9, 0), at(10, 0), at(10, 0)] == [due for _, _, due in story.events("due_ms", kind="captured")]


def inbound(available: int, coming: list[tuple[int, int]], promised: list[tuple[int, int]]) -> Inbound:
    """Of one product in one pool: (date, units) of what comes and of what was promised of it."""
    lines: Any = SimpleNamespace(
        state=[BACKORDERED] * len(promised), order=[0] * len(promised), open_units=[units for _, units in promised]
    )
    orders = SimpleNamespace(state=[VALIDATED], channel=[0])
    goods = SimpleNamespace(
        product=[0] * len(coming), node=[0] * len(coming), due_ms=[d for d, _ in coming], units=[u for _, u in coming]
    )
    notes = SimpleNamespace(add=lambda **_: 0)
    site: Any = SimpleNamespace(
        register=SimpleNamespace(
            lines=lines, orders=orders, goods=goods, notes=notes, leaving=SimpleNamespace(forget=lambda *_: None)
        ),
        pools=[frozenset({0})],
        pool_of_channel=[0],
        inventory=SimpleNamespace(ats=[[available - sum(units for _, units in promised)]]),
        clock=SimpleNamespace(now_ms=0),
        log=SimpleNamespace(one=lambda *_: None),
        calendar=Calendar(START),
        world=SimpleNamespace(network=SimpleNamespace(channels=(), regions=())),
    )
    found = Inbound(site)
    found.ordered(list(range(len(coming))))
    for line, (date, units) in enumerate(promised):
        found.note(0, (line, 0, units), date, 0)
    return found


dated = st.lists(st.tuples(st.integers(0, 6), st.integers(1, 5)), max_size=5)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.integers(-4, 6), dated, dated, st.integers(1, 6))
def test_it_is_the_least_at_any_later_date(available: int, coming: list, promised: list, units: int):
    """Against the formula, date by date."""

    def left(u: int) -> int:
        return available + sum(n for d, n in coming if d <= u) - sum(n for d, n in promised if d <= u)

    dates = sorted({d for d, _ in coming})
    expected = [t for t in dates if min(left(u) for u in range(t, 8)) >= units]

    assert inbound(available, coming, promised).available_ms(0, 0, units) == (expected[0] if expected else None)
