"""What a scenario file may say of the accountants: their interface, their desk, their close."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import model_validator

from scenarios.fields import (
    Clock,
    Count,
    Duration,
    PositiveDuration,
    RandomDuration,
    Section,
    Share,
    Weekdays,
    fault,
    key,
    one_of,
)
from sim.plans.accounting import PERIODS, AccountingPlan, Check
from sim.world import DeskShift


class AccountingShiftSpec(Section):
    """When accountants work."""

    days: Weekdays = key("mon-fri", description="The days on which they work.")
    start: Clock = key("09:00", description="When they begin.")
    end: Clock = key("17:00", description="When they end.")
    staff: Count = key(1, description="How many people.")

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end <= self.start:
            raise fault("a start before the end")
        return self


class AccountingSpec(Section):
    """An accounting system of its own, fed by the operation, with people who correct and close."""

    interval: PositiveDuration = key("1d", description="How often documents are sent to it.")
    latency: Duration = key(0, description="How long they take.")
    missing_data_share: Share = key("0%", description="Share of documents refused because master data is missing.")
    mismatch_share: Share = key("0%", description="Share of documents refused because figures do not match.")
    shifts: list[AccountingShiftSpec] = key([{}], description="When accountants work.")
    handling: RandomDuration = key(
        "10min", description="How long it takes to correct a refused document, or to explain an open item."
    )
    period: Annotated[str, one_of(*PERIODS)] = key("month", description="How long an accounting period is.")
    list_after: Duration = key("1d", description="How long after its end the unreconciled list is made.")
    review_over: Duration = key(
        "14d", description="Open items that have not moved for so long, or invoices so long overdue, must be explained."
    )
    checklist: dict[str, PositiveDuration] = key({}, description="Tasks of each close: name to hours of work.")
    target: Duration = key("5d", description="A close that takes longer than this is late.")
    hard_close: Duration | None = key(
        None, description="When the period is closed whatever is not done; null: when all of it is done."
    )
    expected_return_share: Share | None = key(
        None, description="Share of sales to reserve for returns; null: by the categories' own shares."
    )
    reserve_for: PositiveDuration = key("30d", description="How long a sale counts for the returns reserve.")

    @model_validator(mode="after")
    def _in_sequence(self) -> Self:
        if self.missing_data_share + self.mismatch_share > 1:
            raise fault("missing_data_share and mismatch_share of 100% together at most")
        if self.hard_close is not None and self.hard_close < self.list_after:
            raise fault("a hard_close after list_after")
        return self

    def plan(self) -> AccountingPlan:
        """What the simulation runs."""
        return AccountingPlan(
            interval_ms=self.interval,
            latency_ms=self.latency,
            missing_data_share=self.missing_data_share,
            mismatch_share=self.mismatch_share,
            shifts=tuple(DeskShift(shift.days, shift.start, shift.end, shift.staff) for shift in self.shifts),
            handling_ms=self.handling,
            period=self.period,
            list_after_ms=self.list_after,
            review_over_ms=self.review_over,
            checklist=tuple(Check(name, work) for name, work in self.checklist.items()),
            target_ms=self.target,
            hard_close_ms=self.hard_close,
            expected_return_share=self.expected_return_share,
            reserve_ms=self.reserve_for,
        )
