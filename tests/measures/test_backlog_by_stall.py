"""How old the backlog is by the one reason for which each order of it is stalled, worked by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from sim.measures import series
from sim.measures.registry import compute, split
from sim.model import Model
from sim.network import Payment, Promise
from sim.run import Run
from sim.units import DAY_MS, HOUR_MS
from sim.world import DeskPlan, DeskShift, Horizon
from tests.sim.telling import at, opened, visited
from tests.worlds import ALWAYS, a_channel, a_world, stock

CUP, BOWL = [(0, 1, 1_000)], [(1, 1, 2_500)]
ORDERS = [
    *((at(0, 9), BOWL), (at(0, 19), BOWL), (at(1, 9), BOWL)),
    *((at(1, 11), CUP), (at(1, 20), CUP), (at(1, 22), CUP), (at(1, 23, 59), CUP)),
]
FRAUD = 3
"""The order of day 1 at 11:00 waits for a desk that opens after the end."""


def shop() -> Model:
    """Bowls that nobody has; cups that are packed within minutes, and leave at 17:00. Demand ends after two days."""
    card = Payment("card", review_share=0.1)
    desk = DeskPlan(shifts=(DeskShift(frozenset({4}), 540, 600, 1),))
    web = a_channel(payments=(card,), accepts_backorders=True, promise=Promise(14 * 60, 2, ALWAYS))
    world = a_world(
        channels=(web,), stock=stock([[100, 0]]), desks=(desk,),
        horizon=Horizon(2 * DAY_MS, 0, 6 * DAY_MS),
    )  # fmt: skip
    luck = [0.999] * len(ORDERS)
    luck[FRAUD] = 0.05
    return visited(world, ORDERS, desk_luck=luck)


def test_ages_at_the_end_of_demand():
    """Bowls, of which the first should have left on its day, for 39, 29 and 15 hours, with the 95th percentile nine
    tenths of the way from 29 to 39; a review for 13; parcels on the dock for 4 and 2; one not packed for a minute."""
    frame, counts, overdue = opened(
        shop(),
        lambda books: tuple(
            split(books, f"{name}_by_stall").set_index("stall")
            for name in ("backlog_age_mean_hours", "backlog_orders", "backlog_overdue_share")
        ),
    )

    expected = {
        "stock shortage": (83 / 3, 38.0), "fraud review": (13.0, 13.0), "carrier": (3.0, 3.9),
        "capacity": (1 / 60, 1 / 60),
    }  # fmt: skip
    found = {stall: (row["value"], row["p95_hours"]) for stall, row in frame.iterrows()}
    assert set(expected) == set(found)
    assert all(expected[stall] == pytest.approx(found[stall]) for stall in expected)
    assert {"stock shortage": 3, "fraud review": 1, "carrier": 2, "capacity": 1} == counts["value"].to_dict()
    assert {"stock shortage": pytest.approx(1 / 3), "fraud review": 0, "carrier": 0, "capacity": 0} == (
        overdue["value"].to_dict()
    )


def test_the_whole_backlog():
    """Of seven ages in hours, the 95th percentile is seven tenths of the way from 29 to 39."""
    found = opened(shop(), lambda books: compute(books, ["backlog_age_p95_hours", "backlog_age_mean_hours"]))

    assert 36.0 == pytest.approx(found["backlog_age_p95_hours"])
    assert (83 + 13 + 6 + 1 / 60) / 7 == pytest.approx(found["backlog_age_mean_hours"])


def test_ages_over_time():
    frame = opened(shop(), lambda books: series.backlog_age_by_stall(books, HOUR_MS))

    def look(hours: int) -> dict[str, list[float]]:
        row = frame.loc[frame.index[0] + pd.Timedelta(hours=hours)]
        return {s: row[s].tolist() for s in dict.fromkeys(frame.columns.get_level_values(0)) if row[s]["orders"]}

    assert ["fraud review", "stock shortage", "capacity", "carrier"] == list(
        dict.fromkeys(frame.columns.get_level_values(0))
    )
    assert {} == look(8)
    assert {"stock shortage": [1, 0, 0]} == look(9)
    assert {"stock shortage": [2, 10, 14.5]} == look(24)
    assert {"stock shortage": [3, 83 / 3, 38], "fraud review": [1, 13, 13], "carrier": [2, 3, 3.9]} == {
        s: pytest.approx(v) for s, v in look(48).items() if s != "capacity"
    }
    assert {"stock shortage"} == set(look(120))  # the desk came on Friday at 9:00, the van on Wednesday at 17:00
    assert math.isnan(frame["carrier"]["mean_hours"].iloc[0])


def test_every_order_of_a_busy_backlog_has_one_reason(busy_run: Run):
    books = busy_run.books
    parts = split(books, "backlog_orders_by_stall")
    ages = series.backlog_age_by_stall(books, HOUR_MS)
    end = pd.Timestamp(books.calendar.moment(books.end_ms))
    orders = ages.xs("orders", axis=1, level="figure")

    assert parts["stall"].notna().all()
    assert compute(books, ["backlog_orders"])["backlog_orders"] == parts["value"].sum() > 10
    assert parts.set_index("stall")["value"].to_dict() == {s: n for s, n in orders.loc[end].items() if n}
    mean = split(books, "backlog_age_mean_hours_by_stall").set_index("stall")
    told = ages.loc[end]
    for stall in mean.index:
        assert [mean["value"][stall], mean["p95_hours"][stall]] == pytest.approx(
            [told[stall, "mean_hours"], told[stall, "p95_hours"]]
        )
