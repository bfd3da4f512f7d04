"""The count of whole pallets beside the ledger's buckets: that of a shelf on which each pallet is handled by itself."""

from __future__ import annotations

from array import array

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.books.inventory import Inventory
from sim.books.register import Register
from sim.books.whole_pallets import WholePallets


class Shelf:
    """Each pallet by itself: what `WholePallets` counts without looking."""

    def __init__(self, size: int) -> None:
        self.size, self.whole, self.loose = size, 0, 0
        self.held = [0, 0]
        """Whole pallets and loose units that are held."""

    def put(self, units: int, *, loose: bool) -> None:
        self.whole += 0 if loose else units // self.size
        self.loose += units if loose else units % self.size

    def take(self, units: int) -> None:
        while self.loose < units:
            self.whole, self.loose = self.whole - 1, self.loose + self.size
        self.loose -= units

    def hold(self, units: int) -> None:
        pallets = min(self.whole, units // self.size)
        self.whole -= pallets
        self.take(units - pallets * self.size)
        self.held = [self.held[0] + pallets, self.held[1] + units - pallets * self.size]

    def lift(self, units: int) -> None:
        """Whole pallets first, then loose ones; what that leaves of a held pallet is loose."""
        pallets = min(self.held[0], units // self.size)
        self.whole += pallets
        self.loose += units - pallets * self.size
        self.held = [self.held[0] - pallets, self.held[1] - units + pallets * self.size]
        while self.held[1] < 0:
            self.held = [self.held[0] - 1, self.held[1] + self.size]


STEPS = ["store", "return", "take", "pallet", "back", "hold", "lift", "send", "look"]


@settings(max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 60))))
def test_the_count_is_that_of_a_shelf_on_which_each_pallet_is_handled(steps: list[tuple[str, int]]):
    size, shelf, given_away = 12, Shelf(12), 0
    available, quarantined = [array("q", [0])], [array("q", [0])]
    count = WholePallets(available, quarantined, [size])
    for what, units in steps:
        if what in ("store", "return"):
            count.of(0, 0)  # as the inventory does before it adds
            available[0][0] += units
            shelf.put(units, loose=what == "return")
            if what == "store":
                count.store(0, 0, units)
        elif what == "take" and units <= available[0][0]:
            available[0][0] -= units
            shelf.take(units)
        elif what == "pallet" and count.of(0, 0):
            count.take(0, 0, 1)
            available[0][0] -= size
            shelf.whole, given_away = shelf.whole - 1, given_away + 1
        elif what == "back" and given_away:
            count.of(0, 0)
            available[0][0] += size
            count.give_back(0, 0, 1)
            shelf.whole, given_away = shelf.whole + 1, given_away - 1
        elif what == "hold" and units <= available[0][0]:
            count.hold(0, 0, units)
            available[0][0] -= units
            quarantined[0][0] += units
            shelf.hold(units)
        elif what == "lift" and units <= shelf.held[0] * size + shelf.held[1]:
            count.of(0, 0)
            quarantined[0][0] -= units
            available[0][0] += units
            count.lift(0, 0, units)
            shelf.lift(units)
        elif what == "send" and units <= available[0][0]:
            pallets = min(shelf.whole, units // size)
            assert pallets == count.send(0, 0, units)
            available[0][0] -= units
            shelf.whole -= pallets
            shelf.take(units - pallets * size)
        elif what == "look":
            assert shelf.whole == count.of(0, 0)
    assert (shelf.whole, available[0][0]) == (count.of(0, 0), shelf.whole * size + shelf.loose)


def test_a_truck_takes_whole_pallets_first():
    """Of two pallets and four, fifty leave: one pallet and two; a customer's fifty would have broken one of two."""
    stock = Inventory(2, 1, [frozenset({0, 1})], Register())
    stock.pallets = WholePallets(stock.available, stock.quarantined, [48])
    for node in (0, 1):
        stock.open(node, 0, 100, 100)
    stock.transfer_out(0, 0, 50, 1)
    stock.transfer_in(1, 0, 50, 50)
    stock.put_away(1, 0, 50)

    assert [1, 3] == [stock.pallets.of(node, 0) for node in (0, 1)]
