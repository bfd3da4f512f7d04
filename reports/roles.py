"""What each role wants to see of a run: its measures, figures and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reports.close import close_tables
from reports.foresight import at_risk_tables, pattern_tables
from reports.group import group_tables
from reports.html import Grid
from reports.margins import margin_tables
from reports.translation import translation_tables
from sim.run import Run

Tables = Callable[[Run, str], tuple[Grid, ...]]
"""Tables of a run, in its currency."""


@dataclass(frozen=True, slots=True)
class Role:
    """A view of a run.

    Attributes
    ----------
    title, question
        What the role is called, and what it comes with.
    alerts
        The roles whose alerts it sees; empty: all of them.
    measures, breakdowns
        By name, in the order in which they are shown.
    figures
        Ids of the run page's sections.
    tables
        What else is shown.
    """

    title: str
    question: str
    alerts: tuple[str, ...]
    measures: tuple[str, ...]
    breakdowns: tuple[str, ...]
    figures: tuple[str, ...] = ()
    tables: tuple[Tables, ...] = ()


def _patterns(run: Run, currency: str) -> tuple[Grid, ...]:
    return pattern_tables(run)


VIEWS = {
    "executive": Role(
        "Executive",
        "Did customers get what they were promised, and what did it earn?",
        (),
        (
            "orders_captured",
            "otif",
            "perfect_order",
            "fill_rate",
            "promise_breaches",
            "net_revenue_cents",
            "gross_margin_share",
            "contribution_margin_cents",
            "margin_per_order_cents",
            "cost_to_serve_per_order_cents",
            "inventory_turns",
            "late_close_share",
        ),
        ("otif_by_channel", "promise_breaches_by_outcome", "cancelled_value_cents_by_reason"),
        ("orders", "margin"),
        (lambda run, currency: margin_tables(run, currency)[:1],),
    ),
    "operations": Role(
        "Operations manager",
        "Where do orders queue, why, and which will be late?",
        ("operations_manager", "order_desk", "fraud_analyst", "data_steward", "transport_planner"),
        (
            "backlog_orders",
            "backlog_peak_orders",
            "backlog_age_mean_hours",
            "backlog_overdue_share",
            "promise_breaches",
            "limits_breached",
            "allocation_failures",
            "oversold_units",
            "split_rate",
            "carrier_on_time",
            "at_risk_precision",
            "at_risk_recall",
        ),
        (
            "backlog_orders_by_stage",
            "backlog_age_mean_hours_by_stage",
            "backlog_age_mean_hours_by_stall",
            "floor_backlog_shipments_by_node",
            "allocation_failures_by_reason",
            "limits_breached_by_reason",
            "carrier_on_time_by_service",
        ),
        ("orders", "stalls", "backlog"),
        (at_risk_tables, _patterns),
    ),
    "warehouse": Role(
        "Warehouse leader",
        "Do the people keep up with the floor?",
        ("warehouse_leader",),
        (
            "labour_utilisation",
            "lines_per_labour_hour",
            "on_time_ship",
            "click_to_ship_p50_hours",
            "click_to_ship_p90_hours",
            "floor_backlog_shipments",
            "short_pick_rate",
            "mispick_rate",
            "record_accuracy",
            "labour_per_order_cents",
        ),
        (
            "labour_utilisation_by_node",
            "labour_utilisation_by_station",
            "lines_per_labour_hour_by_node",
            "on_time_ship_by_node",
            "floor_backlog_shipments_by_node",
            "floor_backlog_shipments_by_stage",
        ),
        ("backlog", "throughput"),
    ),
    "procurement": Role(
        "Procurement",
        "What is late, what runs out, and what is lying about?",
        ("inventory_planner",),
        (
            "supplier_reliability",
            "supplier_on_time",
            "supplier_fill_rate",
            "stockout_share",
            "backordered_orders_share",
            "inventory_turns",
            "inventory_value_mean_cents",
        ),
        (
            "supplier_reliability_by_supplier",
            "supplier_on_time_by_supplier",
            "supplier_fill_rate_by_supplier",
            "inventory_value_mean_cents_by_node",
            "allocation_failures_by_reason",
        ),
        ("stock",),
    ),
    "finance": Role(
        "Finance",
        "What was earned, what is not settled, and when are the books closed?",
        ("finance", "credit_controller"),
        (
            "net_revenue_cents",
            "gross_margin_cents",
            "contribution_margin_cents",
            "settlement_lag_mean_hours",
            "settlement_lag_p90_hours",
            "unsettled_cents",
            "deferred_revenue_cents",
            "returns_reserve_cents",
            "close_mean_hours",
            "late_close_share",
            "document_rejection_share",
            "unreconciled_items",
        ),
        (
            "contribution_margin_cents_by_account",
            "settlement_lag_mean_hours_by_channel",
            "unsettled_cents_by_channel",
            "intercompany_open_cents_by_entity",
            "exchange_gains_cents_by_entity",
            "translation_adjustment_cents_by_entity",
            "unrealised_profit_cents_by_entity",
        ),
        ("margin",),
        (close_tables, group_tables, translation_tables, margin_tables),
    ),
    "service": Role(
        "Customer service",
        "Which customers were let down, and how many of them ask?",
        ("customer_service",),
        (
            "contacts_per_order",
            "tickets_opened",
            "ticket_backlog",
            "promise_breaches",
            "promise_accuracy",
            "promise_slack_p50_hours",
            "shipment_error_rate",
            "return_rate",
            "return_cycle_time_p50_hours",
            "cancelled_orders_share",
        ),
        (
            "contacts_per_order_by_channel",
            "promise_breaches_by_outcome",
            "promise_accuracy_by_channel",
            "return_rate_by_channel",
        ),
        ("stalls",),
        (_patterns, at_risk_tables),
    ),
}
"""By the name that the command line takes."""
