"""Which orders count, and when they fail: the rules that all measures of service share."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from tests.measures.hand_made import Writer


def cancelled(w: Writer, hour: float, reason: str, units: int = 1, order: int = 0, line: int = 0, whole: bool = True):
    w.add(
        hour,
        "cancelled_units",
        order=order,
        line=line,
        sku="tea",
        channel="shop",
        quantity=units,
        reason=reason,
    )
    if whole:
        w.add(hour, "cancelled", order=order, channel="shop", reason=reason)


def kpis(w: Writer, folder: Path, *names: str) -> list[float]:
    return list(w.write(folder).kpis(names).values())


def test_orders_before_the_warm_up_and_at_the_end_are_not_measured(tmp_path: Path):
    w = Writer(warm_up=10, end=100)
    for order, hour in enumerate((9.9, 10, 99.9)):
        w.capture(hour, order, (order, "tea", 1))
        w.ship(order, order, (order, "tea", 1), allocated=hour, shipped=hour + 5, delivered=hour + 50)

    assert [2.0, 1.0] == kpis(w, tmp_path, "orders_captured", "otif")


def test_by_promise_the_first_promise_decides(tmp_path: Path):
    """Promised before the warm-up is over, at its end, just before the end and at it; captured the other way round."""
    promises = {0: (11, 9.9), 1: (2, 10), 2: (3, 99.9), 3: (50, 100)}
    found = []
    for cohort in ("capture", "promise"):
        w = Writer(warm_up=10, end=100, cohort=cohort)
        for order, (hour, promised) in sorted(promises.items(), key=lambda item: item[1][0]):
            w.capture(hour, order, (order, "tea", 1), ship_by=promised, promised=promised)
            w.ship(order, order, (order, "tea", 1), allocated=hour, shipped=hour + 1, delivered=promised - order)
        (tmp_path / cohort).mkdir()
        found.append(kpis(w, tmp_path / cohort, "orders_captured", "otif"))

    assert [[2.0, 1.0], [2.0, 1.0]] == found


@pytest.mark.parametrize("reason", ["customer_cancelled", "payment_declined", "credit_note"])
def test_what_its_customer_cancels_before_it_is_due_is_left_out(tmp_path: Path, reason: str):
    w = Writer()
    w.capture(0, 0, (0, "tea", 1), ship_by=24, promised=96)
    cancelled(w, 23, reason)

    assert [math.nan] * 3 == pytest.approx(kpis(w, tmp_path, "fill_rate", "fill_rate_orders", "otif"), nan_ok=True)


def test_between_ship_by_and_promise_a_cancellation_is_too_late_for_the_fill_rate_alone(tmp_path: Path):
    w = Writer()
    w.capture(0, 0, (0, "tea", 1), ship_by=24, promised=96)
    cancelled(w, 24, "customer_cancelled")

    assert [0.0, math.nan] == pytest.approx(kpis(w, tmp_path, "fill_rate", "otif"), nan_ok=True)


def test_a_customer_who_cancels_after_the_promise_was_failed(tmp_path: Path):
    w = Writer()
    w.capture(0, 0, (0, "tea", 1), promised=96)
    cancelled(w, 96, "customer_cancelled")

    assert [0.0, 1.0] == kpis(w, tmp_path, "otif", "promise_breaches")


def test_fraud_is_left_out_whenever_it_is_told(tmp_path: Path):
    w = Writer()
    w.capture(0, 0, (0, "tea", 1), ship_by=24, promised=96)
    cancelled(w, 200, "fraud")

    assert [math.nan, math.nan] == pytest.approx(kpis(w, tmp_path, "fill_rate", "otif"), nan_ok=True)


def test_what_the_company_cancels_stays_in(tmp_path: Path):
    w = Writer()
    w.capture(0, 0, (0, "tea", 1))
    cancelled(w, 1, "out_of_patience")

    assert [0.0, 0.0, 1.0] == kpis(w, tmp_path, "fill_rate", "otif", "promise_breaches")


def test_open_and_overdue_is_a_failure_open_and_not_yet_due_is_nothing(tmp_path: Path):
    w = Writer(end=240, drain=300)
    w.capture(0, 0, (0, "tea", 1), promised=300)
    w.capture(0, 1, (1, "tea", 1), promised=301)

    assert [1.0, 0.0] == kpis(w, tmp_path, "promise_breaches", "otif")


def test_an_order_that_was_never_validated_is_due_to_ship_by_its_promise(tmp_path: Path):
    w = Writer()
    w.capture(0, 0, (0, "tea", 1), ship_by=None)

    assert [0.0] == kpis(w, tmp_path, "fill_rate")


def test_units_cancelled_in_time_shrink_the_line_and_the_rest_can_be_whole(tmp_path: Path):
    w = Writer()
    w.capture(0, 0, (0, "tea", 3))
    cancelled(w, 1, "customer_cancelled", units=1, whole=False)
    w.ship(0, 0, (0, "tea", 2), allocated=2, shipped=10, delivered=50)
    names = (
        "fill_rate",
        "fill_rate_lines",
        "fill_rate_orders",
        "otif",
        "cancelled_orders_share",
        "open_orders",
    )

    assert [1.0, 1.0, 1.0, 1.0, 0.0, 0.0] == kpis(w, tmp_path, *names)


def test_the_ship_by_and_the_promise_themselves_are_in_time(tmp_path: Path):
    w = Writer()
    for order, late in enumerate((0, 0.001)):
        w.capture(0, order, (order, "tea", 1), ship_by=24, promised=96)
        w.ship(order, order, (order, "tea", 1), allocated=0, shipped=24 + late, delivered=96 + late)

    assert [0.5, 0.5, 0.5] == kpis(w, tmp_path, "fill_rate", "otif", "on_time_ship")


def test_an_order_delivered_in_part_is_not_on_time_in_full(tmp_path: Path):
    w = Writer()
    w.capture(0, 0, (0, "tea", 2), (1, "cup", 1))
    w.ship(0, 0, (0, "tea", 2), allocated=0, shipped=10, delivered=50)

    assert [2 / 3, 0.5, 0.0, 0.0] == pytest.approx(
        kpis(w, tmp_path, "fill_rate", "fill_rate_lines", "fill_rate_orders", "otif")
    )


def test_a_lost_parcel_that_was_sent_again_in_time_is_on_time_but_not_perfect(tmp_path: Path):
    w = Writer()
    w.capture(0, 0, (0, "tea", 1), promised=96)
    w.ship(0, 0, (0, "tea", 1), allocated=0, shipped=10)
    w.add(30, "lost", order=0, shipment=0, node="east", channel="shop")
    w.ship(0, 1, (0, "tea", 1), allocated=31, shipped=40, delivered=90)

    assert [1.0, 0.0, 0.5] == kpis(w, tmp_path, "otif", "perfect_order", "lost_share")


def test_a_price_credit_spoils_a_perfect_order(tmp_path: Path):
    w = Writer()
    w.capture(0, 0, (0, "tea", 1))
    w.ship(0, 0, (0, "tea", 1), allocated=0, shipped=10, delivered=50)
    w.add(
        60,
        "credit_difference",
        order=0,
        channel="shop",
        value=10,
        posts={"credit_price_differences": 10, "cash": -10},
    )

    assert [1.0, 0.0, 490.0] == kpis(w, tmp_path, "otif", "perfect_order", "net_revenue_cents")


def test_refused_demand_counts_as_requested_only(tmp_path: Path):
    w = Writer()
    w.capture(0, 0, (0, "tea", 1))
    w.ship(0, 0, (0, "tea", 1), allocated=0, shipped=10, delivered=50)
    w.add(0, "refused", order=0, line=1, sku="cup", channel="shop", quantity=3, reason="not_on_view")
    names = ("fill_rate", "requested_fill_rate", "requested_fill_rate_lines", "requested_fill_rate_orders")

    assert [1.0, 0.25, 0.5, 0.0] == kpis(w, tmp_path, *names)


def test_a_voided_shipment_is_not_late(tmp_path: Path):
    w = Writer()
    w.capture(0, 0, (0, "tea", 1))
    w.ship(0, 0, (0, "tea", 1), allocated=0)
    piece: dict[str, Any] = dict(order=0, shipment=0, node="east", channel="shop", reason="node_outage")
    w.add(5, "deallocated", **piece, line=0, sku="tea", quantity=1)
    w.add(5, "voided", **piece)
    w.ship(0, 1, (0, "tea", 1), allocated=5, shipped=20, delivered=50)

    assert [1.0, 1.0, 1.0] == kpis(w, tmp_path, "on_time_ship", "otif", "shipments_per_order")


@pytest.mark.parametrize(("second_shipped", "split_rate"), [(10.0, 0.0), (24.0, 1.0)])
def test_cartons_of_one_day_are_no_split(tmp_path: Path, second_shipped: float, split_rate: float):
    w = Writer()
    w.capture(0, 0, (0, "tea", 1), (1, "cup", 1))
    w.ship(0, 0, (0, "tea", 1), allocated=0, shipped=10)
    w.ship(0, 1, (1, "cup", 1), allocated=0, shipped=second_shipped)

    assert [split_rate] == kpis(w, tmp_path, "split_rate")


@pytest.mark.parametrize(("hour", "split_rate"), [(24.9, 0.0), (25.1, 1.0)])
def test_the_date_is_local_also_on_a_day_of_25_hours(tmp_path: Path, hour: float, split_rate: float):
    """On 2025-11-02 clocks in New York went back."""
    w = Writer(start="2025-11-02T00:00:00-04:00")
    w.capture(0, 0, (0, "tea", 1), (1, "cup", 1))
    w.ship(0, 0, (0, "tea", 1), allocated=0, shipped=1)
    w.ship(0, 1, (1, "cup", 1), allocated=0, shipped=hour)

    assert [split_rate] == kpis(w, tmp_path, "split_rate")


def test_where_an_account_has_a_window_on_time_means_inside_it(tmp_path: Path):
    """Both by their promise; the first came too early for its customer, the second was welcome until a day later."""
    w = Writer()
    for order, delivered, kind in ((0, 30, "window_missed"), (1, 100, "window_met")):
        w.capture(0, order, (order, "tea", 1), promised=96)
        w.ship(order, order, (order, "tea", 1), allocated=0, shipped=10, delivered=delivered)
        w.add(delivered, kind, order=order, shipment=order, node="east", channel="shop", actor="contract:inn")

    assert [0.5, 0.5, 1.0] == kpis(w, tmp_path, "otif", "delivery_window_share", "promise_breaches")


def test_a_broken_parcel_is_a_shipment_error(tmp_path: Path):
    w = Writer()
    w.capture(0, 0, (0, "tea", 1), promised=96)
    w.ship(0, 0, (0, "tea", 1), allocated=0, shipped=10, delivered=90)
    w.add(90, "damaged", order=0, shipment=0, node="east", channel="shop")

    assert [1.0] == kpis(w, tmp_path, "shipment_error_rate")
