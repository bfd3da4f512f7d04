"""What is computed for many at once is what it would be one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.agents.carriers.parcel_kinds import distinct
from sim.agents.customers.customer import Customers, Offer
from sim.agents.floor.workload import Workload
from sim.agents.orders.arrived import has_all, have_all
from sim.agents.orders.balancer import Balancer
from sim.agents.orders.offered_facts import OfferedFacts
from sim.books.columns import as_numpy
from sim.books.documents import Postings, documents
from sim.books.open_items import Moves, OpenItems
from sim.books.open_lines import OpenLines
from sim.model import Model
from sim.network import Shift
from sim.orders import PLANNED, VALIDATED
from sim.rules import Condition
from sim.streams import Streams
from sim.units import DAY_MS, HOUR_MS
from tests.worlds import ALWAYS, a_busy_world, a_node, a_world

BOUNDED = settings(max_examples=60, deadline=None)
DAYTIME = (Shift(ALWAYS, 8 * 60, 16 * 60, (2, 1, 1, 1)), Shift(ALWAYS, 16 * 60, 20 * 60, (1, 3, 1, 1)))
CONDITIONS = (
    "value_cents > 3000 and lines > 1",
    "units < 2 or weight_kg >= 1.5",
    "not (channel == 'web') and region in ('EAST', 'WEST')",
    "1 < units <= 3",
    "value_cents / lines > 2500 and payment == 'card'",
    "in_stock and units == 1",
    "not one_node or segment != 'everyone'",
    "region in 'EAST, MID'",
    "channel_kind == 'storefront' and -units < -2",
)


def an_offer() -> Offer:
    """A day of arrivals."""
    return next(iter(Customers(a_busy_world(), Streams(3)).offers()))


@pytest.mark.parametrize("text", CONDITIONS)
@pytest.mark.parametrize("stocked", [True, False])
def test_an_arrival_that_no_rule_may_concern_is_one_that_none_does(text: str, stocked: bool):
    network, offer, condition = a_busy_world().network, an_offer(), Condition(text)
    may_hold = OfferedFacts(network, offer).may_hold(condition)
    first = np.cumsum(offer.line_count) - offer.line_count
    holds = []
    for order in range(len(offer)):
        channel = network.channels[offer.channel[order]]
        own = range(first[order], first[order] + offer.line_count[order])
        facts = {
            "value_cents": sum(int(offer.units[n]) * int(offer.price_cents[n]) for n in own),
            "units": sum(int(offer.units[n]) for n in own),
            "lines": len(own),
            "weight_kg": sum(int(offer.units[n]) * network.products[offer.product[n]].weight_kg for n in own),
            "region": network.regions[offer.region[order]].name,
            "channel": channel.name,
            "channel_kind": channel.kind,
            "payment": channel.payments[offer.payment[order]].kind,
            "segment": network.segments[channel.segment].name,
            "in_stock": stocked,
            "one_node": stocked,
        }
        holds.append(condition.holds(facts.__getitem__))

    assert not np.any(np.array(holds) & ~may_hold)
    if "stock" not in text and "one_node" not in text and "in '" not in text:
        assert holds == may_hold.tolist()


@BOUNDED
@given(st.lists(st.floats(0, 300) | st.just(float("inf")), min_size=1, max_size=20), st.integers(0, 3 * 24))
def test_many_amounts_of_work_end_when_each_of_them_does(hours: list[float], hour: int):
    model = Model(a_world(nodes=(a_node(shifts=DAYTIME),)))
    model.clock.move_to(hour * HOUR_MS)
    load = Workload(model.site)
    load.look()
    many = load.each_done_ms(0, np.array(hours), np.array(hours[::-1]))

    assert [load.done_ms(0, pick, pack) for pick, pack in zip(hours, hours[::-1], strict=True)] == many.tolist()


def test_who_has_all_and_which_lines_are_open(tmp_path):
    model = Model(a_busy_world())
    register = model.site.register
    register.opens = OpenLines()
    balancer, looks = Balancer(model.site), []

    def look(_: None) -> None:
        open_units = as_numpy(register.lines.open_units)
        looks.append(int((open_units > 0).sum()))
        assert np.flatnonzero(open_units > 0).tolist() == register.open_lines().tolist()
        orders = np.flatnonzero(as_numpy(register.orders.state) > 0)
        assert [has_all(register, order) for order in orders.tolist()] == have_all(register, orders).tolist()
        everybody = range(len(register.orders))
        waits = [any(register.lines.open_units[n] for n in register.orders.lines(order)) for order in everybody]
        shipments = range(register.shipments.count)
        of, state = register.shipments.order, register.shipments.state
        may = [
            state[s] == PLANNED and register.orders.state[of[s]] == VALIDATED and not waits[of[s]] for s in shipments
        ]
        assert may == balancer.may_move(np.array(shipments)).tolist()
        now = model.clock.now_ms
        assert register.waiting_orders(VALIDATED, now, now + DAY_MS).tolist() == [
            order
            for order in orders.tolist()
            if waits[order]
            and register.orders.state[order] == VALIDATED
            and now <= register.orders.ship_by_ms[order] <= now + DAY_MS
        ]

    for hour in range(1, 60, 3):
        model.clock.at(hour * HOUR_MS, 0, look)
    model.run(tmp_path)

    assert max(looks) > 0


@BOUNDED
@given(st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=1, max_size=40), st.sampled_from([1, 1 << 28]))
def test_documents_are_what_was_posted_at_one_moment_of_one_kind_about_one_order(rows: list, far: int):
    rows = [(time << 30, kind, order * far, amount) for time, kind, order, amount in rows]
    time, kind, order, amount = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    found = documents(Postings(time, kind, order, order, kind, amount))
    keys = sorted({row[:3] for row in rows})

    assert keys == list(zip(found.time_ms.tolist(), found.kind.tolist(), found.order.tolist(), strict=True))
    numbers = range(len(rows))
    assert [[n for n in numbers if rows[n][:3] == key] for key in keys] == [
        sorted(found.lines_of(n).tolist()) for n in range(len(keys))
    ]
    assert [sum(a for *key, a in rows if tuple(key) == k) for k in keys] == found.debit_cents.tolist()
    some = np.arange(len(keys)) % 2 == 1
    assert [keys.index(row[:3]) % 2 == 0 for row in rows] == found.lines_without(some).tolist()


@BOUNDED
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(-3, 3), st.integers(0, 9)), max_size=40),
    st.lists(st.integers(0, 12), min_size=1, max_size=4).map(sorted),
)
def test_items_are_open_that_do_not_add_up_to_nothing_whenever_one_asks(moves: list, asked: list[int]):
    items = OpenItems()
    subject, balance, time = (np.array([move[n] for move in moves], dtype=np.int64) for n in range(3))
    half = len(moves) // 2
    for mine in (slice(half), slice(half, None)):
        items.add(Moves(subject[mine].astype(np.int32), balance[mine], balance[mine], time[mine]))
    for moment in asked:
        due = [move for move in moves if move[2] < moment]
        sums = {who: sum(amount for w, amount, _ in due if w == who) for who, _, _ in due}
        found = items.until(moment)

        assert {who: amount for who, amount in sums.items() if amount} == dict(
            zip(found.subject.tolist(), found.balance.tolist(), strict=True)
        )


@BOUNDED
@given(st.lists(st.integers(-2, 1 << 40) | st.integers(-1, 3), max_size=40))
def test_kinds_are_found_where_they_are_first_mentioned(kinds: list[int]):
    found, first, which = distinct(np.array(kinds, dtype=np.int64))

    assert list(dict.fromkeys(kinds)) == found.tolist()
    assert [kinds.index(kind) for kind in found.tolist()] == first.tolist()
    assert kinds == found[which].tolist()
