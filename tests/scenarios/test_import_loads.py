"""What an import writes is a scenario like any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from scenarios.importers.importing import import_orders
from scenarios.importers.options import ImportOptions
from scenarios.load import load
from sim.units import DAY_MS, HOUR_MS, MINUTE_MS

EXAMPLES = Path(__file__).resolve().parents[2] / "scenarios/library/examples"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    out = tmp_path_factory.mktemp("import") / "sample"
    import_orders(EXAMPLES / "online_retail_sample.csv", "online-retail", out)
    return load(out).world


def test_the_trace_holds_what_the_report_counts(world):
    trace = world.trace
    matched = trace.credit_line >= 0

    assert (21, 29, 50_235) == (len(trace.order_ref), len(trace.line_units), trace.line_units.sum())
    assert 5_273_065 == (trace.line_units * trace.line_price_cents).sum()
    assert (50_036, 9) == (trace.credit_units[matched].sum(), trace.credit_units[~matched].sum())
    assert 5_213_925 == trace.credit_cents.sum()
    assert 41 == trace.adjustment_units.sum()  # 60 found, 15 lost, 4 given away
    assert -44_129 == trace.fee_cents.sum()


def test_credits_point_at_lines_of_their_product(world):
    trace = world.trace
    matched = trace.credit_line >= 0

    assert (trace.line_product[trace.credit_line[matched]] == trace.credit_product[matched]).all()
    assert np.isin(trace.credit_line[matched], np.arange(len(trace.line_units))).all()


def test_the_clock_of_the_shop_and_the_change_to_summer_time(world):
    trace = world.trace
    at = dict(zip(trace.order_ref, trace.order_ms.tolist()))

    assert 8 * HOUR_MS + 26 * MINUTE_MS == at["600001"]
    before = 5 * DAY_MS
    assert before + 45 * MINUTE_MS == at["600037"]  # 27 March, 00:45
    assert before + 11 * HOUR_MS + 5 * MINUTE_MS == at["600039"]  # 12:05, an hour early since 01:00
    assert 7 * DAY_MS - HOUR_MS == world.horizon.end_ms
    assert (np.diff(trace.order_ms) >= 0).all()


def test_stock_is_laid_in_by_days_of_cover(world):
    products = [product.sku for product in world.network.products]
    cakestand = products.index("22423")
    daily = 6 / 7  # 4 + 2 in a week; the free one is no demand

    # ... but it was on the shelf, and so was the one on the other free line
    assert daily * 84 + 1 == pytest.approx(world.stock.opening_units[:, cakestand].sum(), abs=3)


def test_what_corrections_take_out_was_on_the_shelf(world, tmp_path):
    import_orders(EXAMPLES / "online_retail_sample.csv", "online-retail", tmp_path / "sample")
    without = load(tmp_path / "sample", sets=["stock.extra=null"]).world
    more = (world.stock.opening_units - without.stock.opening_units).sum(axis=0)

    assert {"84970S": 12, "DCGS0055": 1, "71053": 2, "22423": 1, "22841": 1, "22162": 2} == {
        product.sku: units for product, units in zip(world.network.products, more.tolist()) if units
    }


def test_the_template_is_a_scenario_of_its_own():
    loaded = load("online-retail")

    assert loaded.world.trace is None
    assert ["daventry", "doncaster", "thurrock"] == [node.name for node in loaded.world.network.nodes]
    assert {"GBP"} == {entity.currency for entity in loaded.world.network.entities}


def test_a_template_of_ones_own(tmp_path):
    (tmp_path / "mine.yaml").write_text("extends: online-retail\nname: mine\nnodes: {doncaster: {priority: 7}}\n")
    options = ImportOptions(template=str(tmp_path / "mine.yaml"))
    out = tmp_path / "deep" / "out"
    import_orders(EXAMPLES / "online_retail_sample.csv", "online-retail", out, options)

    assert "extends: ../../mine.yaml" in (out / "scenario.yaml").read_text()
    assert 7 == load(out).world.network.nodes[1].priority


def test_the_plain_csv_loads_with_its_own_channels_and_currency(tmp_path):
    options = ImportOptions(timezone="Europe/Berlin", region="Germany")
    import_orders(EXAMPLES / "orders_csv_sample.csv", "orders-csv", tmp_path / "shop", options)
    network = load(tmp_path / "shop").world.network

    assert ["web", "trade"] == [channel.name for channel in network.channels]
    assert all(channel.accepts_backorders for channel in network.channels)
    assert ["EUR"] == [entity.currency for entity in network.entities]
