"""Orders that really happened: times, order, references and speed."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scenarios.errors import Problem, ScenarioError
from scenarios.load import load
from scenarios.resolve import write_resolved
from sim.books.kinds import ACCOUNT_NUMBER
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS
from sim.world import Trace

SMALL = Path(__file__).parent / "small_shop.yaml"

ORDERS = """order_ref,placed_at,channel,region,customer
B2,2026-11-23T10:00:00,web,Boston,c1
A1,2026-11-23 09:30,shop,St. Louis,
C3,2026-11-23T15:00:00Z,web,Chicago,c2
"""
LINES = """order_ref,sku,units,unit_price_cents
A1,MUG,2,1299
B2,010,1,2000
B2,CUP,3,999
C3,MUG,1,0
"""
CREDITS = """credit_ref,credited_at,order_ref,line_number,sku,units,credit_cents
K2,2026-11-30 12:00,B2,1,CUP,1,999
K1,2026-11-29 12:00,,,MUG,2,1299
"""


def shop_with(folder: Path, **tables: str) -> Path:
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    listed = ", ".join(f"{name}: {name}.csv" for name in tables)
    path = folder / "shop.yaml"
    path.write_text(f"extends: {SMALL}\ntrace: {{{listed}}}\n", encoding="utf-8")
    return path


def trace_of(path: Path, *sets: str) -> Trace:
    trace = load(path, sets=sets).world.trace
    assert trace is not None
    return trace


def faults_of(path: Path) -> list[Problem]:
    with pytest.raises(ScenarioError) as caught:
        load(path)
    return list(caught.value.problems)


def test_orders_are_sorted_by_time_and_lines_by_order(tmp_path: Path):
    trace = trace_of(shop_with(tmp_path, orders=ORDERS, lines=LINES))

    assert ("A1", "B2", "C3") == trace.order_ref
    assert [9.5 * HOUR_MS, 10 * HOUR_MS, 10 * HOUR_MS] == trace.order_ms.tolist()
    assert [1, 0, 0] == trace.order_channel.tolist()
    assert [2, 0, 1] == trace.order_region.tolist()
    assert ("", "c1", "c2") == trace.order_customer
    assert [0, 1, 1, 2] == trace.line_order.tolist()
    assert [0, 2, 1, 0] == trace.line_product.tolist()
    assert [2, 1, 3, 1] == trace.line_units.tolist()
    assert [1299, 2000, 999, 0] == trace.line_price_cents.tolist()
    assert 0 == len(trace.credit_ms) + len(trace.adjustment_ms) + len(trace.fee_ms)


def test_credits_find_their_line_or_none(tmp_path: Path):
    trace = trace_of(shop_with(tmp_path, orders=ORDERS, lines=LINES, credits=CREDITS), "horizon.end=8d")

    assert [-1, 2] == trace.credit_line.tolist()
    assert [0, 1] == trace.credit_product.tolist()
    assert [1299, 999] == trace.credit_cents.tolist()


def test_adjustments_and_fees(tmp_path: Path):
    path = shop_with(
        tmp_path,
        orders=ORDERS,
        lines=LINES,
        adjustments="adjusted_at,sku,units\n2026-11-24 00:00,MUG,-4\n2026-11-23 12:00,CUP,2\n",
        fees="charged_at,account,amount_cents,order_ref\n2026-11-23 12:00,postage,-250,A1\n",
    )
    trace = trace_of(path)

    assert [2, -4] == trace.adjustment_units.tolist()
    assert [HOUR_MS * 12, DAY_MS] == trace.adjustment_ms.tolist()
    assert (("postage",), [-250]) == (trace.fee_account, trace.fee_cents.tolist())


def test_what_comes_after_the_end_is_left_out_but_for_credits_of_orders_before_it(tmp_path: Path):
    credits = CREDITS + "K0,2026-11-23 09:45,,,CUP,3,999\nK3,2026-12-01,A1,0,MUG,1,1299\n"
    adjustments = "adjusted_at,sku,units\n2026-11-23 09:50,MUG,-4\n2026-11-23 12:00,CUP,2\n"
    fees = "charged_at,account,amount_cents\n2026-11-23 09:50,postage,-250\n2026-11-23 12:00,samples,90\n"
    path = shop_with(tmp_path, orders=ORDERS, lines=LINES, credits=credits, adjustments=adjustments, fees=fees)
    trace = trace_of(path, "horizon.warm_up=0", "horizon.end=595min")

    assert ("A1",) == trace.order_ref
    assert [0] == trace.line_order.tolist()
    assert [(-1, 3), (0, 1)] == list(zip(trace.credit_line.tolist(), trace.credit_units.tolist()))
    assert [-4] == trace.adjustment_units.tolist()
    assert (("postage",), [-250]) == (trace.fee_account, trace.fee_cents.tolist())


def test_faults_of_a_trace_bear_their_rows(tmp_path: Path):
    orders = ORDERS + "D4,2026-11-22,web,Boston,\nE5,soon,wbe,Boston,\nA1,2026-11-24,web,Bosten,\n"
    lines = LINES + "X9,MUG,1,1\nA1,MGU,1,1\nA1,MUG,0,1\nA1,MUG,1,1.5\n"
    credits = CREDITS + "K3,2026-11-30 12:00,B2,2,CUP,1,999\n"
    problems = faults_of(shop_with(tmp_path, orders=orders, lines=lines, credits=credits))

    assert [
        ("credits.csv", 4, "line_number", None),
        ("lines.csv", 6, "order_ref", None),
        ("lines.csv", 7, "sku", "MUG"),
        ("lines.csv", 8, "units", None),
        ("lines.csv", 9, "unit_price_cents", None),
        ("orders.csv", 5, "placed_at", None),
        ("orders.csv", 6, "channel", "web"),
        ("orders.csv", 6, "placed_at", None),
        ("orders.csv", 7, "order_ref", None),
        ("orders.csv", 7, "region", "Boston"),
    ] == sorted((Path(p.file).name, p.line, p.key, p.suggestion) for p in problems)


def test_local_times_follow_the_clocks(tmp_path: Path):
    orders = "order_ref,placed_at,channel,region\n" + "".join(
        f"{n},{text},web,Boston\n"
        for n, text in enumerate(["2026-10-31T12:00", "2026-11-01T01:30", "2026-11-01T01:30-05:00", "2026-11-01T12:00"])
    )
    path = shop_with(tmp_path, orders=orders, lines="order_ref,sku,units,unit_price_cents\n")
    trace = trace_of(path, "start=2026-10-31 00:00", "disruptions={sale: null, fire: null}")

    # The night of 1 November has 25 hours; the first 1:30 is meant where nothing says otherwise.
    assert [12 * 60, 25 * 60 + 30, 26 * 60 + 30, 37 * 60] == (trace.order_ms // MINUTE_MS).tolist()


def test_a_year_of_lines_loads_in_seconds(tmp_path: Path):
    count, lines = 20_000, 233_056
    moments = pd.date_range("2026-11-23", periods=count, freq="7s")
    pd.DataFrame(
        {"order_ref": [f"R{n:06d}" for n in range(count)], "placed_at": moments, "channel": "web",
         "region": "Boston", "customer": None}
    ).to_parquet(tmp_path / "orders.parquet")  # fmt: skip
    place = np.arange(lines) % count
    pd.DataFrame(
        {"order_ref": [f"R{n:06d}" for n in place], "sku": np.array(["MUG", "CUP", "010"])[place % 3],
         "units": 1 + place % 5, "unit_price_cents": 999}
    ).to_parquet(tmp_path / "lines.parquet")  # fmt: skip
    path = tmp_path / "shop.yaml"
    path.write_text(f"extends: {SMALL}\ntrace: {{orders: orders.parquet, lines: lines.parquet}}\n")

    begin = time.perf_counter()
    loaded = load(path)
    seconds = time.perf_counter() - begin

    trace = loaded.world.trace
    assert trace is not None
    assert (count, lines) == (len(trace.order_ref), len(trace.line_order))
    assert (np.diff(trace.line_order) >= 0).all()
    assert seconds < 10  # about 1 s on a free machine

    again = load(write_resolved(loaded, tmp_path / "run" / "scenario.yaml")).world.trace
    assert again is not None
    assert np.array_equal(trace.line_product, again.line_product)


def test_accounts_are_as_many_as_the_books_can_number(tmp_path: Path):
    """Numbers beyond 8 bits would wrap around and post to other accounts."""
    room = 128 - len(ACCOUNT_NUMBER)

    def fees(count: int) -> str:
        rows = "".join(f"2026-11-23 10:00,fee{number:03},350\n" for number in range(count))
        return "charged_at,account,amount_cents\n2026-11-23 09:00,revenue,1\n" + rows

    assert room + 1 == len(set(trace_of(shop_with(tmp_path, orders=ORDERS, lines=LINES, fees=fees(room))).fee_account))
    problems = faults_of(shop_with(tmp_path, orders=ORDERS, lines=LINES, fees=fees(room + 2)))
    assert [("account", room + 3), ("account", room + 4)] == [(p.key, p.line) for p in problems]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [("A1,MUG,2,1299", "A1,MUG,3000000000,1299", "units"), ("A1,MUG,2,1299", "A1,MUG,2,1e18", "unit_price_cents"),
     ("A1,MUG,2,1299", "A1,MUG,1e300,1299", "units")],
)  # fmt: skip
def test_what_would_wrap_around_is_refused(old: str, new: str, key: str, tmp_path: Path):
    problems = faults_of(shop_with(tmp_path, orders=ORDERS, lines=LINES.replace(old, new)))

    assert [(key, 2)] == [(problem.key, problem.line) for problem in problems]
