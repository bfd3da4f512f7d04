"""Faults put in on purpose: the audit stops the run at the event that did it; reconciliation finds them in files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sim.agents.carriers.carrier import Carrier
from sim.agents.floor.warehouse import Warehouse
from sim.agents.orders.orchestrator import Orchestrator
from sim.books import amounts, audit, recorder
from sim.books.inventory import Inventory
from sim.books.kinds import KINDS, NUMBER, Kind
from sim.books.log import Log
from sim.books.reconcile import reconcile
from sim.clock import SWEEP
from sim.errors import IllegalTransitionError, InvariantError
from sim.model import Model
from sim.orders import DELIVERED, SHIPPED
from tests.sim.telling import at
from tests.sim.witness import faults
from tests.worlds import a_busy_world


def run(folder: Path, *, check: bool) -> None:
    Model(a_busy_world(orders_per_day=60.0), 1, check=check).run(folder)


def expect(folder: Path, message: str, error: type[InvariantError] = InvariantError) -> None:
    """The audited run stops with this message, and leaves no file behind."""
    with pytest.raises(error, match=message):
        run(folder, check=True)
    assert [] == list(folder.iterdir())


# While the clock runs.


def once(true: Callable[..., Any], instead: Callable[..., Any]) -> Callable[..., Any]:
    """The fifth call goes wrong."""
    calls = iter(range(1 << 30))

    def act(*args: Any, **kwargs: Any) -> Any:
        return instead(*args, **kwargs) if next(calls) == 4 else true(*args, **kwargs)

    return act


def nothing(*args: Any, **kwargs: Any) -> None:
    return None


@pytest.mark.parametrize(
    ("movement", "message"),
    [
        ("pick", r"after picked: \w+/S\d+ holds \d+ committed, the ledger says \d+"),
        ("put_away", r"after (put_away|restocked): \w+/S\d+ holds \d+ available"),
        ("sell", r"after allocated: \w+/S\d+ holds \d+ available, the ledger says \d+"),
        ("receive", r"after (return_)?received: \w+/S\d+ holds \d+ awaiting, the ledger says \d+"),
    ],
)
def test_a_movement_that_is_not_made(movement: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Inventory, movement, once(getattr(Inventory, movement), nothing))

    expect(tmp_path, message)


def test_a_movement_that_is_made_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pick = Inventory.pick

    def twice(self: Inventory, node: int, shipments: Any) -> None:
        pick(self, node, shipments)
        pick(self, node, shipments)

    monkeypatch.setattr(Inventory, "pick", once(pick, twice))

    expect(tmp_path, r"(after picked: .* holds|units wanted, \d+ committed)")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("picked", r"after allocated: .* holds \d+ committed, the ledger says \d+|leaves -\d+ units picked"),
        ("return_received", r"(restocked|scrapped) leaves -\d+ units awaiting|after restocked"),
    ],
)
def test_a_fact_that_is_not_written(kind: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def forgetful(add: Callable[..., None]) -> Callable[..., None]:
        def note(self: Log, number: int, *args: Any) -> None:
            if number != NUMBER[kind]:
                add(self, number, *args)

        return note

    for way in ("add", "add_pieces", "one"):
        monkeypatch.setattr(Log, way, forgetful(getattr(Log, way)))

    expect(tmp_path, message)


def test_value_that_is_not_its_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A cent too much leaves with a shipment, in the stock and on record."""
    ship = Inventory.ship

    def dear(self: Inventory, node: int, products: Any, units: Any) -> Any:
        costs = ship(self, node, products, units)
        costs[0] += 1
        self.value_cents[node][products[0]] -= 1
        return costs

    monkeypatch.setattr(Inventory, "ship", once(ship, dear))

    expect(tmp_path, r"shipped took \d+ of \w+/S\d+, its share is \d+")


def test_cost_on_record_that_did_not_leave_the_stock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    ship = Inventory.ship

    def dear(self: Inventory, node: int, products: Any, units: Any) -> Any:
        costs = ship(self, node, products, units)
        costs[0] += 1
        return costs

    monkeypatch.setattr(Inventory, "ship", once(ship, dear))

    expect(tmp_path, r"shipped took \d+ of \w+/S\d+, its share is \d+")


def altered(kind: str, posted_to: str, **changes: Any) -> tuple[Kind, ...]:
    """The table of kinds with one posting changed: (account, sign, amount)."""

    def change(post: tuple[str, int, str]) -> tuple[str, int, str]:
        name, sign, amount = post
        return (changes.get("account", name), sign, changes.get("amount", amount)) if name == posted_to else post

    return tuple(replace(k, posts=tuple(map(change, k.posts))) if k.name == kind else k for k in KINDS)


def test_a_posting_of_another_amount(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(audit, "KINDS", altered("invoiced", "revenue", amount="shipment_gross"))

    expect(tmp_path, r"invoiced of record \d+ is out of balance by -\d+")


def test_a_posting_to_another_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The entry balances; the inventory account does not equal the stock any more."""
    monkeypatch.setattr(audit, "KINDS", altered("return_received", "cost_of_goods", account="inventory"))

    expect(tmp_path, r"return_received of record \d+: inventory account of \w+ is \d+, its stock is worth \d+")


def test_an_illegal_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Delivered without having left."""
    packed = Warehouse._packed

    def hasty(self: Warehouse, jobs: list[int]) -> None:
        packed(self, jobs)
        self._states.advance(jobs, DELIVERED)

    monkeypatch.setattr(Warehouse, "_packed", hasty)

    expect(tmp_path, r"shipment \d+ cannot go from packed to delivered", IllegalTransitionError)


def test_a_parcel_that_leaves_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    depart = Carrier._depart

    def again(self: Carrier, node: int, shipments: Any, collection: Any) -> None:
        depart(self, node, shipments, collection)
        self._site.shipment_states.advance(shipments, SHIPPED)

    monkeypatch.setattr(Carrier, "_depart", again)

    expect(tmp_path, r"shipment \d+ cannot go from shipped to shipped", IllegalTransitionError)


def test_units_of_a_line_that_vanish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """They are cancelled, but nobody writes how many."""
    cancel_units = Orchestrator.cancel_units

    def careless(self: Orchestrator, line: int, *args: Any) -> None:
        cancel_units(self, line, *args)
        self._register.lines.cancelled_units[line] -= 1

    monkeypatch.setattr(Orchestrator, "cancel_units", careless)

    expect(tmp_path, r"line \d+ of \d+ units accounts for \d+")


def test_what_no_event_touches_is_found_within_a_day(tmp_path: Path):
    """At noon of day 1 a unit appears that nobody asked for: the next sweep sees it, weeks before the run ends."""
    world = a_busy_world(orders_per_day=60.0)
    unasked = replace(world.network.products[-1], demand_weight=0.0)
    world = replace(world, network=replace(world.network, products=(*world.network.products[:-1], unasked)))
    model = Model(world, 1, check=True)

    def appear(_: None) -> None:
        model.site.inventory.quarantined[0][-1] += 1

    model.clock.at(at(1, 12), SWEEP, appear)
    with pytest.raises(InvariantError, match=r"sweep: \w+/S\d+ holds 1 quarantined, the ledger says 0"):
        model.run(tmp_path)

    assert at(1, 12) <= model.clock.now_ms < at(3, 0)


def test_without_faults_nothing_is_found(tmp_path: Path):
    run(tmp_path, check=True)

    assert ([], []) == (reconcile(tmp_path), faults(tmp_path))


# In the files of a run that was not audited: what the recorder wrote is replayed.


def test_a_wrong_amount_in_the_journal_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A cent more of tax, and of gross: the entry balances, but not with what the auditor computed. No book stays."""
    tax = amounts.AMOUNTS["shipment_tax"]
    monkeypatch.setitem(amounts.AMOUNTS, "shipment_tax", lambda a, ids: tax(a, ids) + (ids == 7))

    with pytest.raises(InvariantError, match=r"the journal is not .*: .*tax_payable -\d+, not -\d+"):
        run(tmp_path, check=True)
    assert [] == list(tmp_path.iterdir())


def test_a_wrong_account_in_the_journal_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    accounts = recorder._ACCOUNT.copy()
    accounts[NUMBER["manifested"], 0] = 0
    monkeypatch.setattr(recorder, "_ACCOUNT", accounts)
    run(tmp_path, check=False)

    found = reconcile(tmp_path)
    assert any(x.startswith("an account that its kind does not post to: cash in event") for x in found)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound")
    run(folder, check=False)
    return folder


@pytest.fixture
def books(sound: Path, tmp_path: Path) -> Path:
    shutil.copytree(sound, tmp_path / "books")
    return tmp_path / "books"


def tamper(folder: Path, book: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """Write a book anew, and make the manifest say that this is how it was."""
    path = folder / f"{book}.parquet"
    table = change(pq.read_table(path))
    pq.write_table(table, path)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][path.name] = sha256(path.read_bytes()).hexdigest()
    manifest["counters"]["rows"][book] = table.num_rows
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def row_of(table: pa.Table, kind: str, number: int = 3) -> int:
    """The position of the fourth row of a kind."""
    return [i for i, k in enumerate(table["kind"].to_pylist()) if k == kind][number]


def without(kind: str) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        row = row_of(table, kind)
        return pa.concat_tables([table.slice(0, row), table.slice(row + 1)])

    return change


def with_value(kind: str, column: str, value: Callable[[Any], Any]) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        values, row = table[column].to_pylist(), row_of(table, kind)
        values[row] = value(values[row])
        field = table.schema.field(column)
        plain = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
        array = pa.array(values, plain)
        if pa.types.is_dictionary(field.type):
            array = array.dictionary_encode()
        return table.set_column(table.schema.get_field_index(column), column, array)

    return change


def test_a_copy_of_sound_books_is_sound(books: Path):
    for book in ("events", "ledger", "journal", "decisions"):
        tamper(books, book, lambda table: table)

    assert ([], []) == (reconcile(books), faults(books))


TAMPERED = [
    ("ledger", without("allocated"), "ledger lacks: event"),
    ("ledger", without("picked"), "fewer than no units"),
    ("ledger", without("shipped"), "inventory account is"),
    ("ledger", without("restocked"), "ledger lacks: event"),
    ("ledger", with_value("picked", "units", lambda n: n + 1), "ledger's units differs from the event's"),
    ("ledger", with_value("shipped", "value_cents", lambda v: v + 1), "value taken is not its share"),
    ("ledger", with_value("allocated", "to_bucket", lambda _: "picked"), "a movement goes astray"),
    ("ledger", with_value("allocated", "from_node", lambda _: "EAST2"), "ledger's from_node differs"),
    ("journal", without("shipped"), "an entry does not balance"),
    ("journal", with_value("shipped", "amount_cents", lambda v: v + 1), "an entry does not balance"),
    ("journal", with_value("invoiced", "account", lambda _: "cash"), "an account that its kind does not post to"),
    ("journal", with_value("shipped", "node", lambda _: "WEST"), "inventory by node"),
    ("journal", with_value("packed", "event", lambda _: 10**9), "journal has 1 lines without an event"),
    ("events", without("picked"), "events are not numbered through"),
    ("events", without("shipped"), "ledger has no event for"),
    ("events", with_value("packed", "time_ms", lambda _: 0), "time runs backwards"),
    ("events", with_value("packed", "kind", lambda _: "delivered"), "an illegal move: shipment"),
    ("events", with_value("validated", "kind", lambda _: "closed"), "an illegal move: order"),
    ("events", with_value("captured", "quantity", lambda n: n + 1), "closed, but its units are not"),
    ("events", with_value("shipped", "value_cents", lambda v: v + 1), "an entry amounts to something else"),
    ("events", with_value("return_received", "quantity", lambda n: n + 9), "a line's returns do not add up"),
]


@pytest.mark.parametrize(("book", "change", "message"), TAMPERED, ids=[f"{b}: {m}" for b, _, m in TAMPERED])
def test_altered_books_are_found_out(books: Path, book: str, change: Callable[[pa.Table], pa.Table], message: str):
    tamper(books, book, change)
    found = reconcile(books)

    assert any(message in line for line in found), found


def test_a_decision_that_is_missing(books: Path):
    tamper(books, "decisions", lambda table: table.slice(0, table.num_rows - 1))

    assert ["no decision is on record"] == [line.split(":")[0] for line in reconcile(books)]


def test_a_file_that_was_exchanged(books: Path):
    path = books / "journal.parquet"
    table = pq.read_table(path)
    pq.write_table(table.slice(0, table.num_rows - 2), path)

    found = reconcile(books)
    assert "manifest: journal.parquet is not the file that the run wrote" in found
    assert any(line.startswith("manifest: journal has") for line in found)


def test_many_cases_are_told_in_short(books: Path):
    tamper(books, "ledger", lambda table: table.slice(0, table.num_rows // 2))
    lacking = [line for line in reconcile(books) if line.startswith("ledger lacks")]

    assert (6, True) == (len(lacking), lacking[-1].endswith("more"))
